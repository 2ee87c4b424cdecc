// What advice rests on, as JSON.
#pragma once

#include "perfkit/core/json.hpp"
#include "perfkit/pg/advisor/advise.hpp"

namespace perfkit::pg {

void tell_window(Json& json, const Advice& advice);
void tell_queries(Json& json, const advisor::Choice& choice, const Advice& advice);
void tell_writes(Json& json, const advisor::WriteRates& rates);
void tell_index(Json& json, const Hypothetical& index, const Advice& advice);

}  // namespace perfkit::pg

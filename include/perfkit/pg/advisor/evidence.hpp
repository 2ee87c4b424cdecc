// What advice rests on, as JSON.
#pragma once

#include "perfkit/core/json.hpp"
#include "perfkit/pg/advisor/advise.hpp"

namespace perfkit::pg {

void tell_window(Json& json, const Advice& advice);
void tell_queries(Json& json, const advisor::Choice& choice, const Advice& advice);
void tell_writes(Json& json, const advisor::WriteRates& rates);
// Of a table: the observed queries that read or write it, those first that the choice helps.  What tells whether it was
// any good, once it is carried out.
void tell_watched(Json& json, const advisor::Choice* choice, Oid table, const Advice& advice);
void tell_index(Json& json, const Hypothetical& index, const Advice& advice);

}  // namespace perfkit::pg

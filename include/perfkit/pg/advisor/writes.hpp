// How much each table is written to.
#pragma once

#include <map>

#include "perfkit/core/advisor/upkeep.hpp"
#include "perfkit/pg/advisor/advise.hpp"

namespace perfkit::pg {

// From the statements of the workload, whose window is known; where that was observed, the table's
// counters may tell of more (writes inside functions, by cascades).
std::map<Oid, advisor::WriteRates> write_rates(const Advice& advice, const advisor::Tables& tables);

}  // namespace perfkit::pg

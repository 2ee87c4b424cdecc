// The settings that a sampled execution was planned with.
#pragma once

#include <string>
#include <vector>

#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// Sets them, each name=value, for this (sub)transaction, and what bears on plans besides to the default that the
// session began with; all as the current user may.  To be called inside pg::call.
void adopt_settings(const std::vector<std::string>& settings);

// Raises what the planner charges for the processor's work by such a share, as long: what a plan's cost rises by then
// is its work where every page is in memory, with a look-up for each index entry.  To be called inside pg::call.
void raise_processor(double share);
// What it comes to of that for the look-up of one entry's row.
double lookup_cost();

}  // namespace perfkit::pg

// How many rows a time condition on a UUID leaves, by the statistics of its column.
#pragma once

#include "perfkit/pg/uuid/search.hpp"

extern "C" {
#include "optimizer/optimizer.h"
#include "utils/selfuncs.h"
}

namespace perfkit::pg {

// What a condition says of its variable.
struct TimeCondition {
    UuidSpan span;
    bool bounds_below;
};

// The comparison that an operator's function is; null for other functions.
const TimeComparison* time_comparison_of(Oid function);

// The condition that a node of the planner is, where its variable is `variable` and its time is
// known before the query runs.
std::optional<TimeCondition> time_condition_of(PlannerInfo* root, Node* clause, Node* variable);

// The share of rows whose value of the variable is of version 7 and in the span; nothing where there
// are no statistics.
std::optional<double> share_of_rows(PlannerInfo* root, VariableStatData& variable, const UuidSpan& span);

}  // namespace perfkit::pg

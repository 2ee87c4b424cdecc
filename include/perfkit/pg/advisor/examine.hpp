// One query of the workload: how it is planned, from its samples or from its text.
#pragma once

#include <string>
#include <vector>

#include "perfkit/core/advisor/workload.hpp"
#include "perfkit/pg/advisor/planning.hpp"
#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

// A query that the server runs for each row that a statement deletes, or whose key it updates.
struct Check {
    Statement statement;
    double times = 0;  // for one execution of the statement
};

// What stands for a share of a query's executions: a sample, or for all of them the normalised text.
struct Part {
    Statement statement;
    double share = 1;    // of the executions
    int executions = 1;  // that it is known from
};

// A query of the workload and what became of it.
struct Examined {
    advisor::Query query;
    std::vector<Part> parts;                // those that cannot differ, as one
    int samples = 0;                        // that it was planned from; 0: from its text
    std::vector<Check> checks;              // of foreign keys
    PlannedStatement plan;                  // without new indexes, the mean of the parts
    std::vector<advisor::Access> accesses;  // with those conditions that all samples have
    int executions = 1;                     // in which these were seen
    std::string skipped;                    // why it was left out; empty: it was not
    std::vector<std::string> notes;         // how its text had to be read
    int item = -1;                          // its place in the selection
};

// Plans it without new indexes: fills in all but checks and item.  search_path: for its text, empty for the session's.
void read_query(Examined& examined, const std::string& search_path, bool check_permissions, Expressions& expressions);

// Drops the conditions that are not among those of the other accesses: a constant that is another in another sample is
// nothing to make a partial index of.
void keep_common_conditions(std::vector<advisor::Access>& accesses, const std::vector<advisor::Access>& others);

// Plans a query again, with its checks: the cost is that of all together.
PlannedStatement plan_examined(const Examined& examined, const WhatIf& what_if);

}  // namespace perfkit::pg

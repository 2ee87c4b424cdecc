// Finds the reading of a workload's text that PostgreSQL understands, and plans it.
#pragma once

#include <string>
#include <vector>

#include "perfkit/pg/advisor/planning.hpp"

namespace perfkit::pg {

struct Reading {
    Statement statement;  // as it could be planned
    PlannedStatement plan;
    std::vector<advisor::Access> accesses;
    std::vector<std::string> notes;  // where that is not the text as it was
    std::string failure;             // why there is no plan; empty: there is one
};

Reading read_statement(Statement statement, Expressions& expressions);

// The same where nothing is lost: a sample.
Reading read_as_sent(Statement statement, Expressions& expressions);

}  // namespace perfkit::pg

// How one query reads one table: what the planner knows about it before it looks for indexes.
#pragma once

#include <vector>

#include "perfkit/core/advisor/index.hpp"

namespace perfkit::advisor {

enum class ClauseKind {
    equal,     // column = value
    in_list,   // column = ANY (values)
    range,     // column < value, and the like
    test,      // IS NULL and the like: see Clause::test
    contains,  // an operator that only inverted indexes answer: see Clause::opclasses
};

struct Clause {
    int column = 0;  // below 0: an expression
    ClauseKind kind = ClauseKind::equal;
    Test test = Test::is_null;
    std::vector<OpclassId> opclasses;  // GIN operator classes that answer it, the smallest index first
    double selectivity = 1;
    bool operator==(const Clause&) const = default;
};

// column = some column of another table of the query.
struct JoinClause {
    int column = 0;
    int partner = 0;  // number of the other table within the query
    auto operator<=>(const JoinClause&) const = default;
};

// column = a constant that stands in the query itself, for a column of few values: what a partial index could have for
// its condition.
struct Condition {
    int number = 0;  // of the expression that it is
    int column = 0;
    auto operator<=>(const Condition&) const = default;
};

struct Access {
    TableId table = 0;
    std::vector<Clause> clauses;            // all must hold
    std::vector<std::vector<Clause>> arms;  // of OR conditions: each arm's clauses
    std::vector<Condition> conditions;      // some of these clauses
    std::vector<JoinClause> joins;
    std::vector<std::vector<IndexKey>> orders;  // wanted by ORDER BY, GROUP BY, DISTINCT, windows
    std::vector<int> needed;                    // columns that the query reads, sorted
    int opaque = 0;                             // further conditions, which no index on columns can answer
    bool whole_row = false;                     // it reads the row as a whole: no index can stand in for the table
    double table_rows = 0;
    double rows = 0;  // that the planner expects to remain
    bool operator==(const Access&) const = default;
};

}  // namespace perfkit::advisor

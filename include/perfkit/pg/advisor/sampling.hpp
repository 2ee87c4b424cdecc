// What a bounded number of rows tells of an expression, of which there are no statistics.
#pragma once

#include "perfkit/core/advisor/table.hpp"
#include "perfkit/pg/advisor/expressions.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/htup.h"
}

namespace perfkit::pg {

struct ExpressionSample {
    double rows = 0;                 // that were looked at; 0: none
    bool fails = false;              // for some row: no index on it can be built
    HeapTuple statistics = nullptr;  // as ANALYZE would store them, in the memory context of the call
};

// Computes the expression for some rows of the table, as the caller, who may read all of it, and adds what that tells
// to the facts.  Does not wait for locks, runs no function but PostgreSQL's own and those written in C; where any of it
// does not hold, nothing.
ExpressionSample sample_expression(const Expression& expression, const advisor::TableFacts& table,
                                   advisor::ColumnFacts& facts);

}  // namespace perfkit::pg

// The expressions that queries compare, which an index could have for a key.
//
// To the core an expression is a column with a number below 0.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "perfkit/core/advisor/table.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/htup.h"
#include "nodes/nodes.h"
}

namespace perfkit::pg {

struct Expression {
    Oid table = InvalidOid;
    std::string nodes;  // over the table as number 1, as the planner had it
    Oid type = InvalidOid;
    int32 typmod = -1;
    Oid collation = InvalidOid;
    std::vector<int> columns;        // that it reads
    double share = 1;                // of a condition: of the rows for which it holds
    bool condition = false;          // it is one, not a key
    HeapTuple statistics = nullptr;  // as ANALYZE would store them, told from a sample; null: there is none
};

class Expressions {
public:
    // The number of an expression over the table as number `rti`, the same for equal ones.  0: there are too many.
    int number_of(Oid table, Node* node, Index rti);

    // The same for a condition that holds for such a share of the rows.
    int number_of_condition(Oid table, Node* node, Index rti, double share);

    // 0: it is none of those.  Over the table as number 1.
    int find(Oid table, Node* node) const;

    const Expression& at(int number) const { return all_.at(static_cast<std::size_t>(-1 - number)); }
    Expression& at(int number) { return all_.at(static_cast<std::size_t>(-1 - number)); }

    // Adds to the table's facts those of the expressions over it.
    void describe(advisor::TableFacts& table) const;

private:
    int enter(Oid table, Node* node, Index rti, bool condition, double share);

    std::vector<Expression> all_;
};

// What can be told of an expression: by its type, and where it changes nothing but the values of one column, by that.
advisor::ColumnFacts facts_of(const Expression& expression, const advisor::TableFacts& table);

// The expression as it is written in an index: names that could mean something else elsewhere have their schema.
std::string text_of(const Expression& expression);

// Of nodes over the table as number 1; without a table.
Expression read_expression(Node* node);

}  // namespace perfkit::pg

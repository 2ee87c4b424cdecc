// How large an index would be once built.
#pragma once

#include "perfkit/core/advisor/table.hpp"

namespace perfkit::advisor {

struct IndexSize {
    double entries = 0;      // rows of the table that the index points at
    double pages = 0;        // with the metapage
    int height = -1;         // B-tree levels above the leaves; -1: not a B-tree
    double entry_bytes = 0;  // of an average entry, for what a write costs
    double elements = 0;     // of an average entry of an inverted index
    double bytes() const { return pages * 8192; }
};

// The share of a table's rows that satisfy a predicate.
double fraction_of(const Predicate& predicate, const TableFacts& table);

// The server's default.
inline constexpr int default_pages_per_range = 128;

// The pages that each summary of a BRIN index on a column should stand for, a power of two.
int best_pages_per_range(int column, const TableFacts& table);

IndexSize size_of(const IndexSpec& spec, const TableFacts& table);

}  // namespace perfkit::advisor

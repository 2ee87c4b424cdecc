// What ANALYZE would keep of values, told from a sample of them.
#pragma once

#include <cstddef>
#include <vector>

namespace perfkit::advisor {

struct Digest {
    double null_fraction = 0;
    double distinct = 0;              // values in the whole table, but for NULL
    std::vector<std::size_t> common;  // places of the most common values, the most common first
    std::vector<double> shares;       // of all rows, of each of these
    std::vector<std::size_t> bounds;  // places of the values that part all others into pieces of equal size
};

// `times`: how often each different value was drawn, in the order of the values.  `most`: of common values, and of
// pieces.
Digest digest(const std::vector<double>& times, double nulls, double table_rows, std::size_t most);

}  // namespace perfkit::advisor

// What a GIN index would find in a column.
#pragma once

#include "perfkit/core/advisor/table.hpp"

namespace perfkit::pg {

// Adds to the column's facts what a GIN operator class makes of the values that ANALYZE has kept of it,
// where it has kept some.  The table is not read.
void read_elements(advisor::TableFacts& table, int column, advisor::OpclassId opclass);

}  // namespace perfkit::pg

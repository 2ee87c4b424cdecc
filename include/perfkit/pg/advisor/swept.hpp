// Which of the index entries that a plan reads cost no look-up of a page each.
#pragma once

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "nodes/plannodes.h"
}

namespace perfkit::pg {

// Entries of index-only scans and of bitmaps, and of one scan along an index, which the planner takes only where its
// order is about the table's or few rows are wanted: what remains is found one by one, inside nested loops. To be
// called inside pg::call.
double entries_swept(const PlannedStmt* planned);

}  // namespace perfkit::pg

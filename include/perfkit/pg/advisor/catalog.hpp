// Reads what the core wants to know of a table.
#pragma once

#include <optional>

#include "perfkit/core/advisor/table.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// Nothing where the table is gone.  Takes a share lock for as long as it reads, and does not wait
// for it: a locked table counts as gone.
std::optional<advisor::TableFacts> read_table(Oid table);

}  // namespace perfkit::pg

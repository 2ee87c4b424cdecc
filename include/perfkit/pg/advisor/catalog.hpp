// Reads what the core wants to know of a table.
#pragma once

#include <optional>

#include "perfkit/core/advisor/table.hpp"
#include "perfkit/pg/advisor/expressions.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// Nothing where the table is gone.  Takes a share lock for as long as it reads, and does not wait
// for it: a locked table counts as gone.  Of its indexes' expressions it knows those given.
std::optional<advisor::TableFacts> read_table(Oid table, const Expressions& expressions = {});

// What a type tells of values of which there are no statistics.
advisor::ColumnFacts facts_of_type(Oid type, int32 typmod, Oid collation);

}  // namespace perfkit::pg

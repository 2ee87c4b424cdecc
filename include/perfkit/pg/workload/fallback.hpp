#pragma once

#include "perfkit/pg/rows.hpp"

namespace perfkit::pg::workload {

// Rows of pk_workload_counters() from pg_stat_statements, where that is there; a NOTICE says what is missing.
void rows_of_pg_stat_statements(Rows& rows);

}  // namespace perfkit::pg::workload

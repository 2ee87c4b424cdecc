// pg_stat_statements as a workload.
#pragma once

#include "perfkit/core/advisor/workload.hpp"

namespace perfkit::pg {

// Shorter windows say little of an hour.
constexpr double shortest_hours = 1.0 / 3600;

// Why there is none; null: it is loaded, and in this database, in whatever schema.
const char* statistics_missing();

// Whether the caller may read its view.
bool statistics_readable();

// What it has of this database.  Only where nothing is missing.
advisor::Workload read_statistics();
// Gives the samples that pg_perfkit has to the queries that they are of.
void add_executions(advisor::Workload& workload);

}  // namespace perfkit::pg

// The settings of workload capture, as the server keeps them.
#pragma once

namespace perfkit::pg::workload {

extern bool enabled;         // pg_perfkit.workload
extern bool track_planning;  // pg_perfkit.workload_planning
extern int max_entries;      // pg_perfkit.workload_max
extern int pending_kb;       // pg_perfkit.workload_pending
extern int flush_ms;         // pg_perfkit.workload_flush_interval

void define_settings();

}  // namespace perfkit::pg::workload

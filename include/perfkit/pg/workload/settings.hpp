// The settings of workload capture, as the server keeps them.
#pragma once

namespace perfkit::pg::workload {

extern bool enabled;            // pg_perfkit.workload
extern bool track_planning;     // pg_perfkit.workload_planning
extern int max_entries;         // pg_perfkit.workload_max
extern int pending_kb;          // pg_perfkit.workload_pending
extern int flush_ms;            // pg_perfkit.workload_flush_interval
extern bool save_workload;      // pg_perfkit.workload_save
extern bool samples;            // pg_perfkit.workload_samples
extern bool sample_parameters;  // pg_perfkit.sample_parameters
extern int sample_rate;         // pg_perfkit.sample_rate
extern int sample_length;       // pg_perfkit.sample_length
extern int sample_memory_kb;    // pg_perfkit.sample_memory
extern char* sample_readers;    // pg_perfkit.sample_readers
extern int slow_plan_ms;        // pg_perfkit.slow_plan_ms
extern int slow_plan_max;       // pg_perfkit.slow_plan_max
extern int slow_plan_kb;        // pg_perfkit.slow_plan_length
extern int predicate_rate;      // pg_perfkit.predicate_rate
extern int predicate_max;       // pg_perfkit.predicate_max

void define_settings();

}  // namespace perfkit::pg::workload

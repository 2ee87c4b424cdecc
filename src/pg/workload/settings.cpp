#include "perfkit/pg/workload/settings.hpp"

#include <climits>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/hot.hpp"
#include "perfkit/pg/workload/predicates.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/guc.h"
}

namespace perfkit::pg::workload {

PERFKIT_HOT bool enabled = true;
bool track_planning = true;
int max_entries = 5000;
int pending_kb = 8;
PERFKIT_HOT int flush_ms = 1000;
bool save_workload = true;
PERFKIT_HOT bool samples = true;
bool sample_parameters = true;
int sample_rate = 50;
int sample_length = 8192;
int sample_memory_kb = 8192;
char* sample_readers = nullptr;
PERFKIT_HOT int slow_plan_ms = 1000;
int slow_plan_max = 128;
int slow_plan_kb = 16;
int predicate_rate = 2;
int predicate_max = 1000;

namespace {

void on_predicate_rate(int, void*) { predicate_pacer.start_anew(); }

}  // namespace

void define_settings() {
    // A setting that only a start can change may be defined only during a start.  Where the library is not
    // preloaded, the sizes have no effect, but are still known by name.
    const GucContext at_start = process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP;

    DefineCustomBoolVariable(
        "pg_perfkit.workload", "Captures the workload: calls, times, rows, blocks and WAL of every statement.",
        "Needs pg_perfkit in shared_preload_libraries. ALTER DATABASE or ALTER ROLE ... SET leaves one out.", &enabled,
        true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("pg_perfkit.workload_planning", "Measures how long statements take to plan.", nullptr,
                             &track_planning, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.workload_max", "Number of statements whose counters are kept.",
                            "Each takes about 2.5 kB of shared memory.", &max_entries, 5000, 100, 1'000'000, at_start,
                            0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "pg_perfkit.workload_pending", "Shared memory for a session's counts that are not yet added up.",
        "Rounded down to a power of two.", &pending_kb, 8, 1, 1024, at_start, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.workload_flush_interval",
                            "Age at which a session's counts are added up although few.", nullptr, &flush_ms, 1000, 1,
                            INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("pg_perfkit.workload_save", "Keeps counters, samples and slow plans over a clean restart.",
                             "In a file in the data directory, which only the server's user can read.", &save_workload,
                             true, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("pg_perfkit.workload_samples",
                             "Keeps some executions of each statement as they were sent.", "Needs pg_perfkit.workload.",
                             &samples, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomBoolVariable("pg_perfkit.sample_parameters", "Keeps constants and parameters in samples.",
                             "When off, samples hold the text without constants.", &sample_parameters, true, PGC_SUSET,
                             0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.sample_rate", "Most samples that a session takes in a second.", nullptr,
                            &sample_rate, 50, 1, 100'000, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.sample_length", "Length in bytes at which the text of a sample is cut.",
                            "What is cut is marked, and cannot be planned.", &sample_length, 8192, 256, 65536,
                            PGC_SUSET, GUC_UNIT_BYTE, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.sample_memory", "Shared memory for samples.", nullptr, &sample_memory_kb, 8192,
                            2048, 1024 * 1024, at_start, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    DefineCustomStringVariable(
        "pg_perfkit.sample_readers", "Role whose members see the constants in the samples of all roles.",
        "Empty: superusers only. pg_read_all_stats would let monitoring read constants of ordinary statements.",
        &sample_readers, "", PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.slow_plan_ms", "Time from which the plan of an execution is kept.",
                            "-1 keeps none. Needs pg_perfkit.workload.", &slow_plan_ms, 1000, -1, INT_MAX, PGC_SUSET,
                            GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.slow_plan_max", "Number of plans of slow executions that are kept.",
                            "Each takes pg_perfkit.slow_plan_length and 4 kB of shared memory.", &slow_plan_max, 128, 8,
                            10'000, at_start, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.slow_plan_length", "Longest plan that is kept.",
                            "Of longer ones only the outline is.", &slow_plan_kb, 16, 1, 1024, at_start, GUC_UNIT_KB,
                            nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "pg_perfkit.predicate_rate", "Most executions of a session in a second of which the predicates are measured.",
        "0 measures none, 1000000 all. Needs pg_perfkit.workload.", &predicate_rate, 2, 0,
        static_cast<int>(perfkit::workload::Pacer::most), PGC_SUSET, 0, nullptr, on_predicate_rate, nullptr);
    DefineCustomIntVariable("pg_perfkit.predicate_max", "Number of predicates that are kept.",
                            "Each takes about 1.3 kB of shared memory.", &predicate_max, 1000, 100, 100'000, at_start,
                            0, nullptr, nullptr, nullptr);
}

}  // namespace perfkit::pg::workload

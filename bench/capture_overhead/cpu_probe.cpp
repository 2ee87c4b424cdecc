// For session_preload_libraries: as the session ends, appends the CPU time that it used since it began, in ns, to
// cpu_probe.log in the data directory.  The kernel's own account of the process, exact to a nanosecond.

#include <cstdio>

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "storage/ipc.h"

PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

namespace {

unsigned long long began;

unsigned long long cpu_ns() {
    unsigned long long ns = 0;
    if (std::FILE* const file = std::fopen("/proc/self/schedstat", "r"); file != nullptr) {
        if (std::fscanf(file, "%llu", &ns) != 1) ns = 0;
        std::fclose(file);
    }
    return ns;
}

void report(int, Datum) {
    const unsigned long long used = cpu_ns() - began;
    if (std::FILE* const file = std::fopen("cpu_probe.log", "a"); file != nullptr) {
        std::fprintf(file, "%llu\n", used);
        std::fclose(file);
    }
}

}  // namespace

void _PG_init(void) {
    began = cpu_ns();
    on_proc_exit(report, 0);
}

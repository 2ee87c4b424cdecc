// Differences between server versions, each under the name of the newest form.
#pragma once

#include "perfkit/pg/postgres.hpp"

#define PERFKIT_PG16 (PG_VERSION_NUM >= 160000)
#define PERFKIT_PG17 (PG_VERSION_NUM >= 170000)
#define PERFKIT_PG18 (PG_VERSION_NUM >= 180000)

#if PG_VERSION_NUM < 150000
#error "pg_perfkit needs PostgreSQL 15 or later: build against one with make PG_CONFIG=/path/to/pg_config"
#endif

#if PERFKIT_PG16
extern "C" {
#include "varatt.h"  // before, a part of postgres.h
}
#endif

// ExecutorRun lost its parameter execute_once in 18.
#if PERFKIT_PG18
#define PERFKIT_RUN_ONCE_PARAMETER
#define PERFKIT_RUN_ONCE_ARGUMENT
#else
#define PERFKIT_RUN_ONCE_PARAMETER , bool execute_once
#define PERFKIT_RUN_ONCE_ARGUMENT , execute_once
#endif

extern "C" {
#if PERFKIT_PG16
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#include "storage/proc.h"
}

namespace perfkit::pg {

// The number of this process among the server's processes: client sessions and workers are below MaxBackends.
inline int my_proc_number() noexcept {
#if PERFKIT_PG17
    return MyProcNumber;
#else
    return MyProc->pgprocno;
#endif
}

}  // namespace perfkit::pg

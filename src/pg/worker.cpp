#include "perfkit/pg/worker.hpp"

#include <cstring>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/wait_event.h"
}

namespace perfkit::pg {

namespace {

// A function of this library.
BackgroundWorker worker_of(const char* name, const char* type, const char* function, bool database) {
    BackgroundWorker worker{};
    // Zeroed, and thus terminated.
    std::strncpy(worker.bgw_name, name, sizeof worker.bgw_name - 1);
    std::strncpy(worker.bgw_type, type, sizeof worker.bgw_type - 1);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | (database ? BGWORKER_BACKEND_DATABASE_CONNECTION : 0);
    std::strncpy(worker.bgw_library_name, "pg_perfkit", sizeof worker.bgw_library_name - 1);
    std::strncpy(worker.bgw_function_name, function, sizeof worker.bgw_function_name - 1);
    return worker;
}

}  // namespace

void register_worker(const char* name, const char* function, bool database) {
    if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade) return;
    BackgroundWorker worker = worker_of(name, name, function, database);
    worker.bgw_start_time = BgWorkerStart_ConsistentState;
    worker.bgw_restart_time = 10;
    RegisterBackgroundWorker(&worker);
}

BackgroundWorkerHandle* start_worker(const char* name, const char* type, const char* function, Datum argument) {
    BackgroundWorker worker = worker_of(name, type, function, true);
    worker.bgw_start_time = BgWorkerStart_ConsistentState;
    worker.bgw_restart_time = BGW_NEVER_RESTART;
    worker.bgw_main_arg = argument;
    worker.bgw_notify_pid = MyProcPid;
    BackgroundWorkerHandle* handle = nullptr;
    return RegisterDynamicBackgroundWorker(&worker, &handle) ? handle : nullptr;
}

void begin_worker() {
    call([] {
        pqsignal(SIGHUP, SignalHandlerForConfigReload);
        pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
        BackgroundWorkerUnblockSignals();
    });
}

bool worker_waited(long milliseconds) {
    return call([milliseconds] {
        WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
        return ShutdownRequestPending == 0;
    });
}

// With status 0 the server would not start it again after somebody ended it by a signal.
void end_worker() { proc_exit(1); }

}  // namespace perfkit::pg

#include "perfkit/pg/workload/watched_lock.hpp"

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
}

namespace perfkit::pg::workload {

void WatchedLock::acquire() {
    while (!try_acquire()) {
        // Not LWLockAcquire, which nothing could cancel.
        call([] {
            WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 1, PG_WAIT_EXTENSION);
            ResetLatch(MyLatch);
            CHECK_FOR_INTERRUPTS();
        });
    }
}

}  // namespace perfkit::pg::workload

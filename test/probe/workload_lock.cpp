// For test/system/workload.pl: holds a named lightweight lock, as a session would that the kernel stopped at a bad
// moment, until it is cancelled, or for so many seconds.

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/lwlock.h"

PG_MODULE_MAGIC;
}

PERFKIT_FUNCTION(perfkit_hold_lock) {
    perfkit::pg::call([fcinfo] {
        LWLock* const lock = &GetNamedLWLockTranche(text_to_cstring(PG_GETARG_TEXT_PP(0)))->lock;
        LWLockAcquire(lock, LW_EXCLUSIVE);
        for (int left = PG_GETARG_INT32(1) * 100; left > 0 && !QueryCancelPending; --left) pg_usleep(10'000);
        QueryCancelPending = false;
        LWLockRelease(lock);
    });
    PG_RETURN_VOID();
}

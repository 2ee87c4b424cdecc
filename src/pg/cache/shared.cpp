#include "perfkit/pg/cache/shared.hpp"

#include <new>

#include "perfkit/pg/cache.hpp"
#include "perfkit/pg/shared_memory.hpp"
#include "perfkit/pg/worker.hpp"

extern "C" {
#include "storage/shmem.h"
#include "utils/guc.h"
}

namespace perfkit::pg {

namespace cache {

bool watch = true;
int watch_interval = 10;

namespace {

constexpr char tranche[] = "pg_perfkit_cache";

SharedFindings* shared = nullptr;

}  // namespace

SharedFindings* SharedFindings::get() noexcept { return shared; }

void SharedFindings::request() {
    RequestAddinShmemSpace(sizeof(SharedFindings));
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when the postmaster makes all shared memory anew.
void SharedFindings::attach() {
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    shared = static_cast<SharedFindings*>(ShmemInitStruct("pg_perfkit cache", sizeof(SharedFindings), &found));
    if (!found) {
        new (shared) SharedFindings{};
        shared->lock_ = &GetNamedLWLockTranche(tranche)->lock;
    }
    LWLockRelease(AddinShmemInitLock);
}

// The lock is held for a copy of some hundred bytes, and by the worker for as long: waiting for it needs no cancel.
Findings SharedFindings::read() const noexcept {
    LWLockAcquire(lock_, LW_SHARED);
    Findings findings = findings_;
    LWLockRelease(lock_);
    if (findings.reset != resets_) {
        findings.observed = {};
        findings.since = 0;
    }
    return findings;
}

void SharedFindings::publish(const Findings& findings) noexcept {
    LWLockAcquire(lock_, LW_EXCLUSIVE);
    findings_ = findings;
    LWLockRelease(lock_);
}

}  // namespace cache

void init_cache() {
    DefineCustomBoolVariable("pg_perfkit.cache_watch", "Watches shared_buffers for pk_cache_advice().",
                             "Needs pg_perfkit in shared_preload_libraries. Turned off, it forgets what it has seen.",
                             &cache::watch, true, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.cache_watch_interval",
                            "Shortest time between two looks at all of shared_buffers.",
                            "The busier shared_buffers are, the more often they are looked at; once a second at least.",
                            &cache::watch_interval, 10, 1, 1000, PGC_SIGHUP, GUC_UNIT_MS, nullptr, nullptr, nullptr);
    use_shared_memory(cache::SharedFindings::request, cache::SharedFindings::attach);
    register_worker("pg_perfkit cache", "pk_cache_worker", false);
}

}  // namespace perfkit::pg

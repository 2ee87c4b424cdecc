// The lock of something in shared memory.
#pragma once

#include <atomic>

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "storage/lwlock.h"
}

namespace perfkit::pg::workload {

// It tells afterwards whether its last holder came to his end: a session that is killed leaves it changing.
class WatchedLock {
public:
    // The only one of a named tranche.
    void use(const char* tranche) noexcept { lock_ = &GetNamedLWLockTranche(tranche)->lock; }
    bool changing() const noexcept { return changing_; }

    bool try_acquire() noexcept {
        if (!LWLockConditionalAcquire(lock_, LW_EXCLUSIVE)) return false;
        begin_change();
        return true;
    }
    // Waits, so that a cancel ends it.
    void acquire();
    // As a session ends, when nothing may be cancelled any more.
    void acquire_at_exit() noexcept {
        LWLockAcquire(lock_, LW_EXCLUSIVE);
        begin_change();
    }
    void release() noexcept {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        changing_ = false;
        LWLockRelease(lock_);
    }

private:
    // What a signal that ends the session finds must be in this order, so the compiler may move no change past it.
    void begin_change() noexcept {
        changing_ = true;
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    LWLock* lock_ = nullptr;
    volatile bool changing_ = false;
};

}  // namespace perfkit::pg::workload

#include "perfkit/pg/workload/aside.hpp"

#include <cstddef>
#include <cstdint>

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
}

namespace perfkit::pg::workload {

namespace {

// What has to be free to begin a subtransaction.  From 17 on, a shortage there ends the session; before, the
// transaction.  The server's contexts grow by blocks that become larger, but where memory is short, no more than 1 MB.
constexpr std::size_t needed = 2 * 1024 * 1024;

bool enough_memory(MemoryContext context) {
    return call([context] {
        void* const room = MemoryContextAllocExtended(context, needed, MCXT_ALLOC_NO_OOM);
        if (room != nullptr) pfree(room);
        return room != nullptr;
    });
}

}  // namespace

BriefWaits::BriefWaits() noexcept : lock_timeout_(LockTimeout), blocked_(RecoveryInProgress()) {
    LockTimeout = 1;
    if (!blocked_) return;
    sigset_t conflicts;
    sigemptyset(&conflicts);
    sigaddset(&conflicts, SIGUSR1);
    sigprocmask(SIG_BLOCK, &conflicts, &signals_);
}

BriefWaits::~BriefWaits() {
    LockTimeout = lock_timeout_;
    if (blocked_) sigprocmask(SIG_SETMASK, &signals_, nullptr);
}

bool Aside::begin() {
    // One that is held, or has just come.
    if (InterruptPending) return false;
    const int level = GetCurrentTransactionNestLevel();
    try {
        scratch_ = call([this] { return AllocSetContextCreate(before_, "pg_perfkit aside", ALLOCSET_DEFAULT_SIZES); });
        if (enough_memory(scratch_)) {
            call([] {
                BeginInternalSubTransaction(nullptr);
                BeginInternalSubTransaction(nullptr);
            });
            MemoryContextSwitchTo(scratch_);
            return true;
        }
    } catch (const Error&) {
        if (GetCurrentTransactionNestLevel() != level) throw;
        InterruptHoldoffCount = held_;  // the error has set them to zero
        QueryCancelHoldoffCount = cancel_held_;
    }
    MemoryContextSwitchTo(before_);
    CurrentResourceOwner = owner_;
    if (scratch_ != nullptr) MemoryContextDelete(scratch_);
    return false;
}

ErrorData* Aside::end() {
    // The wait for a lock may have been given up just as it was granted; then this is not yet known.
    run([] { call([] { CHECK_FOR_INTERRUPTS(); }); });
    InterruptHoldoffCount = held_;
    QueryCancelHoldoffCount = cancel_held_;
    call([] {
        RollbackAndReleaseCurrentSubTransaction();
        ReleaseCurrentSubTransaction();
    });
    MemoryContextSwitchTo(before_);
    CurrentResourceOwner = owner_;
    if (cancelled_ == nullptr) MemoryContextDelete(scratch_);
    return cancelled_;
}

}  // namespace perfkit::pg::workload

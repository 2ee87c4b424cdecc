// Work for ourselves as a statement ends.
#pragma once

#include <csignal>
#include <cstdint>
#include <utility>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/resowner.h"
}

namespace perfkit::pg::workload {

// As long as one lives, a lock is waited for at most a millisecond, and a conflict with recovery has to wait: in a
// subtransaction it would end the session, not the statement.  It is its signal that waits.  Were interrupts held
// instead, nothing could end the wait for a lock, and replay, which holds it, might be waiting for us.
class BriefWaits {
public:
    BriefWaits() noexcept;
    ~BriefWaits();
    BriefWaits(const BriefWaits&) = delete;
    BriefWaits& operator=(const BriefWaits&) = delete;

private:
    const int lock_timeout_;
    const bool blocked_;
    sigset_t signals_;
};

// A subtransaction that is rolled back, whatever happened in it, with a memory context for what happens there.  It is
// inside of another one, because COMMIT ends open cursors in a state where the server asserts that no subtransaction
// is rolled back; to release one is allowed.
class Aside {
public:
    // False where it must not, or cannot, be begun now.
    bool begin();
    // A cancel, if one came; the report of it lives on.
    ErrorData* end();

    template <typename Body>
    void run(Body&& body) noexcept {
        try {
            std::forward<Body>(body)();
        } catch (const Error& error) {
            if (error.report()->sqlerrcode == ERRCODE_QUERY_CANCELED) cancelled_ = error.report();
        } catch (...) {
        }
    }

private:
    const MemoryContext before_ = CurrentMemoryContext;
    const ResourceOwner owner_ = CurrentResourceOwner;
    const std::uint32_t held_ = InterruptHoldoffCount, cancel_held_ = QueryCancelHoldoffCount;
    MemoryContext scratch_ = nullptr;
    ErrorData* cancelled_ = nullptr;
};

// Runs what looks names up: an error may leave locks and pins behind, so it runs in a subtransaction.  Its errors end
// there, except for a cancel: that was meant for the statement.  Gives the report of it, which the caller has to go on
// raising; else null, or raises what came meanwhile.  Not in parallel mode, where there are no subtransactions (before
// 17).
template <typename Body>
ErrorData* aside(Body&& body) {
    // What is pending, most often no more than a parallel worker's last word; a conflict with recovery ends the
    // statement, where later it would end the session.
    call([] { CHECK_FOR_INTERRUPTS(); });
    ErrorData* cancelled = nullptr;
    {
        const BriefWaits brief;
        Aside work;
        if (work.begin()) {
            work.run(std::forward<Body>(body));
            cancelled = work.end();
        }
    }
    // A conflict that had to wait is the statement's now; once it has ended, the session would be ended for it.
    if (cancelled == nullptr) call([] { CHECK_FOR_INTERRUPTS(); });
    return cancelled;
}

}  // namespace perfkit::pg::workload

// Work for ourselves as a statement ends.
#pragma once

#include <cstdint>
#include <utility>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
}

namespace perfkit::pg::workload {

// Runs what looks names up: an error may leave locks and pins behind, and it may have to wait for someone who locks a
// catalog.  Therefore it runs in a subtransaction, which is always rolled back: whatever happened there is undone.  Its
// errors end there, except for a cancel: that was meant for the statement.  Gives the report of it, which the caller
// has to go on raising; else null.  Not in parallel mode, where there are no subtransactions (before 17).
template <typename Body>
ErrorData* aside(Body&& body) {
    const MemoryContext before = CurrentMemoryContext;
    const ResourceOwner owner = CurrentResourceOwner;
    const std::uint32_t held = InterruptHoldoffCount, cancel_held = QueryCancelHoldoffCount;
    ErrorData* cancelled = nullptr;
    MemoryContext scratch = call([before] {
        MemoryContext made = AllocSetContextCreate(before, "pg_perfkit aside", ALLOCSET_DEFAULT_SIZES);
        BeginInternalSubTransaction(nullptr);
        MemoryContextSwitchTo(made);
        return made;
    });
    // On a standby, a conflict with recovery would end a session that is in a subtransaction.
    if (RecoveryInProgress()) InterruptHoldoffCount = held + 1;
    try {
        std::forward<Body>(body)();
    } catch (const Error& error) {
        if (error.report()->sqlerrcode == ERRCODE_QUERY_CANCELED) cancelled = error.report();
    } catch (...) {
    }
    InterruptHoldoffCount = held;  // an error has set them to zero
    QueryCancelHoldoffCount = cancel_held;
    call([] { RollbackAndReleaseCurrentSubTransaction(); });
    MemoryContextSwitchTo(before);
    CurrentResourceOwner = owner;
    if (cancelled == nullptr) MemoryContextDelete(scratch);
    return cancelled;
}

}  // namespace perfkit::pg::workload

// Surviving an error of the server: what was done since is rolled back, and the caller goes on.
#pragma once

#include <optional>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/resowner.h"
}

namespace perfkit::pg {

// Runs body in a subtransaction.  Gives back the server's error that ended it, if one did that is the
// storage's fault (SQLSTATE classes 58 and XX); every other error, such as a cancelled query or lack
// of memory, goes on its way after the rollback.  Takes no transaction ID, so that it works on a standby.
template <typename Body>
std::optional<Error> in_subtransaction(Body&& body) {
    MemoryContext const context = CurrentMemoryContext;
    ResourceOwner const owner = CurrentResourceOwner;
    const auto back = [context, owner] {
        MemoryContextSwitchTo(context);
        CurrentResourceOwner = owner;
    };
    const auto roll_back = [&back] {
        call([] { RollbackAndReleaseCurrentSubTransaction(); });
        back();
    };
    call([] { BeginInternalSubTransaction(nullptr); });
    MemoryContextSwitchTo(context);
    std::optional<Error> failure;
    try {
        body();
    } catch (const Error& error) {
        failure = error;
    } catch (...) {
        roll_back();
        throw;
    }
    if (!failure) {
        call([] { ReleaseCurrentSubTransaction(); });
        back();
        return failure;
    }
    roll_back();
    const int category = ERRCODE_TO_CATEGORY(failure->report()->sqlerrcode);
    const bool storage = category == ERRCODE_TO_CATEGORY(ERRCODE_SYSTEM_ERROR) ||
                         category == ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR);
    if (!storage) throw *failure;
    return failure;
}

}  // namespace perfkit::pg

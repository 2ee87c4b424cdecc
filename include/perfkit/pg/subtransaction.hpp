// Surviving an error of the server: what was done since is rolled back, and the caller goes on.
#pragma once

#include <optional>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/xact.h"
#include "utils/resowner.h"
}

namespace perfkit::pg {

// Takes no transaction ID, so that it works on a standby.  Who begins one has to end it, whatever happens.
class Subtransaction {
public:
    Subtransaction() : context_(CurrentMemoryContext), owner_(CurrentResourceOwner) {
        call([] { BeginInternalSubTransaction(nullptr); });
        MemoryContextSwitchTo(context_);
    }
    Subtransaction(const Subtransaction&) = delete;
    Subtransaction& operator=(const Subtransaction&) = delete;

    void release() {
        call([] { ReleaseCurrentSubTransaction(); });
        go_back();
    }
    void roll_back() {
        call([] { RollbackAndReleaseCurrentSubTransaction(); });
        go_back();
    }

private:
    MemoryContext context_;
    ResourceOwner owner_;

    void go_back() {
        MemoryContextSwitchTo(context_);
        CurrentResourceOwner = owner_;
    }
};

// Runs body in a subtransaction that leaves nothing behind, whether body fails or not.
template <typename Body>
void rolled_back(Body&& body) {
    Subtransaction subtransaction;
    try {
        body();
    } catch (...) {
        subtransaction.roll_back();
        throw;
    }
    subtransaction.roll_back();
}

// Runs body in a subtransaction.  Gives back the server's error that ended it, if one did that is the
// storage's fault (SQLSTATE classes 58 and XX); every other error, such as a cancelled query or lack
// of memory, goes on its way after the rollback.
template <typename Body>
std::optional<Error> in_subtransaction(Body&& body) {
    Subtransaction subtransaction;
    std::optional<Error> failure;
    try {
        body();
    } catch (const Error& error) {
        failure = error;
    } catch (...) {
        subtransaction.roll_back();
        throw;
    }
    if (!failure) {
        subtransaction.release();
        return failure;
    }
    subtransaction.roll_back();
    const int category = ERRCODE_TO_CATEGORY(failure->report()->sqlerrcode);
    const bool storage = category == ERRCODE_TO_CATEGORY(ERRCODE_SYSTEM_ERROR) ||
                         category == ERRCODE_TO_CATEGORY(ERRCODE_INTERNAL_ERROR);
    if (!storage) throw *failure;
    return failure;
}

}  // namespace perfkit::pg

// What samples need inside of hooks: bodies whose errors reach nobody, and limits on how much is done in a second.
#pragma once

#include <cstdint>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::workload {

// Runs a body that may fail for want of memory; what it allocates goes away behind it.
template <typename Body>
void quietly(Body&& body) noexcept {
    static MemoryContext scratch = nullptr;
    const MemoryContext before = CurrentMemoryContext;
    const std::uint32_t held = InterruptHoldoffCount, cancel_held = QueryCancelHoldoffCount;
    InterruptHoldoffCount = held + 1;  // an error of the user's must not be swallowed
    try {
        if (scratch == nullptr)
            scratch =
                call([] { return AllocSetContextCreate(TopMemoryContext, "pg_perfkit sample", ALLOCSET_SMALL_SIZES); });
        MemoryContextSwitchTo(scratch);
        body();
    } catch (...) {
    }
    MemoryContextSwitchTo(before);
    if (scratch != nullptr) MemoryContextReset(scratch);
    InterruptHoldoffCount = held;  // an error has set them to zero
    QueryCancelHoldoffCount = cancel_held;
}

// So many times in each second.
class Budget {
public:
    // kept: so many of them are for others.
    bool spend(int rate, int kept = 0) noexcept {
        if (left_ <= kept) {
            const TimestampTz now = GetCurrentTimestamp();
            if (now - began_ < USECS_PER_SEC && now >= began_) return false;
            began_ = now;
            left_ = rate;
        }
        if (left_ <= kept) return false;
        --left_;
        return true;
    }

private:
    TimestampTz began_ = 0;
    int left_ = 0;
};

}  // namespace perfkit::pg::workload

// Plans of slow executions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "perfkit/core/workload/plan_store.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/watched_lock.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace perfkit::pg::workload {

// The plans in shared memory, with a lock of their own that the path of a query only ever tries.
class SharedPlans {
public:
    // Null where the library was not preloaded.
    static SharedPlans* get() noexcept;
    static void request();
    static void attach();
    static std::size_t memory() noexcept;

    // As in Shared.
    std::span<char> store_bytes() noexcept;
    bool changing() const noexcept { return lock_.changing(); }
    void make_empty() noexcept;

    // Runs the body on the store where the lock is free; else gives false.
    template <typename Body>
    bool try_with(Body&& body) noexcept {
        if (!lock_.try_acquire()) return false;
        body(store());
        lock_.release();
        return true;
    }

    // For readers: holds the store as long as the object lives.  The wait for it can be cancelled.
    class Access {
    public:
        explicit Access(SharedPlans& shared);
        ~Access() { shared_.lock_.release(); }
        Access(const Access&) = delete;
        Access& operator=(const Access&) = delete;

        perfkit::workload::PlanStore& store() noexcept { return shared_.store(); }

    private:
        SharedPlans& shared_;
    };

private:
    perfkit::workload::PlanStore& store() noexcept;
    WatchedLock lock_;
};

// The plan of a statement in words, without what changes with constants.  Looks names up.
std::string outline_of(const PlannedStmt* statement);

inline bool is_slow(std::uint64_t nanoseconds) noexcept {
    return slow_plan_ms >= 0 && nanoseconds > 0 && nanoseconds >= static_cast<std::uint64_t>(slow_plan_ms) * 1'000'000;
}
// An execution has ended after so many nanoseconds.  Raises no error but that of a cancel that arrives meanwhile.
void keep_slow_plan(const perfkit::workload::Key& key, QueryDesc* query, std::uint64_t nanoseconds);

}  // namespace perfkit::pg::workload

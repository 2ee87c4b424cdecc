// Predicates of sampled executions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "perfkit/core/workload/predicate.hpp"
#include "perfkit/core/workload/predicate_store.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/watched_lock.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace perfkit::pg::workload {

// The predicates in shared memory, with a lock of their own that the path of a query only ever tries.
class SharedPredicates {
public:
    // Null where the library was not preloaded.
    static SharedPredicates* get() noexcept;
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
        explicit Access(SharedPredicates& shared);
        ~Access() { shared_.lock_.release(); }
        Access(const Access&) = delete;
        Access& operator=(const Access&) = delete;

        perfkit::workload::PredicateStore& store() noexcept { return shared_.store(); }

    private:
        SharedPredicates& shared_;
    };

private:
    perfkit::workload::PredicateStore& store() noexcept;

    WatchedLock lock_;
};

// Of this session.
extern perfkit::workload::Pacer predicate_pacer;
extern std::size_t watched_executions;  // that are measured, and have not yet ended

bool take_turn() noexcept;
// Before an execution begins: whether its rows are to be counted in each node of its plan.
inline bool predicates_due() noexcept { return predicate_pacer.counted_down() && take_turn(); }
// It has begun, with INSTRUMENT_ROWS.
void watch(const QueryDesc* query) noexcept;
// Its rows are not all fetched at once, so that it may not run to its end.
void note_partial_fetch(const QueryDesc* query) noexcept;
// No longer.
void unwatch(const QueryDesc* query) noexcept;
// Where it is watched and ended: notes what it saw.  Raises no error but that of a cancel that arrives meanwhile.
void keep_predicates(const perfkit::workload::Key& key, QueryDesc* query);

}  // namespace perfkit::pg::workload

// A store of the core in shared memory.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <tuple>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/watched_lock.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/shmem.h"
}

namespace perfkit::pg::workload {

// With a lock of its own that the path of a query only ever tries.  The memory says what it holds (Store), how much
// (capacity(), in the order of the store's create()), and by which names the server knows it (name, tranche).
template <typename Memory>
class SharedStore {
public:
    using Store = typename Memory::Store;

    // Null where the library was not preloaded.
    static SharedStore* get() noexcept { return shared_; }
    static std::size_t memory() noexcept { return sizeof(SharedStore) + store_size(); }
    static void request() {
        RequestAddinShmemSpace(memory());
        RequestNamedLWLockTranche(Memory::tranche, 1);
    }
    // Also after a crash, when the postmaster makes all shared memory anew.
    static void attach() {
        static_assert(alignof(SharedStore) <= PG_CACHE_LINE_SIZE);  // as the server aligns what is asked for
        LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
        bool found;
        shared_ = static_cast<SharedStore*>(ShmemInitStruct(Memory::name, memory(), &found));
        if (!found) {
            new (shared_) SharedStore{};
            shared_->lock_.use(Memory::tranche);
            shared_->make_empty();
        }
        LWLockRelease(AddinShmemInitLock);
    }

    // As in Shared.
    std::span<char> store_bytes() noexcept { return {reinterpret_cast<char*>(&store()), store_size()}; }
    bool changing() const noexcept { return lock_.changing(); }
    void make_empty() noexcept {
        std::apply([this](auto... capacity) { Store::create(&store(), capacity...); }, Memory::capacity());
    }

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
        explicit Access(SharedStore& shared) : shared_(shared) { shared.lock_.acquire(); }
        ~Access() { shared_.lock_.release(); }
        Access(const Access&) = delete;
        Access& operator=(const Access&) = delete;

        Store& store() noexcept { return shared_.store(); }

    private:
        SharedStore& shared_;
    };

private:
    static std::size_t store_size() noexcept { return std::apply(Store::bytes, Memory::capacity()); }
    Store& store() noexcept { return *reinterpret_cast<Store*>(this + 1); }

    static inline SharedStore* shared_ = nullptr;

    alignas(64) WatchedLock lock_;
};

}  // namespace perfkit::pg::workload

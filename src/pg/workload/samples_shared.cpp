#include <new>

#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/settings.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/shmem.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Key;
using perfkit::workload::SampleStore;

namespace {

constexpr char tranche[] = "pg_perfkit_samples";

SharedSamples* shared = nullptr;

std::uint32_t block_count() {
    return static_cast<std::uint32_t>(static_cast<std::size_t>(sample_memory_kb) * 1024 / SampleStore::block_size);
}

std::size_t size() {
    return sizeof(SharedSamples) + SampleStore::bytes(static_cast<std::uint32_t>(max_entries), block_count());
}

}  // namespace

SharedSamples* SharedSamples::get() noexcept { return shared; }

std::size_t SharedSamples::memory() noexcept { return size(); }

SampleStore& SharedSamples::store() noexcept { return *reinterpret_cast<SampleStore*>(this + 1); }

void SharedSamples::request() {
    RequestAddinShmemSpace(size());
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when the postmaster makes all shared memory anew.
void SharedSamples::attach() {
    static_assert(alignof(SharedSamples) <= PG_CACHE_LINE_SIZE);  // as the server aligns what is asked for
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    shared = static_cast<SharedSamples*>(ShmemInitStruct("pg_perfkit samples", size(), &found));
    if (!found) {
        new (shared) SharedSamples{};
        shared->lock_.use(tranche);
        shared->make_empty();
    }
    LWLockRelease(AddinShmemInitLock);
}

std::span<char> SharedSamples::store_bytes() noexcept {
    return {reinterpret_cast<char*>(&store()),
            SampleStore::bytes(static_cast<std::uint32_t>(max_entries), block_count())};
}

void SharedSamples::make_empty() noexcept {
    SampleStore::create(&store(), static_cast<std::uint32_t>(max_entries), block_count());
}

bool SharedSamples::offer(const Key& key, std::string_view sample, std::uint64_t executions,
                          std::uint64_t random) noexcept {
    if (!lock_.try_acquire()) return false;
    store().offer(key, sample, executions, random);
    lock_.release();
    return true;
}

bool SharedSamples::offer_slowest(const Key& key, std::string_view sample, std::uint64_t nanoseconds) noexcept {
    if (!lock_.try_acquire()) return false;
    store().offer_slowest(key, sample, nanoseconds);
    lock_.release();
    return true;
}

SharedSamples::Access::Access(SharedSamples& held) : shared_(held) { held.lock_.acquire(); }

}  // namespace perfkit::pg::workload

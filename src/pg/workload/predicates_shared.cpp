#include <cstddef>
#include <cstdint>
#include <new>

#include "perfkit/pg/workload/predicates.hpp"
#include "perfkit/pg/workload/settings.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/shmem.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::PredicateStore;

namespace {

constexpr char tranche[] = "pg_perfkit_predicates";

SharedPredicates* shared = nullptr;

std::uint32_t places() { return static_cast<std::uint32_t>(predicate_max); }

std::size_t size() { return sizeof(SharedPredicates) + PredicateStore::bytes(places()); }

}  // namespace

SharedPredicates* SharedPredicates::get() noexcept { return shared; }

std::size_t SharedPredicates::memory() noexcept { return size(); }

PredicateStore& SharedPredicates::store() noexcept { return *reinterpret_cast<PredicateStore*>(this + 1); }

void SharedPredicates::request() {
    RequestAddinShmemSpace(size());
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when the postmaster makes all shared memory anew.
void SharedPredicates::attach() {
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    shared = static_cast<SharedPredicates*>(ShmemInitStruct("pg_perfkit predicates", size(), &found));
    if (!found) {
        new (shared) SharedPredicates{};
        shared->lock_.use(tranche);
        shared->make_empty();
    }
    LWLockRelease(AddinShmemInitLock);
}

std::span<char> SharedPredicates::store_bytes() noexcept {
    return {reinterpret_cast<char*>(&store()), PredicateStore::bytes(places())};
}

void SharedPredicates::make_empty() noexcept { PredicateStore::create(&store(), places()); }

SharedPredicates::Access::Access(SharedPredicates& held) : shared_(held) { held.lock_.acquire(); }

}  // namespace perfkit::pg::workload

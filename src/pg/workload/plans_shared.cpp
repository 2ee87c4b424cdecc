#include <cstddef>
#include <cstdint>
#include <new>

#include "perfkit/pg/workload/plans.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/shmem.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::PlanStore;

namespace {

constexpr char tranche[] = "pg_perfkit_plans";

SharedPlans* shared = nullptr;

std::uint32_t places() { return static_cast<std::uint32_t>(slow_plan_max); }
std::uint32_t length() { return static_cast<std::uint32_t>(slow_plan_kb) * 1024; }

std::size_t size() { return sizeof(SharedPlans) + PlanStore::bytes(places(), length()); }

}  // namespace

SharedPlans* SharedPlans::get() noexcept { return shared; }

std::size_t SharedPlans::memory() noexcept { return size(); }

PlanStore& SharedPlans::store() noexcept { return *reinterpret_cast<PlanStore*>(this + 1); }

void SharedPlans::request() {
    RequestAddinShmemSpace(size());
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when the postmaster makes all shared memory anew.
void SharedPlans::attach() {
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    shared = static_cast<SharedPlans*>(ShmemInitStruct("pg_perfkit plans", size(), &found));
    if (!found) {
        new (shared) SharedPlans{};
        shared->lock_.use(tranche);
        shared->make_empty();
    }
    LWLockRelease(AddinShmemInitLock);
}

std::span<char> SharedPlans::store_bytes() noexcept {
    return {reinterpret_cast<char*>(&store()), PlanStore::bytes(places(), length())};
}

void SharedPlans::make_empty() noexcept { PlanStore::create(&store(), places(), length()); }

SharedPlans::Access::Access(SharedPlans& held) : shared_(held) { held.lock_.acquire(); }

}  // namespace perfkit::pg::workload

// Plans of slow executions.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "perfkit/core/workload/plan_store.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared_store.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace perfkit::pg::workload {

struct PlanMemory {
    using Store = perfkit::workload::PlanStore;
    static constexpr char name[] = "pg_perfkit plans";
    static constexpr char tranche[] = "pg_perfkit_plans";
    static auto capacity() noexcept {
        return std::tuple(static_cast<std::uint32_t>(slow_plan_max), static_cast<std::uint32_t>(slow_plan_kb) * 1024);
    }
};
using SharedPlans = SharedStore<PlanMemory>;

// The plan of a statement in words, without what changes with constants.  Looks names up.
std::string outline_of(const PlannedStmt* statement);

inline bool is_slow(std::uint64_t nanoseconds) noexcept {
    return slow_plan_ms >= 0 && nanoseconds > 0 && nanoseconds >= static_cast<std::uint64_t>(slow_plan_ms) * 1'000'000;
}
// An execution has ended after so many nanoseconds.  Raises no error but that of a cancel that arrives meanwhile.
[[gnu::cold]] void keep_slow_plan(const perfkit::workload::Key& key, QueryDesc* query, std::uint64_t nanoseconds);

}  // namespace perfkit::pg::workload

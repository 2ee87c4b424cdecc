// Predicates of sampled executions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "perfkit/core/workload/predicate.hpp"
#include "perfkit/core/workload/predicate_store.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared_store.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace perfkit::pg::workload {

struct PredicateMemory {
    using Store = perfkit::workload::PredicateStore;
    static constexpr char name[] = "pg_perfkit predicates";
    static constexpr char tranche[] = "pg_perfkit_predicates";
    static auto capacity() noexcept { return std::tuple(static_cast<std::uint32_t>(predicate_max)); }
};
using SharedPredicates = SharedStore<PredicateMemory>;

// Of this session.
extern perfkit::workload::Pacer predicate_pacer;
extern std::size_t watched_executions;  // that are measured, and have not yet ended

[[gnu::cold]] bool take_turn() noexcept;
// Before an execution begins: whether its rows are to be counted in each node of its plan.
inline bool predicates_due() noexcept { return predicate_pacer.counted_down() && take_turn(); }
// It has begun, with INSTRUMENT_ROWS.
[[gnu::cold]] void watch(const QueryDesc* query) noexcept;
// Its rows are not all fetched at once, so that it may not run to its end.
[[gnu::cold]] void note_partial_fetch(const QueryDesc* query) noexcept;
// No longer.
[[gnu::cold]] void unwatch(const QueryDesc* query) noexcept;
// Where it is watched and ended: notes what it saw.  Raises no error but that of a cancel that arrives meanwhile.
[[gnu::cold]] void keep_predicates(const perfkit::workload::Key& key, QueryDesc* query);

}  // namespace perfkit::pg::workload

// Samples: executions as they were sent, taken now and then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "perfkit/core/workload/event.hpp"
#include "perfkit/core/workload/sample_store.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared_store.hpp"

extern "C" {
#include "executor/execdesc.h"
}

namespace perfkit::pg::workload {

// Settings that bear on the meaning of constants, with their defaults, which samples do not mention.
inline constexpr const char* constant_settings[][2] = {{"DateStyle", "ISO, MDY"},
                                                       {"IntervalStyle", "postgres"},
                                                       {"TimeZone", "GMT"},
                                                       {"standard_conforming_strings", "on"}};

struct SampleMemory {
    using Store = perfkit::workload::SampleStore;
    static constexpr char name[] = "pg_perfkit samples";
    static constexpr char tranche[] = "pg_perfkit_samples";
    static auto capacity() noexcept {
        return std::tuple(
            static_cast<std::uint32_t>(max_entries),
            static_cast<std::uint32_t>(static_cast<std::size_t>(sample_memory_kb) * 1024 / Store::block_size));
    }
};
using SharedSamples = SharedStore<SampleMemory>;

// What the hooks call; none of it waits, or raises an error of its own.
//
// An execution has begun, or ended after so many nanoseconds.
void sample_start(const perfkit::workload::Key& key, const QueryDesc* query) noexcept;
constexpr std::uint64_t slow_from = 1'000'000;  // ns; faster executions are nobody's slow ones
[[gnu::cold]] void sample_slow(const perfkit::workload::Key& key, const QueryDesc* query,
                               std::uint64_t nanoseconds) noexcept;
// The error at hand cancels one after so many nanoseconds: raises it again where a sample was taken, which needs the
// error put aside.
[[gnu::cold]] void sample_cancelled(const perfkit::workload::Key& key, const QueryDesc* query,
                                    std::uint64_t nanoseconds);

}  // namespace perfkit::pg::workload

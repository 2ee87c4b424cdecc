// Differences between server versions in the cumulative statistics, each under the name of the newest form.  Templates,
// since the other form's fields do not exist.
#pragma once

#include <cstdint>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "pgstat.h"
}

namespace perfkit::pg {

// Since 16 without the n_ before some names.
#if PERFKIT_PG16
#define PERFKIT_COUNTER(name) name
#else
#define PERFKIT_COUNTER(name) n_##name
#endif

// Of a table.
template <typename Entry>
std::int64_t live_tuples(const Entry& entry) {
    return entry.PERFKIT_COUNTER(live_tuples);
}
template <typename Entry>
std::int64_t dead_tuples(const Entry& entry) {
    return entry.PERFKIT_COUNTER(dead_tuples);
}

// Blocks that a database needed, and those of which that were found.
template <typename Entry>
std::int64_t blocks_fetched(const Entry& entry) {
    return entry.PERFKIT_COUNTER(blocks_fetched);
}
template <typename Entry>
std::int64_t blocks_hit(const Entry& entry) {
    return entry.PERFKIT_COUNTER(blocks_hit);
}

#undef PERFKIT_COUNTER

struct Checkpoints {
    std::int64_t timed = 0;
    std::int64_t requested = 0;
    std::int64_t buffers = 0;
};

template <typename Stats>
Checkpoints checkpoints_of(const Stats& stats) {
#if PERFKIT_PG17
    return {stats.num_timed, stats.num_requested, stats.buffers_written};
#else
    return {stats.timed_checkpoints, stats.requested_checkpoints, stats.buf_written_checkpoints};
#endif
}

struct WalCounts {
    std::int64_t records = 0;
    std::int64_t images = 0;
    std::uint64_t bytes = 0;
};

template <typename Stats>
WalCounts wal_counts(const Stats& stats) {
#if PERFKIT_PG18
    const auto& counters = stats.wal_counters;
#else
    const auto& counters = stats;
#endif
    return {counters.wal_records, counters.wal_fpi, counters.wal_bytes};
}

}  // namespace perfkit::pg

// What executions use, as the server counts it.  On the path of every statement, and therefore inline.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "perfkit/core/workload/event.hpp"
#include "perfkit/pg/compat.hpp"

extern "C" {
#include "executor/instrument.h"
#include "portability/instr_time.h"
#include "storage/bufmgr.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Field;
using perfkit::workload::field_count;

inline std::uint64_t nanoseconds_of(instr_time time) noexcept {
#if PERFKIT_PG16
    return static_cast<std::uint64_t>(INSTR_TIME_GET_NANOSEC(time));
#else
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
#endif
}

// What an execution used, by Field.
using Used = std::array<std::uint64_t, field_count>;
constexpr std::size_t first_time = static_cast<std::size_t>(Field::read_ns);
constexpr std::size_t first_wal = static_cast<std::size_t>(Field::wal_records);

// The first ten fields are the first ten of BufferUsage.
static_assert(offsetof(BufferUsage, temp_blks_written) == (first_time - 1) * sizeof(std::int64_t));

inline instr_time read_time(const BufferUsage& buffers) noexcept {
#if PERFKIT_PG17
    instr_time time = buffers.shared_blk_read_time;
    INSTR_TIME_ADD(time, buffers.local_blk_read_time);
    return time;
#else
    return buffers.blk_read_time;
#endif
}

inline instr_time write_time(const BufferUsage& buffers) noexcept {
#if PERFKIT_PG17
    instr_time time = buffers.shared_blk_write_time;
    INSTR_TIME_ADD(time, buffers.local_blk_write_time);
    return time;
#else
    return buffers.blk_write_time;
#endif
}

// Calls function(from), ..., function(to - 1), without a loop.
template <std::size_t from, std::size_t to, typename Function>
void for_each_of(Function&& function) noexcept {
    [&]<std::size_t... i>(std::index_sequence<i...>) { (function(from + i), ...); }
    (std::make_index_sequence<to - from>{});
}

// Compilers make of {} an instruction that takes a while to get going.
inline void clear(Used& used) noexcept {
    for_each_of<0, field_count>([&used](std::size_t i) { used[i] = 0; });
}

// What the session had used when something began.
struct UsedBefore {
    BufferUsage buffers;  // its times only where they are tracked
    WalUsage wal;
    bool timed;

    void take() noexcept {
        std::memcpy(&buffers, &pgBufferUsage, first_time * sizeof(std::int64_t));
        wal = pgWalUsage;
        timed = track_io_timing;
        if (timed) [[unlikely]]
            buffers = pgBufferUsage;
    }
};

[[gnu::cold]] inline void add_times(Used& used, const BufferUsage& now, const BufferUsage& before) noexcept {
    const auto add = [&used](Field field, instr_time end, instr_time start) {
        INSTR_TIME_SUBTRACT(end, start);
        used[static_cast<std::size_t>(field)] += nanoseconds_of(end);
    };
    add(Field::read_ns, read_time(now), read_time(before));
    add(Field::write_ns, write_time(now), write_time(before));
    add(Field::temp_read_ns, now.temp_blk_read_time, before.temp_blk_read_time);
    add(Field::temp_write_ns, now.temp_blk_write_time, before.temp_blk_write_time);
}

// Adds what was used since.  The server's functions for this are calls, and go through times, which cost, too.
inline void add_used(Used& used, const BufferUsage& buffers, const WalUsage& wal, const UsedBefore& before) noexcept {
    const auto* const now = &buffers.shared_blks_hit;
    const auto* const then = &before.buffers.shared_blks_hit;
    for (std::size_t i = 0; i < first_time; ++i) used[i] += static_cast<std::uint64_t>(now[i] - then[i]);
    if (before.timed) [[unlikely]]
        add_times(used, buffers, before.buffers);
    used[first_wal] += static_cast<std::uint64_t>(wal.wal_records - before.wal.wal_records);
    used[first_wal + 1] += static_cast<std::uint64_t>(wal.wal_fpi - before.wal.wal_fpi);
    used[first_wal + 2] += wal.wal_bytes - before.wal.wal_bytes;
}

inline void set_used(perfkit::workload::Event& event, const Used& used) noexcept {
    const auto set = [&](std::size_t i) { event.set(static_cast<Field>(i), used[i]); };
    constexpr auto first_local = static_cast<std::size_t>(Field::local_hit);
    std::uint64_t rare = 0;  // whether any of what most executions do not use
    for (std::size_t i = first_local; i < first_wal; ++i) rare |= used[i];
    for (std::size_t i = 0; i < first_local; ++i) set(i);
    if (rare != 0) [[unlikely]]
        for (std::size_t i = first_local; i < first_wal; ++i) set(i);
    for (std::size_t i = first_wal; i < field_count; ++i) set(i);
}

}  // namespace perfkit::pg::workload

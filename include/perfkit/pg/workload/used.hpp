// What executions use, as the server counts it.  On the path of every statement, and therefore inline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "perfkit/core/workload/event.hpp"
#include "perfkit/pg/compat.hpp"

extern "C" {
#include "executor/instrument.h"
#include "portability/instr_time.h"
#include "storage/bufmgr.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Event;
using perfkit::workload::Field;

inline std::uint64_t nanoseconds_of(instr_time time) noexcept {
#if PERFKIT_PG16
    return static_cast<std::uint64_t>(INSTR_TIME_GET_NANOSEC(time));
#else
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
#endif
}

constexpr std::size_t first_time = static_cast<std::size_t>(Field::read_ns);

// The first ten fields are the first ten of BufferUsage.
static_assert(offsetof(BufferUsage, temp_blks_written) == (first_time - 1) * sizeof(std::int64_t));

// What the session had used when something began.
struct UsedBefore {
    WalUsage wal;
    bool timed;
    BufferUsage buffers;  // its times only where they are tracked, and therefore last

    void take(const BufferUsage& buffers_now, const WalUsage& wal_now, bool timed_now) noexcept {
        std::memcpy(&buffers, &buffers_now, first_time * sizeof(std::int64_t));
        wal = wal_now;
        timed = timed_now;
        if (timed) [[unlikely]]
            take_times(buffers_now);
    }

private:
    [[gnu::cold, gnu::noinline]] void take_times(const BufferUsage& now) noexcept { buffers = now; }
};

[[gnu::cold, gnu::noinline]] inline void set_times(Event& event, const BufferUsage& now,
                                                   const BufferUsage& before) noexcept {
    const auto nanoseconds = [](instr_time end, instr_time start) {
        INSTR_TIME_SUBTRACT(end, start);
        return nanoseconds_of(end);
    };
#if PERFKIT_PG17
    event.set(Field::read_ns, nanoseconds(now.shared_blk_read_time, before.shared_blk_read_time) +
                                  nanoseconds(now.local_blk_read_time, before.local_blk_read_time));
    event.set(Field::write_ns, nanoseconds(now.shared_blk_write_time, before.shared_blk_write_time) +
                                   nanoseconds(now.local_blk_write_time, before.local_blk_write_time));
#else
    event.set(Field::read_ns, nanoseconds(now.blk_read_time, before.blk_read_time));
    event.set(Field::write_ns, nanoseconds(now.blk_write_time, before.blk_write_time));
#endif
    event.set(Field::temp_read_ns, nanoseconds(now.temp_blk_read_time, before.temp_blk_read_time));
    event.set(Field::temp_write_ns, nanoseconds(now.temp_blk_write_time, before.temp_blk_write_time));
}

[[gnu::cold, gnu::noinline]] inline void set_wal(Event& event, const WalUsage& now, const WalUsage& before) noexcept {
    event.set(Field::wal_records, static_cast<std::uint64_t>(now.wal_records - before.wal_records));
    event.set(Field::wal_fpi, static_cast<std::uint64_t>(now.wal_fpi - before.wal_fpi));
    event.set(Field::wal_bytes, now.wal_bytes - before.wal_bytes);
}

[[gnu::cold, gnu::noinline]] inline void set_blocks(Event& event, const std::int64_t* now,
                                                    const std::int64_t* before) noexcept {
    for (std::size_t i = 0; i < first_time; ++i)
        event.set(static_cast<Field>(i), static_cast<std::uint64_t>(now[i] - before[i]));
}

// What was used since, for an event that has nothing of it yet.  The server's functions for this are calls, and go
// through times, which cost, too.  Most often blocks were found in shared_buffers, and nothing else.
[[gnu::hot]] inline void set_used(Event& event, const BufferUsage& buffers, const WalUsage& wal,
                                  const UsedBefore& before) noexcept {
    const auto* const now = &buffers.shared_blks_hit;
    const auto* const then = &before.buffers.shared_blks_hit;
    std::uint64_t others = 0;
#pragma GCC unroll 9
    for (std::size_t i = 1; i < first_time; ++i) others |= static_cast<std::uint64_t>(now[i] ^ then[i]);
    if (others != 0) [[unlikely]] {
        set_blocks(event, now, then);
    } else if (now[0] != then[0]) {
        event.values[0] = static_cast<std::uint64_t>(now[0] - then[0]);
        event.fields = event.number = 1;
    }
    if (before.timed) [[unlikely]]
        set_times(event, buffers, before.buffers);
    if (wal.wal_records != before.wal.wal_records) [[unlikely]]  // they and their bytes are counted together
        set_wal(event, wal, before.wal);
}

// The same, for one that had already used something.
[[gnu::cold, gnu::noinline]] inline void add_used(Event& event, const BufferUsage& buffers, const WalUsage& wal,
                                                  const UsedBefore& before) noexcept {
    Event more;
    set_used(more, buffers, wal, before);
    event.add_used(more);
}

}  // namespace perfkit::pg::workload

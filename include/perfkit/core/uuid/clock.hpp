// Strictly increasing stamps from a clock that may stand still, step back, or be too coarse.
//
// A tick is 244 ns long, and a session can make eight UUIDs in that time.  What gives way then is,
// first, the time: it runs ahead of the clock, a tick with each UUID.  A millisecond ahead it stands
// until the clock has caught up, and the independence of the tails gives way: a tail is the one
// before plus a random step (RFC 9562, section 6.2, method 2), and takes the next tick only where
// there is no room above it.  The rate and the order never give way.
#pragma once

#include <atomic>
#include <cstdint>

#include "perfkit/core/uuid/layout.hpp"

namespace perfkit {

// Time in units of 1/64 tick, 3.8 ns, for an order finer than any rate of UUIDs: 64 bits last
// until the year 4199.
using FineTick = std::uint64_t;
constexpr int fine_bits = 6;
constexpr FineTick fine_ticks_per_ms = FineTick{4096} << fine_bits;

inline FineTick fine_tick_of(std::int64_t unix_seconds, std::int64_t nanoseconds) {
    const auto ns = static_cast<std::uint64_t>(nanoseconds);
    return static_cast<std::uint64_t>(unix_seconds) * 1000 * fine_ticks_per_ms + ns * fine_ticks_per_ms / 1'000'000;
}

constexpr UuidTick tick_of(FineTick fine) { return fine >> fine_bits; }

// The order of one session.
class UuidClock {
public:
    // How far ticks run ahead before they stand: a little less than a millisecond, since the tails
    // that overflow meanwhile add a tick each.
    static constexpr UuidTick max_lead = 3500;
    // Steps of at most 2^56 leave room for 64 in a tick on average, one every 4 ns.
    static constexpr int step_bits = 56;

    // A stamp greater than all before it.  random() gives 64 random bits; one call is usual.
    template <typename Random>
    UuidStamp next(UuidTick now, Random&& random) {
        const std::uint64_t bits = random();
        if (now > last_.tick) {
            standing_ = false;
            last_ = {now, bits & uuid_tail_mask};
        } else if (!standing_) {
            last_ = {last_.tick + 1, bits & uuid_tail_mask};
            standing_ = last_.tick - now >= max_lead;
        } else {
            last_.tail += 1 + (bits & ((std::uint64_t{1} << step_bits) - 1));
            if (last_.tail > uuid_tail_mask) [[unlikely]]
                last_ = {last_.tick + 1, random() & uuid_tail_mask};
        }
        return last_;
    }

    UuidTick last_tick() const { return last_.tick; }

    // Makes all further stamps greater than all of this tick.
    void advance_past(UuidTick tick) {
        if (tick >= last_.tick) last_ = {tick, uuid_tail_mask};
    }

private:
    UuidStamp last_ = {0, 0};
    bool standing_ = false;
};

// The order of all sessions that share `last`: a fine tick greater than all before it and than
// none that a later call returns.  Wait-free: where the clock is ahead one of the contenders sets
// it, and each of the others takes the next number.
inline FineTick next_shared_tick(std::atomic<FineTick>& last, FineTick now) {
    FineTick seen = last.load(std::memory_order_relaxed);
    while (now > seen)
        if (last.compare_exchange_weak(seen, now)) return now;
    return last.fetch_add(1) + 1;
}

// The stamp of a fine tick: its lower bits lead the tail, before 56 random ones.
inline UuidStamp stamp_of(FineTick fine, std::uint64_t random) {
    constexpr int random_bits = uuid_tail_bits - fine_bits;
    constexpr std::uint64_t counter_mask = (std::uint64_t{1} << fine_bits) - 1;
    return {tick_of(fine), (fine & counter_mask) << random_bits | (random & ((std::uint64_t{1} << random_bits) - 1))};
}

}  // namespace perfkit

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include "perfkit/core/uuid/clock.hpp"

namespace perfkit {
namespace {

bool less(UuidStamp a, UuidStamp b) { return make_uuid_v7(a) < make_uuid_v7(b); }

// Runs a clock for a number of calls; expects order, and returns the greatest lead over the times.
template <typename Time>
std::int64_t greatest_lead(UuidClock& clock, int calls, Time time) {
    std::mt19937_64 random(7);
    std::int64_t lead = 0;
    UuidStamp previous = clock.next(time(0), random);
    for (int i = 1; i < calls; ++i) {
        const UuidStamp stamp = clock.next(time(i), random);
        if (!less(previous, stamp)) {
            ADD_FAILURE() << "out of order at call " << i;
            break;
        }
        lead = std::max(lead, static_cast<std::int64_t>(stamp.tick - time(i)));
        previous = stamp;
    }
    return lead;
}

constexpr UuidTick start = 1'700'000'000'000ull << 12;

}  // namespace

TEST(UuidClock, FineTicksSplitTheMillisecond) {
    EXPECT_EQ(fine_tick_of(1, 0), 1000u * fine_ticks_per_ms);
    EXPECT_EQ(fine_tick_of(1, 500'000), 1000u * fine_ticks_per_ms + fine_ticks_per_ms / 2);
    EXPECT_EQ(fine_tick_of(1, 999'999'999), 2000u * fine_ticks_per_ms - 1);
    EXPECT_EQ(tick_of(fine_tick_of(1, 500'000)), (1000u << 12) + 2048);
    EXPECT_EQ(tick_of(fine_tick_of(4'000'000'000, 0)), UuidTick{4'000'000'000'000} << 12);
}

TEST(UuidClock, TicksOfItsOwnHaveTailsOfTheirOwn) {
    UuidClock clock;
    std::mt19937_64 random(1), same(1);
    for (const UuidTick tick : {start, start + 1, start + 4096}) {
        const UuidStamp stamp = clock.next(tick, random);
        EXPECT_EQ(stamp.tick, tick);
        EXPECT_EQ(stamp.tail, same() & uuid_tail_mask);
    }
    // Within a tick too, as long as time may run ahead.
    const UuidStamp stamp = clock.next(start + 4096, random);
    EXPECT_EQ(stamp.tick, start + 4097);
    EXPECT_EQ(stamp.tail, same() & uuid_tail_mask);
}

TEST(UuidClock, RunsAheadByAMillisecondAtMost) {
    // Calls of 100, 34, 16 and 8 ns, in ticks of 244 ns.
    for (const double ticks_per_call : {0.41, 0.14, 0.065, 0.033}) {
        UuidClock clock;
        const auto lead =
            greatest_lead(clock, 2'000'000, [&](int i) { return start + static_cast<UuidTick>(i * ticks_per_call); });
        EXPECT_GE(lead, static_cast<std::int64_t>(UuidClock::max_lead)) << ticks_per_call;
        EXPECT_LE(lead, 4096) << ticks_per_call;
    }
}

TEST(UuidClock, KeepsOrderWhenTimeStands) {
    UuidClock clock;
    // In a million calls the tails' overflows add ticks at the mean rate of their steps.
    EXPECT_LT(greatest_lead(clock, 1'000'000, [](int) { return start; }), 4000 + 1'000'000 / 50);
}

TEST(UuidClock, KeepsOrderWhenTimeStepsBackAndFollowsItAgain) {
    UuidClock clock;
    constexpr UuidTick hour = UuidTick{3'600'000} << 12;
    greatest_lead(clock, 1000, [](int i) { return start + i; });
    const UuidStamp before = clock.next(start + 1001, [] { return 0; });
    greatest_lead(clock, 100'000, [&](int i) { return start - hour + i; });
    const UuidStamp during = clock.next(start - hour, [] { return 1; });
    EXPECT_TRUE(less(before, during));
    EXPECT_LT(during.tick, before.tick + 100'000);
    EXPECT_EQ(clock.next(start + hour, [] { return 0; }).tick, start + hour);
}

TEST(UuidClock, AdvancesPastATick) {
    UuidClock clock;
    clock.advance_past(start);
    EXPECT_GT(clock.next(start - 5, [] { return 0; }).tick, start);
    clock.advance_past(start - 100);
    EXPECT_EQ(clock.last_tick(), start + 1);
}

TEST(SharedTick, IsTheClocksOrTheNextNumber) {
    std::atomic<FineTick> last{0};
    EXPECT_EQ(next_shared_tick(last, 100), 100u);
    EXPECT_EQ(next_shared_tick(last, 100), 101u);
    EXPECT_EQ(next_shared_tick(last, 50), 102u);
    EXPECT_EQ(next_shared_tick(last, 200), 200u);
}

TEST(SharedTick, ThreadsNeverShareOneAndEachSeesThemIncrease) {
    std::atomic<FineTick> last{0};
    constexpr int threads = 4, calls = 200'000;
    std::vector<std::vector<FineTick>> ticks(threads);
    {
        std::vector<std::jthread> running;
        for (auto& mine : ticks)
            running.emplace_back([&] {
                // A clock that stands for eight calls and differs a little between threads.
                for (int i = 0; i < calls; ++i)
                    mine.push_back(next_shared_tick(last, static_cast<FineTick>(i / 8 * 8)));
            });
    }
    std::vector<FineTick> all;
    for (const auto& mine : ticks) {
        EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
        all.insert(all.end(), mine.begin(), mine.end());
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

TEST(SharedTick, OrdersUuids) {
    const FineTick fine = start << fine_bits;
    for (FineTick i = 0; i < 1000; ++i)
        EXPECT_TRUE(less(stamp_of(fine + i, ~std::uint64_t{0}), stamp_of(fine + i + 1, 0)));
    EXPECT_EQ(stamp_of(fine + 64, 0).tick, start + 1);
    EXPECT_EQ(stamp_of(fine, ~std::uint64_t{0}).tail, (std::uint64_t{1} << 56) - 1);
}

}  // namespace perfkit

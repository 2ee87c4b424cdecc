// The forecast for half of a simulated pool, beside what a pool of half the size then does.
#include "perfkit/core/cache/footprint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>

#include "clock_sweep.hpp"
#include "perfkit/core/cache/forecast.hpp"
#include "perfkit/core/cache/pool.hpp"

namespace perfkit::cache {
namespace {

// The one or the other workload, over different blocks.
Workload mixed(double share, Workload one, Workload other) {
    return [share, one = std::move(one), other = std::move(other)](std::mt19937_64& random) mutable {
        if (std::uniform_real_distribution<double>(0, 1)(random) < share) return one(random);
        return other(random) + (std::uint64_t{1} << 40);
    };
}

// An index: its root, a leaf, and the block of the table.
Workload lookups(Workload table) {
    return [table = std::move(table), step = 0, block = std::uint64_t{0}](std::mt19937_64& random) mutable {
        switch (step++) {
            case 0:
                block = table(random);
                return std::uint64_t{1} << 41;
            case 1:
                return (std::uint64_t{1} << 42) + block / 50;
            default:
                step = 0;
                return block;
        }
    };
}

struct Setup {
    std::uint32_t buffers = 2000;
    std::uint32_t samples = 2000;
    int accesses = 300'000;
    int period = 200;  // accesses between looks
};

struct Outcome {
    double now;
    double truth;
    std::optional<Forecast> forecast;
    bool too_coarse;
};

// Watched from the third part on, when both pools are warm.
Outcome run(Workload workload, const Setup& setup = {}) {
    std::mt19937_64 random(7);
    ClockSweep pool(setup.buffers);
    ClockSweep half(setup.buffers / 2);
    Pool watch(setup.buffers, setup.samples);
    Observed observed;
    const auto hash = [&](std::size_t buffer) { return hash_block(1663, 5, pool.block(buffer)); };
    const auto read = [&](std::uint32_t buffer) {
        return Footprint::Seen{Pool::name_of(hash(buffer)), pool.usage(buffer)};
    };
    std::uint64_t hand = 0;
    const int begin = setup.accesses / 3;
    for (int i = 0; i < setup.accesses; ++i) {
        if (i == begin) {
            for (ClockSweep* each : {&pool, &half}) each->hits = each->accesses = 0;
            for (std::uint32_t buffer = 0; buffer < pool.filled(); ++buffer) watch.holds(buffer, hash(buffer));
            (void)pool.take_traffic();
            hand = pool.hand;
        }
        const std::uint64_t block = workload(random);
        pool.access(block);
        half.access(block);
        if (i < begin || i % setup.period != 0 || !pool.full()) continue;
        for (hand = std::max(hand, pool.hand - std::min<std::uint64_t>(pool.hand, setup.buffers)); hand < pool.hand;
             ++hand)
            watch.holds(static_cast<std::uint32_t>(hand % setup.buffers), hash(hand % setup.buffers));
        const Footprint::Moment now{static_cast<double>(i), pool.hand};
        if (!watch.footprint().in_epoch()) {
            watch.begin_epoch(now, read);
        } else if (watch.footprint().look(now, read)) {
            observed.add(pool.take_traffic(), watch.take_arrivals(), 10, watch.rate());
            observed.covered_by_footprint(watch.footprint().half());
        }
    }
    return {pool.hit_percent(), half.hit_percent(), observed.half(), watch.footprint().too_coarse()};
}

void expect_close(const Outcome& outcome, double points) {
    ASSERT_TRUE(outcome.forecast) << outcome.now;
    const Forecast& forecast = *outcome.forecast;
    EXPECT_NEAR(forecast.hit_percent, outcome.truth, points) << outcome.now;
    EXPECT_LE(forecast.low_percent, outcome.truth + 0.5) << outcome.now;
    EXPECT_GE(forecast.high_percent, outcome.truth - 0.5) << outcome.now;
    EXPECT_LE(forecast.low_percent, forecast.hit_percent);
    EXPECT_LE(forecast.hit_percent, forecast.high_percent);
    EXPECT_LE(forecast.high_percent, outcome.now + 0.5) << "half the size does not hit more";
}

}  // namespace

TEST(CacheFootprint, UniformAccess) {
    for (const std::size_t blocks : {2400u, 4000u, 12'000u}) expect_close(run(zipf(blocks, 0)), 2);
}

TEST(CacheFootprint, ZipfAccess) {
    for (const double exponent : {0.5, 0.8, 1.01, 1.3}) {
        expect_close(run(zipf(exponent < 1 ? 12'000 : 4000, exponent)), 2);
    }
}

TEST(CacheFootprint, IndexLookups) {
    for (const double exponent : {0.0, 1.01}) expect_close(run(lookups(zipf(12'000, exponent))), 2.5);
}

TEST(CacheFootprint, ASampleOfTheBlocksIsEnough) {
    for (const double exponent : {0.0, 1.01}) {
        expect_close(run(zipf(60'000, exponent), {10'000, 2000, 800'000, 1000}), 3);
        expect_close(run(zipf(12'000, exponent), {2000, 512, 500'000, 200}), 3);
    }
}

TEST(CacheFootprint, SmallPools) {
    for (const double exponent : {0.0, 1.01}) expect_close(run(zipf(800, exponent), {128, 128, 200'000, 20}), 3);
}

// Where a part of the pool is used so often that its usage counts are always at their end.
TEST(CacheFootprint, WhatIsHotIsSeenWhenTheHandPasses) {
    expect_close(run(mixed(0.98, zipf(1200, 0), zipf(20'000, 0)), {2000, 2000, 600'000, 200}), 3);
    expect_close(run(mixed(0.995, zipf(1800, 0), zipf(20'000, 0)), {2000, 2000, 1'500'000, 200}), 4);
}

TEST(CacheFootprint, CyclesHaveAStep) {
    expect_close(run(cycle(3000)), 1);
    const auto beside = [](std::uint64_t blocks) { return run(mixed(0.9, cycle(blocks), zipf(12'000, 0))); };
    expect_close(beside(600), 1);         // fits into the half
    const Outcome larger = beside(1400);  // does not
    ASSERT_TRUE(larger.forecast);
    EXPECT_LT(larger.forecast->hit_percent, 20) << larger.truth;
    EXPECT_LT(larger.forecast->low_percent, larger.truth + 0.5);
    const Outcome near = beside(900);  // right at the step
    ASSERT_TRUE(near.forecast);
    EXPECT_LT(near.forecast->low_percent, near.truth);
    EXPECT_GT(near.forecast->high_percent, near.truth);
}

TEST(CacheFootprint, SaysNothingWhereNothingLeaves) {
    for (const std::uint64_t blocks : {600u, 1400u, 1999u}) {
        const Outcome outcome = run(cycle(blocks));
        EXPECT_GT(outcome.now, 99);
        EXPECT_FALSE(outcome.forecast) << blocks;
    }
    // Of a full pool as well.
    const Outcome outcome = run(
        [next = std::uint64_t{0}](std::mt19937_64&) mutable { return next < 5000 ? next++ : 3500 + next++ % 1400; });
    EXPECT_GT(outcome.now, 99);
    EXPECT_FALSE(outcome.forecast);
}

TEST(CacheFootprint, SeldomLooksTellLessAndSaySo) {
    const Outcome coarse = run(zipf(12'000, 0.8), {2000, 2000, 300'000, 800});
    ASSERT_TRUE(coarse.forecast);
    expect_close(coarse, 3);
    const Outcome fine = run(zipf(12'000, 0.8));
    EXPECT_GT(coarse.forecast->high_percent - coarse.forecast->low_percent,
              fine.forecast->high_percent - fine.forecast->low_percent);
    const Outcome blind = run(zipf(12'000, 0.8), {2000, 2000, 300'000, 2500});
    EXPECT_FALSE(blind.forecast);
    EXPECT_TRUE(blind.too_coarse);
}

TEST(CacheFootprint, HalfReadsThatMuchMore) {
    Observed observed;
    EXPECT_FALSE(observed.half());
    observed.add({6000, 4000, 4000}, {}, 10, 1);
    EXPECT_FALSE(observed.half()) << "nothing is known yet";
    observed.covered_by_footprint(MoreReads{1.5, 1.25, 2});
    ASSERT_TRUE(observed.half());
    EXPECT_DOUBLE_EQ(observed.half()->hit_percent, 40);
    EXPECT_DOUBLE_EQ(observed.half()->low_percent, 20);
    EXPECT_DOUBLE_EQ(observed.half()->high_percent, 50);
    observed.covered_by_footprint(MoreReads{9, 1, 99});
    EXPECT_EQ(observed.half()->hit_percent, 0);
    observed.add({5000, 4000, 4000}, {}, 1, 1);
    EXPECT_TRUE(observed.half());
    observed.add({5000, 4000, 4000}, {}, 1, 1);
    EXPECT_FALSE(observed.half()) << "more is not covered than is";
    observed.covered_by_footprint(std::nullopt);
    EXPECT_FALSE(observed.half());
}

TEST(CacheFootprint, ReadsThatTakeNoBufferRemainReads) {
    Observed observed;
    observed.add({5000, 5000, 1000}, {}, 10, 1);
    observed.covered_by_footprint(MoreReads{2, 1, 3});
    EXPECT_DOUBLE_EQ(observed.half()->hit_percent, 40);
    EXPECT_DOUBLE_EQ(observed.half()->high_percent, 50);
}

TEST(CacheFootprint, WhereNothingHitsHalfHitsNothing) {
    Observed observed;
    observed.add({100, 9900, 9900}, {}, 1, 1);
    EXPECT_DOUBLE_EQ(observed.half()->high_percent, 1);
    EXPECT_EQ(observed.half()->low_percent, 0);
}

// A pause within an epoch, of whatever length, changes nothing.
TEST(CacheFootprint, PausesDoNotCount) {
    const auto times = [](double pause) {
        std::mt19937_64 random(3);
        const Workload workload = zipf(12'000, 0.8);
        ClockSweep pool(2000);
        Pool watch(2000, 2000);
        const auto hash = [&](std::size_t buffer) { return hash_block(1663, 5, pool.block(buffer)); };
        const auto read = [&](std::uint32_t buffer) {
            return Footprint::Seen{Pool::name_of(hash(buffer)), pool.usage(buffer)};
        };
        double time = 0;
        for (int i = 0; i < 400'000; ++i) {
            pool.access(workload(random));
            if (i < 100'000 || i % 200 != 0) continue;
            for (std::uint32_t buffer = 0; buffer < 2000; ++buffer) watch.holds(buffer, hash(buffer));
            time += 200;
            if (watch.footprint().in_epoch())
                (void)watch.footprint().look({time, pool.hand}, read);
            else
                watch.begin_epoch({time, pool.hand}, read);
            if (i % 50'000 != 0) continue;
            for (int looks = 0; looks < 100 && watch.footprint().in_epoch(); ++looks)
                (void)watch.footprint().look({time += pause / 100, pool.hand}, read);
        }
        return watch.footprint().half().value_or(MoreReads{}).times;
    };
    const double without = times(0);
    EXPECT_GT(without, 1.1);
    EXPECT_NEAR(times(1e9), without, 0.03);
}

}  // namespace perfkit::cache

// Forecasts for a simulated clock-sweep pool, as the server's is, beside what pools of those sizes then do.
#include "perfkit/core/cache/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

#include "clock_sweep.hpp"

namespace perfkit::cache {
namespace {

struct Outcome {
    double now;
    std::array<std::optional<Forecast>, 2> forecast;
    std::array<double, 2> truth;
};

// Looks where the hand has passed, every `period` accesses; pools of two and four times the size run beside it.
Outcome run(std::uint32_t buffers, std::uint32_t samples, Workload workload, int accesses, int period = 500) {
    std::mt19937_64 random(1);
    ClockSweep pool(buffers);
    std::vector<ClockSweep> others{ClockSweep(2 * buffers), ClockSweep(4 * buffers)};
    Pool watch(buffers, samples);
    Observed observed;
    std::uint64_t hand = 0;
    const auto see = [&](std::uint64_t buffer) {
        watch.holds(static_cast<std::uint32_t>(buffer), hash_block(1663, 5, pool.block(buffer)));
    };
    for (int i = 0; i < accesses; ++i) {
        if (i == accesses / 2)  // warm by now
            for (ClockSweep* each : {&pool, &others[0], &others[1]}) each->hits = each->accesses = 0;
        const std::uint64_t block = workload(random);
        pool.access(block);
        for (ClockSweep& other : others) other.access(block);
        if (i == accesses / 4) {
            for (std::size_t buffer = 0; buffer < pool.filled(); ++buffer) see(buffer);
            hand = pool.hand;
            (void)watch.take_arrivals();
            (void)pool.take_traffic();
        }
        if (i <= accesses / 4 || i % period != 0) continue;
        const std::uint64_t moved = std::min<std::uint64_t>(pool.hand - hand, buffers);
        for (std::uint64_t at = pool.hand - moved; at < pool.hand; ++at) see(at % buffers);
        hand = pool.hand;
        watch.set_full(pool.full());
        if (i % 20000 != 0) continue;
        observed.add(pool.take_traffic(), watch.take_arrivals(), 10, watch.rate());
    }
    return {pool.hit_percent(),
            {observed.larger(0), observed.larger(1)},
            {others[0].hit_percent(), others[1].hit_percent()}};
}

void expect_close(const Outcome& outcome, double points) {
    for (std::size_t i = 0; i < 2; ++i) {
        ASSERT_TRUE(outcome.forecast[i].has_value()) << larger_sizes[i];
        const Forecast& forecast = *outcome.forecast[i];
        EXPECT_NEAR(forecast.hit_percent, outcome.truth[i], points) << larger_sizes[i];
        EXPECT_LE(forecast.low_percent, forecast.hit_percent);
        EXPECT_GE(forecast.high_percent, forecast.hit_percent);
    }
}

}  // namespace

TEST(CachePool, UniformAccess) { expect_close(run(1000, 1000, zipf(6000, 0), 400'000), 1.5); }

TEST(CachePool, ZipfAccess) {
    for (const double exponent : {0.5, 0.8, 1.0, 1.3}) expect_close(run(1000, 1000, zipf(6000, exponent), 400'000), 2);
}

TEST(CachePool, ASampleOfTheBlocksIsEnough) {
    expect_close(run(10'000, 2000, zipf(60'000, 0), 1'000'000), 2);
    expect_close(run(10'000, 2000, zipf(60'000, 0.9), 1'000'000), 2);
}

// More than the whole pool goes between two looks: what came and left is missed, which bends the forecast a little.
TEST(CachePool, SeldomLooks) { expect_close(run(1000, 1000, zipf(6000, 0.8), 800'000, 4000), 4); }

TEST(CachePool, CyclesHaveAStep) {
    const auto at = [](std::uint64_t blocks, std::size_t size) {
        const Outcome outcome = run(1000, 1000, cycle(blocks), 100'000);
        EXPECT_LT(outcome.now, 1);
        return outcome.forecast[size] ? outcome.forecast[size]->hit_percent : -1;
    };
    EXPECT_GT(at(1500, 0), 98);
    EXPECT_GT(at(1950, 0), 98);
    EXPECT_LT(at(2050, 0), 2);
    EXPECT_GT(at(2050, 1), 98);
    EXPECT_GT(at(3900, 1), 98);
    EXPECT_LT(at(4100, 1), 2);
    EXPECT_LT(at(8000, 1), 2);
}

TEST(CachePool, CyclesHaveAStepInASampleToo) {
    const auto at = [](std::uint64_t blocks, std::size_t size) {
        return run(10'000, 2000, cycle(blocks), 400'000).forecast[size].value_or(Forecast{-1, -1, -1}).hit_percent;
    };
    EXPECT_GT(at(18'000, 0), 95);
    EXPECT_LT(at(22'000, 0), 5);
    EXPECT_GT(at(36'000, 1), 95);
    EXPECT_LT(at(44'000, 1), 5);
}

TEST(CachePool, SaysNothingBeforeItKnows) {
    Pool pool(100, 100);
    Observed observed;
    EXPECT_FALSE(observed.hit_percent());
    EXPECT_FALSE(observed.larger(0));
    for (std::uint32_t buffer = 0; buffer < 100; ++buffer) pool.holds(buffer, hash_block(1, 1, buffer));
    EXPECT_EQ(pool.take_arrivals().all, 0) << "the first look";
    // Nobody knows whether these had left before.
    for (std::uint32_t buffer = 0; buffer < 50; ++buffer) pool.holds(buffer, hash_block(1, 1, 1000 + buffer));
    const Arrivals arrivals = pool.take_arrivals();
    EXPECT_EQ(arrivals.all, 50);
    EXPECT_EQ(arrivals.kept[0], 0);
    EXPECT_EQ(arrivals.unknown[0], 50);
    for (int i = 0; i < 100; ++i) observed.add({5000, 5000, 5000}, arrivals, 1, 1);
    EXPECT_EQ(*observed.hit_percent(), 50);
    EXPECT_FALSE(observed.larger(0));
    EXPECT_FALSE(observed.larger(1));
    // They come back soon, and that is known of both sizes.
    for (std::uint32_t buffer = 0; buffer < 50; ++buffer) pool.holds(buffer, hash_block(1, 1, buffer));
    EXPECT_EQ(pool.take_arrivals().kept[0], 50);
}

TEST(CachePool, WhatFitsGainsNothing) {
    Observed observed;
    for (int i = 0; i < 10; ++i) observed.add({10'000, 1, 0}, {}, 1, 1);
    ASSERT_TRUE(observed.larger(0) && observed.larger(1));
    EXPECT_EQ(observed.larger(0)->hit_percent, *observed.hit_percent());
    EXPECT_EQ(observed.larger(1)->high_percent, *observed.hit_percent()) << "no buffer was taken from another block";
}

TEST(CachePool, ReadsThatTakeNoBufferRemainReads) {
    Arrivals arrivals;
    arrivals.all = 1000;
    arrivals.kept = {500, 1000};
    Observed observed;
    observed.add({50'000, 50'000, 10'000}, arrivals, 10, 1);
    EXPECT_DOUBLE_EQ(observed.larger(0)->hit_percent, 55);
    EXPECT_DOUBLE_EQ(observed.larger(1)->hit_percent, 60);
}

// A table is loaded: buffers are taken, nothing is read, and of nothing is it known whether it had left before.
TEST(CachePool, BuffersTakenBeforeAnythingIsKnownAddNothing) {
    Arrivals unknown, known;
    unknown.all = known.all = 1000;
    unknown.unknown = {1000, 1000};
    known.kept = {250, 900};
    Observed observed;
    observed.add({1000, 1000, 50'000}, unknown, 1, 1);
    ASSERT_FALSE(observed.larger(0));
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(observed.larger(0)) << "after a few seconds";
        observed.add({1000, 1000, 1000}, known, 1, 1);
    }
    EXPECT_NEAR(observed.larger(0)->hit_percent, 50 + 50 * 0.25, 1e-9);
    EXPECT_NEAR(observed.larger(1)->hit_percent, 50 + 50 * 0.9, 1e-9);
}

TEST(CachePool, FreeBuffersAndDroppedBlocks) {
    Pool pool(100, 100);
    (void)pool.take_arrivals();
    pool.set_full(false);
    pool.holds(1, hash_block(1, 1, 1));
    EXPECT_EQ(pool.take_arrivals().unknown[1], 0) << "nothing had to go for it";
    pool.set_full(true);
    pool.is_empty(1);
    pool.holds(1, hash_block(1, 1, 1));
    EXPECT_EQ(pool.take_arrivals().kept[1], 0) << "a block whose buffer became empty was not evicted";
    // It left buffer 1 unseen, and came back to another.
    pool.holds(2, hash_block(1, 1, 1));
    EXPECT_EQ(pool.take_arrivals().kept[0], 1);
    pool.holds(1, hash_block(1, 1, 2));
    pool.holds(2, hash_block(1, 1, 2));
    EXPECT_EQ(pool.take_arrivals().all, 2);
}

TEST(CachePool, OldObservationsFade) {
    Arrivals never, always;
    never.all = always.all = 1000;
    always.kept = {1000, 1000};
    Observed observed;
    observed.add({1000, 1000, 1000}, never, 1, 1);
    observed.add({1000, 1000, 1000}, always, Observed::half_life, 1);
    EXPECT_NEAR(observed.larger(0)->hit_percent, 50 + 50 * 2.0 / 3, 0.01);
    EXPECT_NEAR(*observed.seen_percent(), 100, 1e-9);
}

TEST(CachePool, HalfTheSampleGoesOn) {
    Pool pool(4000, 4000);
    (void)pool.take_arrivals();
    const auto fill = [&](std::uint64_t relation) {
        for (std::uint32_t buffer = 0; buffer < 4000; ++buffer) pool.holds(buffer, hash_block(1, relation, buffer));
        return pool.take_arrivals();
    };
    fill(1);
    EXPECT_EQ(fill(2).all, 4000);
    EXPECT_TRUE(pool.halve());
    EXPECT_TRUE(pool.halve());
    EXPECT_EQ(pool.rate(), 0.25);
    EXPECT_FALSE(pool.halve() && pool.halve()) << "not below the least";
    const Arrivals back = fill(1);
    EXPECT_NEAR(back.all, 4000 * pool.rate(), 120);
    EXPECT_EQ(back.kept[1], back.all) << "those that are still followed are still known";
}

TEST(CachePlaces, AreThoseOfAMap) {
    std::mt19937 random(5);
    Places places(4);
    std::unordered_map<std::uint32_t, std::uint32_t> map;
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        const std::uint32_t key = static_cast<std::uint32_t>(1 + random() % 300) * 64;  // they collide
        if (random() % 2 == 0) {
            places.set(key, i);
            map[key] = i;
        } else {
            places.erase(key);
            map.erase(key);
        }
        const std::uint32_t other = static_cast<std::uint32_t>(1 + random() % 300) * 64;
        const auto found = map.find(other);
        ASSERT_EQ(places.find(other), found == map.end() ? Places::nowhere : found->second);
        ASSERT_EQ(places.size(), map.size());
    }
}

TEST(CacheGhosts, RanksAreThoseOfAPlainList) {
    std::mt19937 random(3);
    Ghosts ghosts(50);
    std::list<std::uint32_t> plain;  // the newest first
    for (int i = 0; i < 20'000; ++i) {
        const std::uint32_t key = static_cast<std::uint32_t>(1 + random() % 100);
        const auto found = std::find(plain.begin(), plain.end(), key);
        if (random() % 3 == 0) {
            const auto rank = ghosts.take(key);
            ASSERT_EQ(rank.has_value(), found != plain.end());
            if (!rank) continue;
            ASSERT_EQ(*rank, static_cast<std::size_t>(std::distance(plain.begin(), found)));
            plain.erase(found);
        } else {
            ghosts.add(key);
            if (found != plain.end()) plain.erase(found);
            plain.push_front(key);
            if (plain.size() > 50) plain.pop_back();
        }
        ASSERT_EQ(ghosts.size(), plain.size());
    }
}

}  // namespace perfkit::cache

// Forecasts for a simulated clock-sweep pool, as the server's is, beside what pools of those sizes then do.
#include "perfkit/core/cache/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

namespace perfkit::cache {
namespace {

class ClockSweep {
public:
    explicit ClockSweep(std::uint32_t buffers) : blocks_(buffers), usage_(buffers) {}

    void access(std::uint64_t block) {
        ++accesses;
        if (const auto found = home_.find(block); found != home_.end()) {
            ++hits;
            ++traffic_.hits;
            usage_[found->second] = std::min(usage_[found->second] + 1, 5);
            return;
        }
        ++traffic_.reads;
        ++traffic_.taken;
        std::size_t victim = filled_;
        if (filled_ < blocks_.size()) {
            ++filled_;
        } else {
            for (; usage_[hand % blocks_.size()] > 0; ++hand) --usage_[hand % blocks_.size()];
            victim = hand++ % blocks_.size();
            home_.erase(blocks_[victim]);
        }
        blocks_[victim] = block;
        usage_[victim] = 1;
        home_[block] = victim;
    }
    double hit_percent() const { return 100 * hits / accesses; }
    // Since the last call.
    Traffic take_traffic() { return std::exchange(traffic_, {}); }
    bool full() const { return filled_ == blocks_.size(); }
    std::size_t filled() const { return filled_; }
    std::uint64_t block(std::size_t buffer) const { return blocks_[buffer]; }

    double hits = 0;
    double accesses = 0;
    std::uint64_t hand = 0;

private:
    std::vector<std::uint64_t> blocks_;
    std::vector<int> usage_;
    std::unordered_map<std::uint64_t, std::size_t> home_;
    std::size_t filled_ = 0;
    Traffic traffic_;
};

using Workload = std::function<std::uint64_t(std::mt19937_64&)>;

Workload zipf(std::size_t blocks, double exponent) {
    std::vector<double> sums(blocks);
    double sum = 0;
    for (std::size_t i = 0; i < blocks; ++i) sums[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
    return [sums = std::move(sums)](std::mt19937_64& random) {
        const double at = std::uniform_real_distribution<double>(0, sums.back())(random);
        return static_cast<std::uint64_t>(std::lower_bound(sums.begin(), sums.end(), at) - sums.begin());
    };
}

Workload cycle(std::uint64_t blocks) {
    return [blocks, next = std::uint64_t{0}](std::mt19937_64&) mutable { return next++ % blocks; };
}

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
        observed.add(pool.take_traffic(), watch.take_arrivals(), 1, watch.rate());
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
    observed.add({50'000, 50'000, 10'000}, arrivals, 1, 1);
    EXPECT_DOUBLE_EQ(observed.larger(0)->hit_percent, 55);
    EXPECT_DOUBLE_EQ(observed.larger(1)->hit_percent, 60);
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

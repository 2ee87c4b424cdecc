#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "perfkit/core/uuid/time_search.hpp"

namespace perfkit {
namespace {

constexpr std::int64_t start_ms = 1'700'000'000'000;

Uuid v7(std::int64_t ms, std::uint64_t tail = 0) { return make_uuid_v7({static_cast<UuidTick>(ms) << 12, tail}); }

Uuid v4(std::uint64_t high) {
    return uuid_of_words((high & ~std::uint64_t{0xf000}) | 0x4000, std::uint64_t{1} << 63 | high >> 3);
}

UuidSpan between(std::int64_t from_ms, std::int64_t to_ms) {
    return {uuid_v7_cut(from_ms * 1000, Cut::at), uuid_v7_cut(to_ms * 1000, Cut::at)};
}

// 101 bounds, a second apart.
std::vector<Uuid> seconds() {
    std::vector<Uuid> bounds;
    for (int i = 0; i <= 100; ++i) bounds.push_back(v7(start_ms + i * 1000));
    return bounds;
}

}  // namespace

TEST(UuidTimeSearch, CutsBetweenMilliseconds) {
    const Uuid before = v7(start_ms - 1, uuid_tail_mask), in = v7(start_ms);
    const auto us = start_ms * 1000;
    EXPECT_GT(uuid_v7_cut(us, Cut::at), before);
    EXPECT_LE(uuid_v7_cut(us, Cut::at), in);
    EXPECT_GT(uuid_v7_cut(us, Cut::after),
              make_uuid_v7({static_cast<UuidTick>(start_ms) << 12 | 0xfff, uuid_tail_mask}));
    EXPECT_EQ(uuid_v7_cut(us, Cut::after), v7(start_ms + 1));
    EXPECT_EQ(uuid_v7_cut(us + 1, Cut::at), v7(start_ms + 1));
    EXPECT_EQ(uuid_v7_cut(us + 999, Cut::after), v7(start_ms + 1));
}

TEST(UuidTimeSearch, CutsOutsideOfTheRangeAreBelowAndAboveAll) {
    for (const std::int64_t early : {std::int64_t{-1}, std::int64_t{-1000}, INT64_MIN})
        for (const Cut cut : {Cut::at, Cut::after}) EXPECT_EQ(uuid_v7_cut(early, cut), uuid_nil);
    EXPECT_EQ(uuid_v7_cut(0, Cut::at), v7(0));
    EXPECT_EQ(uuid_v7_cut((uuid_end_ms - 1) * 1000, Cut::at), v7(uuid_end_ms - 1));
    EXPECT_EQ(uuid_v7_cut((uuid_end_ms - 1) * 1000, Cut::after), uuid_max());
    EXPECT_EQ(uuid_v7_cut((uuid_end_ms - 1) * 1000 + 1, Cut::at), uuid_max());
    for (const Cut cut : {Cut::at, Cut::after}) EXPECT_EQ(uuid_v7_cut(INT64_MAX, cut), uuid_max());
}

TEST(UuidTimeSearch, ReadsTheTimeOfVersion7Only) {
    EXPECT_EQ(uuid_v7_milliseconds(v7(start_ms, 5)), start_ms);
    EXPECT_EQ(uuid_v7_milliseconds(v4(12345)), -1);
    EXPECT_EQ(uuid_v7_milliseconds(uuid_max()), -1);
    EXPECT_EQ(uuid_v7_milliseconds(uuid_nil), -1);
}

TEST(UuidTimeSearch, ShareFollowsTimeWithinABucket) {
    const auto bounds = seconds();
    EXPECT_NEAR(uuid_v7_share(bounds, between(start_ms, start_ms + 100'000)), 1, 1e-9);
    EXPECT_NEAR(uuid_v7_share(bounds, between(start_ms + 10'000, start_ms + 20'000)), 0.1, 1e-9);
    EXPECT_NEAR(uuid_v7_share(bounds, between(start_ms + 10'250, start_ms + 10'750)), 0.005, 1e-6);
    EXPECT_NEAR(uuid_v7_share(bounds, between(start_ms + 10'990, start_ms + 11'020)), 0.0003, 1e-6);
    EXPECT_NEAR(uuid_v7_share(bounds, {uuid_nil, v7(start_ms + 33'000)}), 0.33, 1e-9);
    EXPECT_NEAR(uuid_v7_share(bounds, {v7(start_ms + 33'000), uuid_max()}), 0.67, 1e-9);
}

TEST(UuidTimeSearch, ShareOutsideOfTheBoundsIsNone) {
    const auto bounds = seconds();
    EXPECT_EQ(uuid_v7_share(bounds, between(start_ms - 5000, start_ms - 1)), 0);
    EXPECT_EQ(uuid_v7_share(bounds, between(start_ms + 100'001, start_ms + 200'000)), 0);
    EXPECT_EQ(uuid_v7_share(bounds, between(start_ms + 20'000, start_ms + 10'000)), 0);
    EXPECT_EQ(uuid_v7_share({}, {uuid_nil, uuid_max()}), 0);
    EXPECT_EQ(uuid_v7_share(std::vector<Uuid>{v7(1)}, {uuid_nil, uuid_max()}), 0);
}

TEST(UuidTimeSearch, BoundsMayRepeat) {
    const std::vector<Uuid> bounds{v7(start_ms), v7(start_ms), v7(start_ms), v7(start_ms + 1000), v7(start_ms + 2000)};
    const double all = uuid_v7_share(bounds, {uuid_nil, uuid_max()});
    EXPECT_GT(all, 0.49);
    EXPECT_LE(all, 1);
    EXPECT_NEAR(uuid_v7_share(bounds, between(start_ms + 1000, start_ms + 2000)), 0.25, 1e-9);
}

TEST(UuidTimeSearch, OnlyVersion7HasAShare) {
    std::mt19937_64 random(7);
    std::vector<Uuid> values;
    for (int i = 0; i < 1000; ++i) values.push_back(v4(random()));
    std::sort(values.begin(), values.end());
    EXPECT_EQ(uuid_v7_share(values, {uuid_nil, uuid_max()}), 0);
    for (int i = 0; i < 1000; ++i) values.push_back(v7(start_ms + i));
    std::sort(values.begin(), values.end());
    EXPECT_NEAR(uuid_v7_share(values, {uuid_nil, uuid_max()}), 0.5, 0.01);
    // Above the times there are only the random ones.
    EXPECT_NEAR(uuid_v7_share(values, {v7(start_ms + 900), uuid_max()}), 0.05, 0.01);
}

// Against values counted one by one.
TEST(UuidTimeSearch, ShareIsThatOfTheValues) {
    std::mt19937_64 random(42);
    std::vector<std::int64_t> times;
    std::int64_t time = start_ms;
    for (int i = 0; i < 100'000; ++i)
        times.push_back(time += static_cast<std::int64_t>(random() % (i < 50'000 ? 10 : 1000)));
    std::vector<Uuid> bounds;
    for (std::size_t i = 0; i <= 100; ++i) bounds.push_back(v7(times[std::min(i * 1000, times.size() - 1)]));
    for (int round = 0; round < 200; ++round) {
        const std::int64_t from =
            start_ms + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(time - start_ms));
        const std::int64_t to = from + static_cast<std::int64_t>(random() % 5'000'000);
        const auto truth =
            std::lower_bound(times.begin(), times.end(), to) - std::lower_bound(times.begin(), times.end(), from);
        const double estimate = uuid_v7_share(bounds, between(from, to)) * 100'000;
        EXPECT_NEAR(estimate, static_cast<double>(truth), 0.1 * static_cast<double>(truth) + 100);
    }
}

}  // namespace perfkit

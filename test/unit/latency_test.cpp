#include "perfkit/core/latency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace perfkit {

constexpr std::uint64_t hour_ns = 3'600'000'000'000;

TEST(Latency, EveryDurationLiesBetweenTheEdgesOfItsBucket) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(std::log(1.0), std::log(static_cast<double>(hour_ns) * 3));
    for (int i = 0; i < 1'000'000; ++i) {
        const auto ns = static_cast<std::uint64_t>(std::exp(exponent(random)));
        const int bucket = LatencyHistogram::bucket_of(ns);
        const double us = static_cast<double>(ns) / 1000.0;
        ASSERT_LE(LatencyHistogram::lower_edge(bucket), us) << ns;
        ASSERT_LT(us, LatencyHistogram::upper_edge(bucket)) << ns;
    }
}

TEST(Latency, MiddleIsWithin5PercentFromAMicrosecondToAnHour) {
    for (double us = 1; us <= 3.6e9; us *= 1.0001) {
        const int bucket = LatencyHistogram::bucket_of(static_cast<std::uint64_t>(std::ceil(us * 1000)));
        ASSERT_NEAR(LatencyHistogram::middle(bucket) / us, 1.0, 0.05) << us;
    }
}

TEST(Latency, BucketsRiseWithoutGaps) {
    EXPECT_EQ(LatencyHistogram::bucket_of(0), 0);
    EXPECT_EQ(LatencyHistogram::bucket_of(999), 0);
    EXPECT_EQ(LatencyHistogram::bucket_of(1000), 1);
    EXPECT_EQ(LatencyHistogram::bucket_of(2000), 1 + LatencyHistogram::steps_per_octave);
    EXPECT_EQ(LatencyHistogram::bucket_of(UINT64_MAX), LatencyHistogram::bucket_count - 1);
    for (int bucket = 1; bucket < LatencyHistogram::bucket_count; ++bucket)
        EXPECT_EQ(LatencyHistogram::upper_edge(bucket - 1), LatencyHistogram::lower_edge(bucket));
}

TEST(Latency, PercentilesFollowTheSortedDurations) {
    std::mt19937_64 random(2);
    std::lognormal_distribution<double> latency(13, 2);
    LatencyHistogram histogram;
    std::vector<std::uint64_t> durations;
    for (int i = 0; i < 20'000; ++i) {
        durations.push_back(static_cast<std::uint64_t>(latency(random)) + 1000);
        histogram.add(durations.back());
    }
    std::sort(durations.begin(), durations.end());
    for (const double share : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(durations.size())));
        const double exact = static_cast<double>(durations[rank - 1]) / 1000.0;
        EXPECT_NEAR(*histogram.percentile(share) / exact, 1.0, 0.05) << share;
    }
}

TEST(Latency, PercentileOfOneDurationAndOfNone) {
    LatencyHistogram histogram;
    EXPECT_EQ(histogram.percentile(0.5), std::nullopt);
    histogram.add(5'000'000);
    for (const double share : {0.0, 0.5, 1.0, 7.0}) EXPECT_NEAR(*histogram.percentile(share), 5000, 250);
}

TEST(Latency, MergeAddsUp) {
    LatencyHistogram one, two, both;
    for (std::uint64_t ns = 500; ns < 100'000'000; ns = ns * 5 / 4) {
        (ns % 2 == 0 ? one : two).add(ns);
        both.add(ns);
    }
    one.merge(two);
    EXPECT_EQ(one.pairs(), both.pairs());
    EXPECT_EQ(one.total(), both.total());
}

TEST(Latency, WithinCountsByTheMiddle) {
    LatencyHistogram histogram;
    for (const std::uint64_t ms : {1, 2, 3, 100, 5000}) histogram.add(ms * 1'000'000);
    histogram.add(UINT64_MAX);
    EXPECT_EQ(histogram.within(-1), 0u);
    EXPECT_EQ(histogram.within(500), 0u);
    EXPECT_EQ(histogram.within(1'100), 1u);
    EXPECT_EQ(histogram.within(50'000), 3u);
    EXPECT_EQ(histogram.within(6'000'000), 5u);
    EXPECT_EQ(histogram.within(HUGE_VAL), 6u);
    EXPECT_EQ(histogram.within(std::nan("")), 0u);
}

TEST(Latency, SinceIsTheGainOrAllAfterAReset) {
    LatencyHistogram histogram;
    histogram.add(5'000);
    histogram.add(70'000);
    const LatencyHistogram earlier = histogram;
    histogram.add(70'000);
    EXPECT_EQ(histogram.since(earlier).total(), 1u);
    EXPECT_EQ(histogram.since(earlier).count(LatencyHistogram::bucket_of(70'000)), 1u);
    EXPECT_EQ(earlier.since(histogram).pairs(), earlier.pairs());
}

TEST(Latency, PairsGoThereAndBack) {
    LatencyHistogram histogram;
    histogram.add(1);
    histogram.add(7'000);
    histogram.add(7'001);
    histogram.add(UINT64_MAX);
    LatencyHistogram copy;
    ASSERT_TRUE(copy.add_pairs(histogram.pairs()));
    EXPECT_EQ(copy.pairs(), histogram.pairs());
    EXPECT_EQ(copy.total(), 4u);
}

TEST(Latency, DamagedPairsAreRefused) {
    const std::vector<std::vector<std::int64_t>> damaged = {
        {1}, {-1, 5}, {LatencyHistogram::bucket_count, 1}, {3, 0}, {3, -2}, {4, 1, 4, 1}, {4, 1, 3, 1}};
    for (const auto& pairs : damaged) EXPECT_FALSE(LatencyHistogram().add_pairs(pairs));
}

}  // namespace perfkit

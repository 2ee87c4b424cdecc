#include "perfkit/core/samples.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace perfkit {
namespace {

std::vector<double> one_to(std::size_t count) {
    std::vector<double> values(count);
    std::iota(values.rbegin(), values.rend(), 1.0);  // in falling order: summarizing has to sort
    return values;
}

}  // namespace

TEST(Samples, PercentileIsTheNearestRank) {
    const std::vector<double> five = {15, 20, 35, 40, 50};
    EXPECT_EQ(percentile_of_sorted(five, 0.05), 15);
    EXPECT_EQ(percentile_of_sorted(five, 0.30), 20);
    EXPECT_EQ(percentile_of_sorted(five, 0.40), 20);
    EXPECT_EQ(percentile_of_sorted(five, 0.41), 35);
    EXPECT_EQ(percentile_of_sorted(five, 1), 50);
    EXPECT_EQ(percentile_of_sorted(five, 0), 15);
}

TEST(Samples, SummaryOfAHundred) {
    auto values = one_to(100);
    const SampleSummary summary = summarize_samples(values);
    EXPECT_EQ(summary.samples, 100u);
    EXPECT_DOUBLE_EQ(summary.mean, 50.5);
    EXPECT_EQ(summary.p50, 50);
    EXPECT_EQ(summary.p95, 95);
    EXPECT_EQ(summary.max, 100);
    // The binomial's exact interval for n = 100 is the 40th to the 61st value.
    EXPECT_EQ(summary.p50_low, 40);
    EXPECT_EQ(summary.p50_high, 61);
}

TEST(Samples, P99NeedsFiveHundred) {
    auto values = one_to(499);
    EXPECT_EQ(summarize_samples(values).p99, std::nullopt);
    values = one_to(500);
    EXPECT_EQ(summarize_samples(values).p99, 495);
}

TEST(Samples, FewValuesClaimNoInterval) {
    std::vector<double> none;
    EXPECT_EQ(summarize_samples(none).samples, 0u);
    auto five = one_to(5);
    EXPECT_EQ(summarize_samples(five).p50_low, std::nullopt);
    auto six = one_to(6);
    const SampleSummary summary = summarize_samples(six);
    EXPECT_EQ(summary.p50_low, 1);
    EXPECT_EQ(summary.p50_high, 6);
}

}  // namespace perfkit

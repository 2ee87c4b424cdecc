#include "perfkit/core/advisor/digest.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace perfkit {
namespace {

using advisor::Digest;
using advisor::digest;

TEST(Digest, OfUniqueValues) {
    const Digest found = digest(std::vector<double>(1000, 1), 0, 50000, 100);
    EXPECT_DOUBLE_EQ(found.distinct, 50000);
    EXPECT_TRUE(found.common.empty());
    ASSERT_EQ(found.bounds.size(), 101u);
    EXPECT_EQ(found.bounds.front(), 0u);
    EXPECT_EQ(found.bounds[50], 499u);
    EXPECT_EQ(found.bounds.back(), 999u);
}

TEST(Digest, ListsAllOfFewValues) {
    const Digest found = digest({100, 700, 100}, 100, 50000, 100);
    EXPECT_DOUBLE_EQ(found.distinct, 3);
    EXPECT_DOUBLE_EQ(found.null_fraction, 0.1);
    EXPECT_EQ(found.common, (std::vector<std::size_t>{1, 0, 2}));
    EXPECT_EQ(found.shares, (std::vector<double>{0.7, 0.1, 0.1}));
    EXPECT_TRUE(found.bounds.empty());
}

TEST(Digest, TellsCommonValuesFromOthers) {
    std::vector<double> times(500, 1);
    times[250] = 500;
    const Digest found = digest(times, 0, 1000000, 10);
    EXPECT_EQ(found.common, (std::vector<std::size_t>{250}));
    EXPECT_EQ(found.shares, (std::vector<double>{500.0 / 999}));
    // 499 of 999 were met once: many more were not met.
    EXPECT_GT(found.distinct, 900);
    EXPECT_LT(found.distinct, 1100);
    ASSERT_EQ(found.bounds.size(), 11u);
    EXPECT_EQ(found.bounds.front(), 0u);
    EXPECT_EQ(found.bounds.back(), 499u);
    for (const std::size_t place : found.bounds) EXPECT_NE(place, 250u);
}

TEST(Digest, PartsRowsNotValues) {
    // Beyond ten common ones, four in five of the rest lie among the first half of the values.
    std::vector<double> times;
    for (int i = 0; i < 100; ++i) times.push_back(i < 50 ? 4 : 1);
    const Digest found = digest(times, 0, 250, 10);
    EXPECT_EQ(found.common.size(), 10u);
    ASSERT_EQ(found.bounds.size(), 11u);
    int early = 0;
    for (const std::size_t place : found.bounds) early += place < 50 ? 1 : 0;
    EXPECT_GE(early, 7);
    EXPECT_EQ(found.bounds.back(), 99u);
}

TEST(Digest, OfNothing) {
    EXPECT_EQ(digest({}, 0, 1000, 100).distinct, 0);
    EXPECT_DOUBLE_EQ(digest({}, 10, 1000, 100).null_fraction, 1);
    EXPECT_TRUE(digest({1}, 0, 1, 100).bounds.empty());
}

}  // namespace
}  // namespace perfkit

#include "perfkit/core/distance/recall.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <vector>

namespace perfkit::distance {

namespace {

struct Found {
    int smallest = 0;  // 0: none
    std::vector<int> tried;
};

Found search(int lowest, int highest, int enough) {
    SettingSearch search(lowest, highest);
    Found found;
    while (const auto setting = search.next()) {
        found.tried.push_back(*setting);
        const bool reached = *setting >= enough;
        if (reached && (found.smallest == 0 || *setting < found.smallest)) found.smallest = *setting;
        search.tell(reached);
    }
    return found;
}

}  // namespace

TEST(Recall, OfEqualQueriesIsAsUncertainAsTheirNumber) {
    const std::vector<double> all(100, 1.0);
    const Recall recall = recall_of(all);
    EXPECT_EQ(recall.mean, 1);
    EXPECT_EQ(recall.high, 1);
    EXPECT_NEAR(recall.low, 0.963, 0.001);  // Wilson, 100 of 100
    const Recall one = recall_of(std::vector<double>{0.5});
    EXPECT_LT(one.low, 0.15);
    EXPECT_GT(one.high, 0.85);
    const Recall none = recall_of(std::vector<double>(100, 0.0));
    EXPECT_EQ(none.low, 0);
    EXPECT_NEAR(none.high, 0.037, 0.001);
}

TEST(Recall, IntervalCoversTheTruth) {
    // Queries differ: half of them find with 0.99, half with 0.8; each looks for ten.
    std::mt19937_64 random(7);
    std::binomial_distribution<int> easy(10, 0.99), hard(10, 0.8);
    int covered = 0;
    for (int round = 0; round < 2000; ++round) {
        std::vector<double> shares;
        for (int query = 0; query < 100; ++query) shares.push_back((random() % 2 ? easy(random) : hard(random)) / 10.0);
        const Recall recall = recall_of(shares);
        covered += recall.low <= 0.895 && 0.895 <= recall.high;
    }
    EXPECT_GT(covered, 1860);
    EXPECT_LT(covered, 1970);
}

TEST(Recall, Percentiles) {
    const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    EXPECT_EQ(percentile(values, 0.5), 5);
    EXPECT_EQ(percentile(values, 0.95), 10);
    EXPECT_EQ(percentile(values, 0), 1);
    EXPECT_EQ(percentile(values, 1), 10);
    EXPECT_EQ(percentile(std::vector<double>{3}, 0.5), 3);
}

TEST(SettingSearch, FindsTheSmallestWithinATenth) {
    for (int enough = 1; enough <= 1000; ++enough) {
        const Found found = search(11, 1000, enough);
        ASSERT_GE(found.smallest, enough);
        ASSERT_TRUE(found.smallest == 11 || found.smallest - enough < std::max(1, found.smallest / 10)) << enough;
        ASSERT_LE(found.tried.size(), 14u);
    }
}

TEST(SettingSearch, EndsWhereNoneIsEnough) {
    const Found found = search(1, 100, 101);
    EXPECT_EQ(found.smallest, 0);
    EXPECT_EQ(found.tried, (std::vector<int>{1, 2, 4, 8, 16, 32, 64, 100}));
    EXPECT_EQ(search(1, 1, 2).tried, (std::vector<int>{1}));
    EXPECT_EQ(search(1, 1, 1).smallest, 1);
    EXPECT_EQ(search(1, 2147483647, 2147483647).smallest, 2147483647);
}

}  // namespace perfkit::distance

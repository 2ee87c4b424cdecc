#include "perfkit/core/advisor/verdict.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace perfkit::advisor {

namespace {

Compared query(double calls_before, double mean_before, double deviation_before, double calls_after, double mean_after,
               double deviation_after) {
    return {Moments::of(calls_before, calls_before * mean_before, deviation_before),
            Moments::of(calls_after, calls_after * mean_after, deviation_after)};
}

}  // namespace

TEST(Verdict, MomentsAreThoseOfTheExecutions) {
    // 1, 2, 3, 4: mean 2.5, deviation of the population 1.118, variance of the sample 5/3.
    const Moments four = Moments::of(4, 10, std::sqrt(1.25));
    EXPECT_DOUBLE_EQ(four.mean(), 2.5);
    EXPECT_NEAR(four.variance(), 5.0 / 3, 1e-12);
    EXPECT_EQ(Moments::of(1, 10, 0).variance(), 0);
    EXPECT_EQ(Moments::of(0, 0, 0).mean(), 0);
}

TEST(Verdict, TheDifferenceOfTwoReadingsIsWhatCameBetween) {
    // 1, 2, 3, 4, then 10, 20.
    const Moments earlier = Moments::of(4, 10, std::sqrt(1.25));
    const double mean = 40.0 / 6, squares = 1 + 4 + 9 + 16 + 100 + 400;
    const Moments later = Moments::of(6, 40, std::sqrt(squares / 6 - mean * mean));
    const Moments between = later.since(earlier);
    EXPECT_DOUBLE_EQ(between.calls, 2);
    EXPECT_DOUBLE_EQ(between.mean(), 15);
    EXPECT_NEAR(between.variance(), 50, 1e-9);
}

TEST(Verdict, CountersThatBeganAnewCountInFull) {
    const Moments earlier = Moments::of(100, 1000, 3), later = Moments::of(30, 60, 1);
    EXPECT_DOUBLE_EQ(later.since(earlier).calls, 30);
    EXPECT_DOUBLE_EQ(later.since(earlier).mean(), 2);
}

TEST(Verdict, RoundingMakesNoVarianceNegative) {
    const Moments earlier = Moments::of(1e9, 1e12, 1e-9), later = Moments::of(1e9 + 10, 1e12 + 0.0001, 1e-9);
    EXPECT_GE(later.since(earlier).variance(), 0);
}

TEST(Verdict, QuantilesAreStudents) {
    EXPECT_NEAR(student_quantile(0.025, 1e9), 1.959964, 1e-5);
    EXPECT_NEAR(student_quantile(0.025, 20), 2.085963, 1e-3);
    EXPECT_NEAR(student_quantile(0.025, 5), 2.570582, 2e-2);
    EXPECT_NEAR(student_quantile(0.0005, 1e9), 3.290527, 1e-5);
}

TEST(Verdict, TheIntervalIsWelchs) {
    // Two samples of 30 and 40, worked out by hand: se² = 4/29·30/30 ... of the sample variances 120/29 and 40/39.
    const auto found = difference(Moments::of(30, 300, 2), Moments::of(40, 360, 1));
    ASSERT_TRUE(found);
    const double se = std::sqrt(4.0 * 30 / 29 / 30 + 1.0 * 40 / 39 / 40);
    EXPECT_DOUBLE_EQ(found->value, -1);
    EXPECT_NEAR(found->high - found->value, 2.02 * se, 0.02 * se);
    EXPECT_FALSE(difference(Moments::of(1, 1, 0), Moments::of(40, 360, 1)));
}

TEST(Verdict, ManyTestsHaveToBeSurer) {
    const Moments before = Moments::of(30, 300, 2), after = Moments::of(40, 440, 2);
    EXPECT_TRUE(difference(before, after)->above(0));
    EXPECT_FALSE(difference(before, after, 100)->above(0));
}

TEST(Verdict, KeptWhereItHelps) {
    const Judgement found = judge(Change::create, {query(1000, 20, 5, 50, 0.1, 0.05)});
    EXPECT_EQ(found.verdict, Verdict::kept);
    EXPECT_NEAR(found.change->value, -19.9, 1e-9);
    EXPECT_LT(found.change->low, found.change->value);
    EXPECT_FALSE(found.calls_needed);
    EXPECT_TRUE(found.slower.empty());
}

TEST(Verdict, TooFewCallsAreNoVerdict) {
    const Judgement found = judge(Change::create, {query(1000, 20, 5, 5, 0.1, 0.05)});
    EXPECT_EQ(found.verdict, Verdict::too_few);
    EXPECT_EQ(found.calls_needed, least_calls - 5);
    EXPECT_EQ(judge(Change::create, {}).verdict, Verdict::too_few);
    EXPECT_EQ(judge(Change::create, {query(1000, 20, 5, 1, 0.1, 0)}).verdict, Verdict::too_few);
}

TEST(Verdict, NorAreCallsThatVaryTooMuch) {
    const Judgement found = judge(Change::create, {query(10000, 20, 40, 100, 17, 40)});
    EXPECT_EQ(found.verdict, Verdict::too_few);
    ASSERT_TRUE(found.calls_needed);
    // With as many more there is one.
    const double calls = 100 + *found.calls_needed;
    EXPECT_EQ(judge(Change::create, {query(10000, 20, 40, calls * 1.1, 17, 40)}).verdict, Verdict::kept);
}

TEST(Verdict, NoFurtherCallTellsWhereTooFewCameBefore) {
    const Judgement few = judge(Change::create, {query(5, 20, 1, 1000, 5, 1)});
    EXPECT_EQ(few.verdict, Verdict::too_few);
    EXPECT_FALSE(few.calls_needed);
    const Judgement wild = judge(Change::create, {query(25, 20, 100, 1000, 18, 1)});
    EXPECT_EQ(wild.verdict, Verdict::too_few);
    EXPECT_FALSE(wild.calls_needed);
}

TEST(Verdict, NoGainWhereItIsAsBefore) {
    EXPECT_EQ(judge(Change::create, {query(10000, 20, 2, 10000, 20.01, 2)}).verdict, Verdict::no_gain);
    EXPECT_EQ(judge(Change::create, {query(10000, 20, 2, 10000, 19.8, 2)}).verdict, Verdict::no_gain);
}

TEST(Verdict, WorseWhereItHurts) {
    const Judgement found =
        judge(Change::create, {query(1000, 1, 0.1, 1000, 1, 0.1), query(1000, 1, 0.1, 1000, 3, 0.1)});
    EXPECT_EQ(found.verdict, Verdict::worse);
    ASSERT_EQ(found.slower.size(), 1u);
    EXPECT_EQ(found.slower.front(), 1u);
}

TEST(Verdict, WorseForOneQueryThoughTheSumIsAsBefore) {
    const Judgement found =
        judge(Change::create, {query(100000, 20, 2, 100000, 20, 2), query(1000, 1, 0.1, 100, 3, 0.1)});
    EXPECT_EQ(found.verdict, Verdict::worse);
}

TEST(Verdict, KeptWithWhatItCosts) {
    const Judgement found =
        judge(Change::create, {query(1000, 20, 2, 1000, 0.1, 0.1), query(1000, 0.1, 0.01, 1000, 0.2, 0.01),
                               query(1000, 0.1, 0.01, 1000, 0.3, 0.01)});
    EXPECT_EQ(found.verdict, Verdict::kept);
    EXPECT_EQ(found.slower, (std::vector<std::size_t>{2, 1}));
}

TEST(Verdict, AChangedMixIsNoDifference) {
    // What is cheap ran nine times as often as what is dear, and then the other way round.
    const Judgement found =
        judge(Change::create, {query(9000, 1, 0.1, 1000, 1, 0.1), query(1000, 100, 5, 9000, 100, 5)});
    EXPECT_EQ(found.verdict, Verdict::no_gain);
    EXPECT_NEAR(found.change->value, 0, 1e-9);
}

TEST(Verdict, ADroppedIndexIsNotMissed) {
    EXPECT_EQ(judge(Change::drop, {query(10000, 20, 2, 10000, 20, 2)}).verdict, Verdict::kept);
    EXPECT_EQ(judge(Change::drop, {query(10000, 20, 2, 1000, 200, 20)}).verdict, Verdict::worse);
    EXPECT_EQ(judge(Change::drop, {query(10000, 20, 2, 3, 20, 2)}).verdict, Verdict::too_few);
    EXPECT_EQ(judge(Change::drop, {}).verdict, Verdict::kept);
}

}  // namespace perfkit::advisor

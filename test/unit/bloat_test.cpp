#include "perfkit/core/bloat.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace perfkit::bloat {

TEST(BloatPages, SmallRelationsAreReadWholeAndLargeOnesUpToTheLimit) {
    const Limits limits;
    EXPECT_EQ(pages_to_read(0, limits, 0), 0u);
    EXPECT_EQ(pages_to_read(10, limits, 0), 10u);
    EXPECT_EQ(pages_to_read(64, limits, 0), 64u);
    EXPECT_EQ(pages_to_read(1000, limits, 0), 64u);
    EXPECT_EQ(pages_to_read(10'000, limits, 0), 300u);
    EXPECT_EQ(pages_to_read(4'000'000'000u, limits, 0), 3000u);
}

TEST(BloatPages, AStatementGetsCoarserWhereItsLimitComesNear) {
    const Limits limits{.in_all = 10'000};
    EXPECT_EQ(pages_to_read(1'000'000, limits, 0), 1250u);
    EXPECT_EQ(pages_to_read(1'000'000, limits, 9'000), 125u);
    EXPECT_EQ(pages_to_read(1'000'000, limits, 20'000), 64u);
    EXPECT_EQ(pages_to_read(10, limits, 20'000), 10u);
}

TEST(BlockSample, TakesOneBlockOfEachStratumInOrder) {
    for (const std::uint32_t count : {1u, 7u, 64u, 999u, 1000u}) {
        const BlockSample sample(1000, count, 42);
        ASSERT_EQ(sample.size(), count);
        std::uint32_t start = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_GE(sample.block(i), start);
            EXPECT_LT(sample.block(i), start + sample.width(i));
            start += sample.width(i);
        }
        EXPECT_EQ(start, 1000u);
        EXPECT_EQ(sample.whole(), count == 1000);
    }
}

TEST(BlockSample, ChoosesEveryBlockAlike) {
    std::vector<int> hits(100);
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) ++hits[BlockSample(100, 10, seed).block(3)];
    for (int block = 0; block < 100; ++block) {
        if (block < 30 || block >= 40)
            EXPECT_EQ(hits[block], 0);
        else
            EXPECT_NEAR(hits[block], 1000, 150);
    }
}

TEST(StratifiedTotal, IsTheSumWhereEveryBlockIsSeen) {
    const std::vector<Stratum> strata{{1, 5}, {1, 7}, {1, 0}};
    const Total total = stratified_total(strata);
    EXPECT_DOUBLE_EQ(total.value, 12);
    EXPECT_DOUBLE_EQ(total.margin, 0);
    EXPECT_DOUBLE_EQ(total.blocks, 3);
}

// Contents that rise over the relation, with noise: a plain random sample of 100 blocks would be out
// by about 29 of 500 on average, and the interval must hold in about 95 of 100 samples.
TEST(StratifiedTotal, IntervalHoldsAsOftenAsItSays) {
    std::vector<double> contents;
    for (int i = 0; i < 10'000; ++i) contents.push_back(i * 0.1 + (i * 7919 % 101 - 50));
    double truth = 0;
    for (const double value : contents) truth += value;
    int held = 0;
    double error = 0;
    constexpr int runs = 1000;
    for (int run = 0; run < runs; ++run) {
        const BlockSample sample(10'000, 100, run);
        std::vector<Stratum> strata;
        for (std::uint32_t i = 0; i < sample.size(); ++i)
            strata.push_back({static_cast<double>(sample.width(i)), contents[sample.block(i)]});
        const Total total = stratified_total(strata);
        held += std::abs(total.value - truth) <= total.margin;
        error += std::abs(total.value - truth) / truth / runs;
    }
    EXPECT_GE(held, 930);
    EXPECT_LE(held, 985);
    EXPECT_LT(error, 0.006);
}

TEST(HeapPacker, FillsPagesAsHeapInsertDoes) {
    const HeapPacker::Page page{.usable = 1000, .reserved = 0, .pointer = 4, .max_tuples = 50};
    HeapPacker packer(page);
    for (int i = 0; i < 9; ++i) packer.add(96);  // 10 of 100 bytes fit into a page
    EXPECT_DOUBLE_EQ(packer.pages(), 0.9);
    for (int i = 9; i < 20; ++i) packer.add(96);
    EXPECT_DOUBLE_EQ(packer.pages(), 2);
    packer.add(96);
    EXPECT_DOUBLE_EQ(packer.pages(), 2.1);
}

TEST(HeapPacker, LeavesWhatDoesNotFitAndWhatFillfactorReserves) {
    HeapPacker wide({.usable = 1000, .reserved = 0, .pointer = 4, .max_tuples = 50});
    for (int i = 0; i < 4; ++i) wide.add(596);  // one of 600 bytes a page
    EXPECT_DOUBLE_EQ(wide.pages(), 4);
    HeapPacker reserving({.usable = 1000, .reserved = 500, .pointer = 4, .max_tuples = 50});
    for (int i = 0; i < 10; ++i) reserving.add(96);
    EXPECT_DOUBLE_EQ(reserving.pages(), 2);
    // A tuple larger than fillfactor allows gets a page of its own.
    HeapPacker alone({.usable = 1000, .reserved = 900, .pointer = 4, .max_tuples = 50});
    for (int i = 0; i < 3; ++i) alone.add(496);
    EXPECT_DOUBLE_EQ(alone.pages(), 3);
    HeapPacker many({.usable = 1000, .reserved = 0, .pointer = 4, .max_tuples = 10});
    for (int i = 0; i < 20; ++i) many.add(8);
    EXPECT_DOUBLE_EQ(many.pages(), 2);
}

TEST(BloatVerdict, TablesByBloatAndDeadTuples) {
    constexpr std::int64_t mb = 1024 * 1024;
    EXPECT_EQ(judge_table({60, mb - 1, 100, 0}).level, Class::ok);
    EXPECT_EQ(judge_table({60, mb, 100, 0}).level, Class::high);
    EXPECT_EQ(judge_table({60, mb, 100, 0}).action, Action::rewrite);
    EXPECT_EQ(judge_table({60, mb, 79, 21}).action, Action::vacuum);
    EXPECT_EQ(judge_table({30, mb, 100, 0}).level, Class::moderate);
    EXPECT_EQ(judge_table({30, mb, 100, 0}).action, Action::none);
    EXPECT_EQ(judge_table({10, mb, 100, 0}).level, Class::ok);
}

TEST(BloatVerdict, BtreesByDensityOnTheScaleOfFillfactor90) {
    constexpr std::int64_t mb = 1024 * 1024;
    EXPECT_EQ(judge_btree({5, mb, 0, 0}).level, Class::ok);
    EXPECT_EQ(judge_btree({6, mb, 0, 0}).level, Class::moderate);
    EXPECT_EQ(judge_btree({22, mb, 0, 0}).level, Class::moderate);
    EXPECT_EQ(judge_btree({23, mb, 0, 0}).level, Class::high);
    EXPECT_EQ(judge_btree({23, mb, 0, 0}).action, Action::reindex);
    EXPECT_EQ(judge_btree({23, mb - 1, 0, 0}).action, Action::none);
}

}  // namespace perfkit::bloat

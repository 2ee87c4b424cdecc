#include "perfkit/core/bloat.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>

namespace perfkit::bloat {

TEST(BloatPages, SmallRelationsAreReadWholeAndLargeOnesUpToTheLimit) {
    const Limits limits;
    EXPECT_EQ(pages_to_read(0, limits, 0), 0u);
    EXPECT_EQ(pages_to_read(10, limits, 0), 10u);
    EXPECT_EQ(pages_to_read(128, limits, 0), 128u);
    EXPECT_EQ(pages_to_read(130, limits, 0), 64u);
    EXPECT_EQ(pages_to_read(1000, limits, 0), 64u);
    EXPECT_EQ(pages_to_read(10'000, limits, 0), 200u);
    EXPECT_EQ(pages_to_read(4'000'000'000u, limits, 0), 3000u);
}

TEST(BloatPages, AStatementGetsCoarserWhereItsLimitComesNear) {
    const Limits limits{.in_all = 10'000};
    EXPECT_EQ(pages_to_read(1'000'000, limits, 0), 1250u);
    EXPECT_EQ(pages_to_read(1'000'000, limits, 9'000), 125u);
    EXPECT_EQ(pages_to_read(1'000'000, limits, 20'000), 64u);
    EXPECT_EQ(pages_to_read(10, limits, 20'000), 10u);
    EXPECT_EQ(pages_to_read(100, limits, 20'000), 64u);
    EXPECT_EQ(pages_to_read(100, {.at_least = 10, .at_most = 10}, 0), 10u);
    EXPECT_EQ(pages_to_add(100'000, limits, 9'900, 100, 0.1), 0u);
}

TEST(BloatPages, ASecondLookIsAsLargeAsTheFirstOneLeftOpen) {
    const Limits limits;
    EXPECT_EQ(pages_to_add(100'000, limits, 0, 200, 0.01), 0u);
    EXPECT_EQ(pages_to_add(100'000, limits, 0, 200, 0.02), 600u);  // twice the margin, four times the pages
    EXPECT_EQ(pages_to_add(100'000, limits, 0, 200, 0.5), 2800u);  // 3000 in all
    EXPECT_EQ(pages_to_add(10'000, limits, 0, 200, 0.5), 800u);    // 10 % in all
    EXPECT_EQ(pages_to_add(1000, limits, 0, 64, 0.5), 192u);       // 256 in all
    EXPECT_EQ(pages_to_add(2000, {.at_least = 64, .small_enough = 512}, 0, 64, 0.5), 448u);  // 512 in all
    EXPECT_EQ(pages_to_add(400, limits, 0, 64, 0.5), 400u);  // half would be needed: all of it
    EXPECT_EQ(pages_to_add(50, limits, 0, 50, 0.5), 0u);
}

TEST(BlockSample, TakesOneBlockOfEachStratumInOrder) {
    for (const std::uint32_t count : {1u, 7u, 64u, 999u, 1000u}) {
        const BlockSample sample(1000, count, 42);
        ASSERT_EQ(sample.size(), count);
        std::uint32_t start = 0;
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_GE(sample.blocks()[i], start);
            EXPECT_LT(sample.blocks()[i], start + sample.width(i));
            start += sample.width(i);
        }
        EXPECT_EQ(start, 1000u);
        EXPECT_EQ(sample.whole(), count == 1000);
    }
}

TEST(BlockSample, ChoosesEveryBlockAlike) {
    std::vector<int> hits(100);
    for (std::uint64_t seed = 0; seed < 10'000; ++seed) ++hits[BlockSample(100, 10, seed).blocks()[3]];
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
            strata.push_back({static_cast<double>(sample.width(i)), contents[sample.blocks()[i]]});
        const Total total = stratified_total(strata);
        held += std::abs(total.value - truth) <= total.margin;
        error += std::abs(total.value - truth) / truth / runs;
    }
    EXPECT_GE(held, 930);
    EXPECT_LE(held, 985);
    EXPECT_LT(error, 0.006);
}

// Full blocks and empty ones, as a map of free space knows them; what the map says is off by noise, and
// may be worthless.
TEST(HintedTotal, HelpsAsFarAsTheHintsAreRight) {
    constexpr int blocks = 5000;
    constexpr int runs = 500;
    std::vector<double> contents;
    for (int i = 0; i < blocks; ++i) contents.push_back(i * 7919 % 100 < 20 ? 0 : 8000 + i * 31 % 37);
    const double truth = std::accumulate(contents.begin(), contents.end(), 0.0);
    using Hint = double (*)(int block, double content);
    const auto trial = [&](Hint hint_of) {
        double hints = 0;
        for (int i = 0; i < blocks; ++i) hints += hint_of(i, contents[i]);
        double error = 0;
        int held = 0;
        for (int run = 0; run < runs; ++run) {
            const BlockSample sample(blocks, 100, run);
            std::vector<Stratum> strata;
            for (std::uint32_t i = 0; i < sample.size(); ++i) {
                const auto block = static_cast<int>(sample.blocks()[i]);
                strata.push_back(
                    {static_cast<double>(sample.width(i)), contents[block], hint_of(block, contents[block])});
            }
            const Total total = hinted_total(strata, hints, -1);
            error += std::abs(total.value - truth) / truth / runs;
            held += std::abs(total.value - truth) <= total.margin;
        }
        EXPECT_GE(held, runs * 0.92);
        return error;
    };
    const double without = trial([](int, double) { return 0.0; });
    EXPECT_GT(without, 0.03);
    EXPECT_LT(trial([](int, double content) { return 8168 - content; }), 0.0001);
    EXPECT_LT(trial([](int i, double content) { return (content == 0 ? 8160.0 : 160.0) + i * 13 % 64; }), 0.001);
    EXPECT_LT(trial([](int i, double) { return static_cast<double>(i * 1047 % 8160); }), without * 1.1);
    EXPECT_LT(trial([](int, double) { return 32.0; }), without * 1.01);
}

// One block of a thousand is empty, and hardly a sample holds it: its hint is half believed.
TEST(HintedTotal, TakesItsSlopeWhereTheSampleShowsNone) {
    const std::vector<Stratum> strata(100, {10, 8000, 32});
    const Total total = hinted_total(strata, 999 * 32 + 8160, -1);
    EXPECT_DOUBLE_EQ(total.value, 1000 * 8000 - (8160 - 32));
    EXPECT_DOUBLE_EQ(total.margin, (8160 - 32) / 2.0);
}

TEST(StratifiedTotal, TwoSamplesAreOneByTheirSizes) {
    const Total both = combined({10, 3, 100}, 100, {20, 4, 100}, 300);
    EXPECT_DOUBLE_EQ(both.value, 17.5);
    EXPECT_DOUBLE_EQ(both.margin, std::hypot(0.25 * 3, 0.75 * 4));
}

TEST(HeapPacker, IsSureWhereAllPagesFillAlike) {
    const HeapPacker::Page page{.usable = 1000, .reserved = 0, .pointer = 4, .max_tuples = 50};
    HeapPacker alike(page);
    HeapPacker varied(page);
    for (int i = 0; i < 200; ++i) {
        alike.add(296);
        varied.add(96 + i * 7 % 5 * 120);
        alike.end_piece();
        varied.end_piece();
    }
    // 200 tuples do not show what the next one is like.
    EXPECT_DOUBLE_EQ(alike.margin(HeapPacker::single_pages), 0.01);
    EXPECT_GT(varied.margin(HeapPacker::single_pages), varied.margin(HeapPacker::runs_of_pages));
    EXPECT_GT(varied.margin(HeapPacker::runs_of_pages), varied.margin(0));
    EXPECT_GT(varied.margin(0), alike.margin(0));
}

// Tuples whose width changes from one end of the relation to the other fill pages better here than there.
TEST(HeapPacker, IntervalHoldsWherePiecesFillPagesUnalike) {
    const HeapPacker::Page page{.usable = 8168, .reserved = 0, .pointer = 4, .max_tuples = 291};
    const auto width_of = [](int i) { return 8 * (i / 150 * 37 % 300 + 20); };
    constexpr int tuples = 60'000;
    constexpr int piece = 30;
    HeapPacker all(page);
    for (int i = 0; i < tuples; ++i) all.add(width_of(i));
    for (const std::uint32_t pieces : {20u, 40u, 200u}) {
        int held = 0;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            HeapPacker sampled(page);
            const BlockSample sample(tuples / piece, pieces, seed);
            for (const std::uint32_t chosen : sample.blocks()) {
                for (int i = 0; i < piece; ++i) sampled.add(width_of(static_cast<int>(chosen) * piece + i));
                sampled.end_piece();
            }
            const double error = std::abs(sampled.pages_per_byte() / all.pages_per_byte() - 1);
            held += error <= sampled.margin(HeapPacker::runs_of_pages);
        }
        EXPECT_GE(held, 285) << pieces << " pieces";
    }
}

TEST(HeapPacker, FillsPagesAsHeapInsertDoes) {
    const HeapPacker::Page page{.usable = 1000, .reserved = 0, .pointer = 4, .max_tuples = 50};
    HeapPacker packer(page);
    const std::array<int, 8> eight{96, 96, 96, 96, 96, 96, 96, 96};
    EXPECT_EQ(packer.add(eight), 800);
    packer.add(96);  // 10 of 100 bytes fit into a page
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

// Six items of 100 bytes fit above the reserve of 400; the seventh begins a page, to which the sixth
// goes over.
TEST(BtreePacker, MovesTheLastItemOfAFullPageToTheNext) {
    BtreePacker packer({.usable = 1000, .reserved = 400, .pointer = 4, .heap_tid = 8});
    for (int i = 0; i < 6; ++i) packer.add(96);
    EXPECT_LE(packer.pages(), 1);
    packer.add(96);
    EXPECT_DOUBLE_EQ(packer.pages(), 1.4);  // five items, then two of five
    for (int i = 7; i < 102; ++i) packer.add(96);
    EXPECT_DOUBLE_EQ(packer.pages(), 20.4);
    EXPECT_DOUBLE_EQ(packer.pages_per_byte(), 1.0 / 500);
}

TEST(BtreePacker, KeepsThreeItemsOnAPageWhateverTheirLength) {
    BtreePacker packer({.usable = 1000, .reserved = 900, .pointer = 4, .heap_tid = 8});
    for (int i = 0; i < 30; ++i) packer.add(296);
    EXPECT_NEAR(packer.pages(), 29, 1.01);  // two and a high key: one item a page goes over
}

TEST(BtreePacker, APostingListLeavesRoomSinceTheHighKeyIsShort) {
    BtreePacker plain({.usable = 8148, .reserved = 819, .pointer = 4, .heap_tid = 8});
    BtreePacker posting = plain;
    for (int i = 0; i < 1000; ++i) {
        plain.add(256);
        posting.add(256, 240);
    }
    EXPECT_GT(plain.pages(), posting.pages());
}

TEST(BtreePacker, InternalPagesFallByTheNumberOfChildren) {
    EXPECT_DOUBLE_EQ(internal_pages(0, 20, 5000), 0);
    EXPECT_DOUBLE_EQ(internal_pages(1, 20, 5000), 0);
    EXPECT_DOUBLE_EQ(internal_pages(2, 20, 5000), 1);
    EXPECT_DOUBLE_EQ(internal_pages(251, 20, 5000), 3);  // 2 and the root
    EXPECT_DOUBLE_EQ(internal_pages(1e6, 20, 5000), 4000 + 16 + 1);
    EXPECT_LT(internal_pages(1e6, 1e9, 5000), 1.1e6);  // ends whatever the pivot
}

TEST(PostingLists, AreFilledAsABuildDoes) {
    const PostingRules rules{.alignment = 8, .pointer = 6, .largest = 812};
    // Key of 16 bytes: 132 pointers make 808 bytes.
    const PostingLists lists = merge_entries(16, 132 * 3 + 1, rules);
    EXPECT_EQ(lists.capacity, 132);
    EXPECT_EQ(lists.full_count, 3);
    EXPECT_EQ(lists.full_length, 808);
    EXPECT_EQ(lists.rest_length, 16);  // a single entry is a plain tuple
    EXPECT_EQ(merge_entries(16, 2, rules).rest_length, 32);
    EXPECT_EQ(merge_entries(16, 132, rules).rest_length, 0);
    const PostingLists wide = merge_entries(900, 5, rules);  // too wide to merge
    EXPECT_EQ(wide.full_count, 5);
    EXPECT_EQ(wide.full_length, 900);
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

TEST(BloatVerdict, VacuumCutsOffAnEmptyEnd) {
    EXPECT_EQ(empty_tail(20'000, 20'000), 0);
    EXPECT_EQ(empty_tail(20'000, 19'001), 0);
    EXPECT_EQ(empty_tail(20'000, 19'000), 1000);
    EXPECT_EQ(empty_tail(160, 150), 10);
    EXPECT_EQ(empty_tail(160, 151), 0);
    EXPECT_EQ(empty_tail(10, 0), 10);
    constexpr std::int64_t mb = 1024 * 1024;
    // What is left of 100 MB after 55 of the 60 wasted are cut off is no longer bloated; after 20 it is.
    EXPECT_EQ(judge_table({60, 60 * mb, 1000, 0, 55 * mb}).action, Action::vacuum);
    EXPECT_EQ(judge_table({60, 60 * mb, 1000, 0, 55 * mb}).level, Class::high);
    EXPECT_EQ(judge_table({70, 70 * mb, 1000, 0, 20 * mb}).action, Action::rewrite);
    EXPECT_EQ(judge_table({10, 10 * mb, 1000, 0, 9 * mb}).action, Action::vacuum);
    EXPECT_EQ(judge_table({100, 10 * mb, 0, 0, 10 * mb}).action, Action::vacuum);
    EXPECT_EQ(judge_table({60, 60 * mb, 1000, 0, 0}).action, Action::rewrite);
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

TEST(BloatOutcomes, RememberHowTransactionsEndedUntilOthersTakeTheirPlaces) {
    const auto outcomes = std::make_unique<Outcomes>();
    EXPECT_EQ(outcomes->of(0), Outcome::unknown);
    EXPECT_EQ(outcomes->of(1'000'000'000'000), Outcome::unknown);
    constexpr std::uint64_t first = 5'000'000'123;
    for (std::uint64_t i = first; i < first + Outcomes::capacity; ++i)
        outcomes->remember(i, i % 3 == 0 ? Outcome::aborted : Outcome::committed);
    int wrong = 0;
    for (std::uint64_t i = first; i < first + Outcomes::capacity; ++i)
        if (outcomes->of(i) != (i % 3 == 0 ? Outcome::aborted : Outcome::committed)) ++wrong;
    EXPECT_LT(wrong, 256);  // the last group has the place of the first one, and both are there in part
    EXPECT_EQ(outcomes->of(first + Outcomes::capacity - 1), Outcome::committed);
    EXPECT_EQ(outcomes->of(first + Outcomes::capacity), Outcome::unknown);
}

TEST(BloatOutcomes, ATransactionIsNotTakenForOneOfAnotherEpoch) {
    const auto outcomes = std::make_unique<Outcomes>();
    constexpr std::uint64_t epoch = std::uint64_t{1} << 32;
    outcomes->remember(1000, Outcome::committed);
    EXPECT_EQ(outcomes->of(1000), Outcome::committed);
    EXPECT_EQ(outcomes->of(999), Outcome::unknown);
    EXPECT_EQ(outcomes->of(1001), Outcome::unknown);
    EXPECT_EQ(outcomes->of(1000 + epoch), Outcome::unknown);
    outcomes->remember(1000 + epoch, Outcome::aborted);
    EXPECT_EQ(outcomes->of(1000 + epoch), Outcome::aborted);
    EXPECT_EQ(outcomes->of(1000), Outcome::unknown);
    outcomes->remember(1000 + epoch, Outcome::committed);
    EXPECT_EQ(outcomes->of(1000 + epoch), Outcome::committed);
}

}  // namespace perfkit::bloat

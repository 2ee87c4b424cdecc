#include "perfkit/core/advisor/drops.hpp"

#include <gtest/gtest.h>

#include <string>

namespace perfkit {
namespace {

using advisor::does_work_of;
using advisor::DropReason;
using advisor::find_drops;
using advisor::is_protected;
using advisor::KnownIndex;

KnownIndex index(std::uint32_t id, std::vector<std::string> keys) {
    KnownIndex index;
    index.id = id;
    index.table = 1;
    index.method = "btree";
    index.directions.assign(keys.size(), 0);
    index.keys = std::move(keys);
    index.scans = 1;
    index.days = 1000;
    return index;
}

std::string told(const std::vector<KnownIndex>& indexes, double days = 0) {
    const char* const reasons[] = {"invalid", "duplicate", "redundant", "unused"};
    std::string text;
    for (const advisor::Drop& drop : find_drops(indexes, days))
        text += std::string(text.empty() ? "" : ", ") + std::to_string(drop.index) + " " +
                reasons[static_cast<int>(drop.reason)] + (drop.other ? " " + std::to_string(drop.other) : "");
    return text;
}

TEST(Drops, OfTwoThatAreTheSameTheOlderStays) {
    EXPECT_EQ(told({index(2, {"1 x 0"}), index(1, {"1 x 0"})}), "2 duplicate 1");
    EXPECT_EQ(told({index(1, {"1 x 0"}), index(2, {"1 x 0"}), index(3, {"1 x 0"})}), "2 duplicate 1, 3 duplicate 1");
}

TEST(Drops, WhatMoreDependsOnStays) {
    for (bool KnownIndex::*const dependence :
         {&KnownIndex::unique, &KnownIndex::constraint, &KnownIndex::replica_identity, &KnownIndex::clustered}) {
        KnownIndex younger = index(2, {"1 x 0"});
        younger.*dependence = true;
        EXPECT_TRUE(is_protected(younger));
        EXPECT_EQ(told({index(1, {"1 x 0"}), younger}), "1 duplicate 2");
        KnownIndex wide = index(3, {"1 x 0", "2 x 0"});
        EXPECT_EQ(told({younger, wide}), "") << "a prefix that something depends on";
        younger.scans = 0;
        EXPECT_EQ(told({younger}, 400), "") << "unused, but something depends on it";
    }
}

TEST(Drops, AnotherRuleOfUniquenessIsNoDuplicate) {
    KnownIndex loose = index(1, {"1 x 0"}), strict = index(2, {"1 x 0"});
    loose.unique = strict.unique = true;
    EXPECT_EQ(told({loose, strict}), "2 duplicate 1");
    strict.nulls_not_distinct = true;
    EXPECT_EQ(told({loose, strict}), "") << "only one of them refuses a second NULL";
    loose.nulls_not_distinct = true;
    EXPECT_EQ(told({loose, strict}), "2 duplicate 1");
    loose.unique = loose.nulls_not_distinct = false;
    EXPECT_EQ(told({loose, strict}), "1 duplicate 2") << "what checks nothing has no rule";
}

TEST(Drops, OtherParametersAreNoDuplicate) {
    KnownIndex coarse = index(1, {"1 x 0"}), fine = index(2, {"1 x 0"});
    coarse.method = fine.method = "brin";
    EXPECT_EQ(told({coarse, fine}), "2 duplicate 1");
    fine.parameters = "pages_per_range=4";
    EXPECT_EQ(told({coarse, fine}), "");
}

TEST(Drops, APrefixIsRedundant) {
    EXPECT_EQ(told({index(1, {"1 x 0"}), index(2, {"1 x 0", "2 x 0"})}), "1 redundant 2");
    // A chain: each names one that stays.
    EXPECT_EQ(told({index(1, {"1 x 0"}), index(2, {"1 x 0", "2 x 0"}), index(3, {"1 x 0", "2 x 0", "3 x 0"})}),
              "1 redundant 3, 2 redundant 3");
}

TEST(Drops, WhatAnswersOtherQueriesIsNoPrefix) {
    const KnownIndex narrow = index(1, {"1 x 0"});
    EXPECT_FALSE(does_work_of(index(2, {"2 x 0", "1 x 0"}), narrow)) << "not first";
    EXPECT_FALSE(does_work_of(index(2, {"1 y 0", "2 x 0"}), narrow)) << "another operator class";
    EXPECT_FALSE(does_work_of(index(2, {"1 x 9", "2 x 0"}), narrow)) << "another collation";
    KnownIndex wide = index(2, {"1 x 0", "2 x 0"});
    wide.predicate = "p";
    EXPECT_FALSE(does_work_of(wide, narrow)) << "fewer rows";
    KnownIndex partial = narrow;
    partial.predicate = "p";
    EXPECT_TRUE(does_work_of(wide, partial)) << "the same rows";
    KnownIndex hash = narrow, wide_hash = index(2, {"1 x 0", "2 x 0"});
    hash.method = wide_hash.method = "hash";
    EXPECT_FALSE(does_work_of(wide_hash, hash)) << "only a B-tree answers for its first columns alone";
}

TEST(Drops, DirectionsCountAsFarAsReadingBackwardsDoesNotHelp) {
    KnownIndex narrow = index(1, {"1 x 0", "2 x 0"}), wide = index(2, {"1 x 0", "2 x 0", "3 x 0"});
    narrow.directions = {3, 0};
    EXPECT_FALSE(does_work_of(wide, narrow));
    narrow.directions = {3, 3};
    EXPECT_TRUE(does_work_of(wide, narrow)) << "the other way round";
    narrow.directions = {0, 2};
    EXPECT_FALSE(does_work_of(wide, narrow)) << "NULLS FIRST";
}

TEST(Drops, IncludedColumnsHaveToBeThere) {
    KnownIndex narrow = index(1, {"1 x 0"});
    narrow.included = {"3"};
    KnownIndex wide = index(2, {"1 x 0", "2 x 0"});
    EXPECT_FALSE(does_work_of(wide, narrow));
    wide.included = {"3"};
    EXPECT_TRUE(does_work_of(wide, narrow));
    EXPECT_TRUE(does_work_of(index(2, {"1 x 0", "3 x 0"}), narrow)) << "as a key";
    EXPECT_FALSE(does_work_of(index(2, {"1 x 0", "33 x 0"}), narrow)) << "33 is not 3";
}

TEST(Drops, InvalidOnesGoUnlessTheyAreStillNeeded) {
    KnownIndex broken = index(1, {"1 x 0"});
    broken.valid = false;
    EXPECT_EQ(told({broken}), "1 invalid");
    // It does nobody's work, and being a duplicate is not its worst.
    EXPECT_EQ(told({broken, index(2, {"1 x 0"})}), "1 invalid");
    broken.partitioned = true;
    EXPECT_EQ(told({broken}), "") << "one whose partitions' indexes are not all attached yet";
    broken.partitioned = false;
    broken.constraint = true;
    EXPECT_EQ(told({broken}), "");
}

TEST(Drops, UnusedTakesAWeek) {
    KnownIndex idle = index(1, {"1 x 0"});
    idle.scans = 0;
    EXPECT_EQ(told({idle}, 6.9), "");
    EXPECT_EQ(told({idle}, 7), "1 unused");
    idle.days = 6.9;
    EXPECT_EQ(told({idle}, 400), "") << "it is younger than the statistics";
    idle.days = 7;
    EXPECT_EQ(told({idle}, 400), "1 unused");
    idle.scans = 1;
    EXPECT_EQ(told({idle}, 400), "");
}

TEST(Drops, WhatDoesTheWorkOfAnotherIsNotUnused) {
    KnownIndex wide = index(2, {"1 x 0", "2 x 0"});
    wide.scans = 0;
    EXPECT_EQ(told({index(1, {"1 x 0"}), wide}, 30), "1 redundant 2") << "its scans are to come";
}

TEST(Drops, TablesAreKeptApart) {
    KnownIndex other = index(2, {"1 x 0"});
    other.table = 2;
    EXPECT_EQ(told({index(1, {"1 x 0"}), other}), "");
}

}  // namespace
}  // namespace perfkit

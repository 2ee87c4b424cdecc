#include "perfkit/core/history/snapshot.hpp"

#include <gtest/gtest.h>

namespace perfkit::history {

namespace {

Record record(std::int64_t id, std::uint64_t calls, std::int64_t bytes = 0, std::int64_t birth = 0) {
    Record made;
    made.id[0] = id;
    made.birth = birth;
    made.counters[0] = calls;
    made.gauges[0] = bytes;
    return made;
}

}  // namespace

TEST(HistoryGain, IsTheDifferenceOfWhatChanged) {
    const Gain gain =
        gained({record(1, 10), record(2, 5), record(4, 1)}, {record(1, 15), record(2, 5), record(4, 2)}, false);
    ASSERT_EQ(gain.records.size(), 2u);
    EXPECT_EQ(gain.records[0].id[0], 1);
    EXPECT_EQ(gain.records[0].counters[0], 5u);
    EXPECT_EQ(gain.records[1].id[0], 4);
    EXPECT_EQ(gain.records[1].counters[0], 1u);
    EXPECT_EQ(gain.resets, 0);
    EXPECT_TRUE(gain.counted);
}

TEST(HistoryGain, OfWhatIsNewIsAllOfIt) {
    const Gain gain = gained({record(5, 10)}, {record(3, 7), record(5, 10), record(8, 2)}, false);
    ASSERT_EQ(gain.records.size(), 2u);
    EXPECT_EQ(gain.records[0].counters[0], 7u);
    EXPECT_EQ(gain.records[1].counters[0], 2u);
    EXPECT_EQ(gain.resets, 0);
}

TEST(HistoryGain, IsNeverNegativeAfterAReset) {
    const Gain gain = gained({record(1, 10)}, {record(1, 3)}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].counters[0], 3u);
    EXPECT_EQ(gain.resets, 1);
}

TEST(HistoryGain, LeavesCountersAloneThatWereNotReset) {
    Record earlier = record(1, 10);
    Record now = record(1, 3);
    earlier.counters[1] = 100;
    now.counters[1] = 105;
    const Gain gain = gained({earlier}, {now}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].counters[0], 3u);
    EXPECT_EQ(gain.records[0].counters[1], 5u);
    EXPECT_EQ(gain.resets, 1);
}

// A query that was evicted and came back may have more calls than before.
TEST(HistoryGain, BeginsAnewWithALaterBirth) {
    const Gain gain = gained({record(1, 10, 0, 100)}, {record(1, 25, 0, 200)}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].counters[0], 25u);
    EXPECT_EQ(gain.resets, 1);
}

// Sessions hand on what they did in any order, so that a first sight may turn out to be earlier than it was.
TEST(HistoryGain, GoesOnWithAnEarlierBirth) {
    const Gain gain = gained({record(1, 10, 0, 200)}, {record(1, 25, 0, 100)}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].counters[0], 15u);
    EXPECT_EQ(gain.resets, 0);
}

TEST(HistoryGain, HasGaugesAsTheyAreWhereTheyChanged) {
    const Gain gain = gained({record(1, 1, 100), record(2, 1, 100)}, {record(1, 1, 80), record(2, 1, 100)}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].gauges[0], 80);
    EXPECT_EQ(gain.records[0].counters[0], 0u);
    EXPECT_FALSE(gain.counted);
    EXPECT_EQ(
        gained({record(1, 1, 100), record(2, 1, 100)}, {record(1, 1, 80), record(2, 1, 100)}, true).records.size(), 2u);
}

TEST(HistoryGain, TellsThatWhatIsGoneHasNoSize) {
    const Gain gain = gained({record(1, 1, 100), record(2, 1, 100), record(9, 1, 5)}, {record(2, 1, 100)}, false);
    ASSERT_EQ(gain.records.size(), 2u);
    EXPECT_EQ(gain.records[0].id[0], 1);
    EXPECT_EQ(gain.records[0].gauges[0], 0);
    EXPECT_EQ(gain.records[1].id[0], 9);
}

// REINDEX CONCURRENTLY gives the counters of an index to the one that takes its place.
TEST(HistoryGain, OfAnHeirIsWhatCameSince) {
    Record index = record(9, 107);
    index.heir = true;
    const Gain gain = gained({record(1, 5), record(2, 100, 8), record(3, 120)}, {record(3, 121), index}, false);
    ASSERT_EQ(gain.records.size(), 3u);
    EXPECT_EQ(gain.records[0].id[0], 2);
    EXPECT_EQ(gain.records[0].gauges[0], 0);
    EXPECT_EQ(gain.records[1].counters[0], 1u);
    EXPECT_EQ(gain.records[2].id[0], 9);
    EXPECT_EQ(gain.records[2].counters[0], 7u);
    EXPECT_EQ(gain.resets, 0);
}

// Snapshots in the midst of it: the new one was there before it had any counters, the old one has yet to go.
TEST(HistoryGain, OfAnHeirThatWasSeenBeforeIsWhatCameSince) {
    Record index = record(9, 107), old = record(2, 104);
    index.heir = old.leaving = true;
    const Gain gain = gained({record(2, 100), record(9, 0)}, {old, index}, false);
    ASSERT_EQ(gain.records.size(), 2u);
    EXPECT_EQ(gain.records[0].counters[0], 4u);
    EXPECT_EQ(gain.records[1].counters[0], 3u);
}

TEST(HistoryGain, OfOneThatHadCountedIsNotInherited) {
    Record index = record(9, 107);
    index.heir = true;
    const Gain gain = gained({record(2, 50), record(9, 7)}, {index}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].counters[0], 100u);
}

TEST(HistoryGain, OfHeirsIsInheritedOnce) {
    Record one = record(8, 107), other = record(9, 107);
    one.heir = other.heir = true;
    const Gain gain = gained({record(2, 100)}, {one, other}, false);
    ASSERT_EQ(gain.records.size(), 2u);
    EXPECT_EQ(gain.records[0].counters[0] + gain.records[1].counters[0], 114u);
}

TEST(HistoryGain, HasTheHistogramOfTheDifference) {
    Record before = record(1, 3), now = record(1, 6);
    before.latency = {10, 2, 20, 1};
    now.latency = {10, 2, 20, 2, 30, 2};
    const Gain gain = gained({before}, {now}, false);
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].latency, (std::vector<std::int64_t>{20, 1, 30, 2}));
}

TEST(HistoryGain, OfAFirstReadingIsNothingButGauges) {
    const Gain gain = first({record(1, 10), record(2, 10, 50)});
    ASSERT_EQ(gain.records.size(), 1u);
    EXPECT_EQ(gain.records[0].id[0], 2);
    EXPECT_EQ(gain.records[0].counters[0], 0u);
    EXPECT_EQ(gain.records[0].gauges[0], 50);
    EXPECT_FALSE(gain.counted);
}

}  // namespace perfkit::history

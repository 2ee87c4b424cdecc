#include "perfkit/core/history/sums.hpp"

#include <gtest/gtest.h>

namespace perfkit::history {

namespace {

Record record(std::int64_t id, std::int64_t bytes) {
    Record made;
    made.id[0] = id;
    made.gauges[0] = bytes;
    return made;
}

}  // namespace

TEST(HistorySums, KeepGaugesThatAreNotToldAnew) {
    Sums sums;
    sums.before_window({record(1, 10), record(2, 20)}, true);
    sums.in_window({record(1, 11)}, false);
    EXPECT_EQ(sums.all().first[0], 30);
    EXPECT_EQ(sums.all().last[0], 31);
}

// After a restart of the server nobody tells what has gone meanwhile.
TEST(HistorySums, OfAFirstReadingHaveNothingElse) {
    Sums sums;
    sums.before_window({record(1, 10), record(2, 20)}, true);
    sums.in_window({record(2, 21)}, true);
    EXPECT_EQ(sums.all().first[0], 30);
    EXPECT_EQ(sums.all().last[0], 21);
    EXPECT_EQ(sums.objects().at({1, 0, 0}).last[0], 0);
}

TEST(HistorySums, OfAFirstReadingBeforeTheWindowHaveNothingElse) {
    Sums sums;
    sums.before_window({record(1, 10), record(2, 20)}, true);
    sums.before_window({record(2, 21)}, true);
    EXPECT_EQ(sums.all().first[0], 21);
    EXPECT_EQ(sums.all().last[0], 21);
}

}  // namespace perfkit::history

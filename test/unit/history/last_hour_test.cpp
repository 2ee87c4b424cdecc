#include "perfkit/core/history/last_hour.hpp"

#include <gtest/gtest.h>

namespace perfkit::history {

TEST(LastHour, HasWhatWasSeenInTheHour) {
    LastHour hour;
    EXPECT_EQ(hour.seen(0), 0);
    hour.add(1000);
    hour.add(1000);
    hour.add(1059);
    EXPECT_EQ(hour.seen(1059), 3);
    EXPECT_EQ(hour.seen(1060), 1);
    EXPECT_EQ(hour.seen(1118), 1);
    EXPECT_EQ(hour.seen(1119), 0);
    hour.add(1060);
    EXPECT_EQ(hour.seen(1060), 2);
    EXPECT_EQ(hour.seen(1060, 1), 1);
    EXPECT_EQ(hour.seen(1060, 2), 2);
    EXPECT_EQ(hour.seen(1062, 2), 0);
}

TEST(LastHour, ForgetsMinutesInWhichNothingWasSeen) {
    LastHour hour;
    for (int minute = 0; minute < 60; ++minute) hour.add(minute);
    EXPECT_EQ(hour.seen(59), 60);
    hour.add(89);
    EXPECT_EQ(hour.seen(89), 31);
    hour.add(149);
    EXPECT_EQ(hour.seen(149), 1);
}

TEST(LastHour, OutlivesAClockThatIsSetBack) {
    LastHour hour;
    hour.add(5000);
    EXPECT_EQ(hour.seen(4990), 1);
    hour.add(30);
    hour.add(30);
    EXPECT_EQ(hour.seen(30), 2);
    hour.add(-1);
    EXPECT_EQ(hour.seen(30), 2);
}

TEST(LastHour, StopsAtTheGreatestNumber) {
    LastHour hour;
    for (int i = 0; i < 70000; ++i) hour.add(7);
    EXPECT_EQ(hour.seen(7), 65535);
}

}  // namespace perfkit::history

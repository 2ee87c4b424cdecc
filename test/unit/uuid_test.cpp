#include "perfkit/core/uuid.hpp"

#include <gtest/gtest.h>

namespace perfkit {

TEST(Uuid, MatchesTheExampleOfTheRfc) {
    const Uuid expected = {0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C, 0xC3, 0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    EXPECT_EQ(make_uuid_v7(0x017F22E279B0ull << 12 | 0xCC3, {0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F}), expected);
    EXPECT_EQ(unix_milliseconds_of(expected), 0x017F22E279B0);
}

TEST(Uuid, TickSplitsTheMillisecondIn4096) {
    EXPECT_EQ(tick_of(1, 0), 1000u << 12);
    EXPECT_EQ(tick_of(1, 500'000), (1000u << 12) + 2048);
    EXPECT_EQ(tick_of(1, 999'999), (1000u << 12) + 4095);
}

TEST(Uuid, ClockIncreasesWhenTimeStandsOrStepsBack) {
    UuidClock clock;
    EXPECT_EQ(clock.next(100), 100u);
    EXPECT_EQ(clock.next(100), 101u);
    EXPECT_EQ(clock.next(50), 102u);
    EXPECT_EQ(clock.next(200), 200u);
}

TEST(Uuid, OtherVersionsHaveNoTime) {
    Uuid uuid = make_uuid_v7(1, {});
    uuid[6] = 0x40;
    EXPECT_EQ(unix_milliseconds_of(uuid), std::nullopt);
}

}  // namespace perfkit

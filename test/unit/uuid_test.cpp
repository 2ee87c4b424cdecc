#include <gtest/gtest.h>

#include "perfkit/core/uuid/layout.hpp"

namespace perfkit {
namespace {

// The examples of RFC 9562, appendix A and B: all of 2022-02-22 19:22:22 UTC.
constexpr std::int64_t rfc_time = 1'645'557'742'000'000;
constexpr Uuid rfc_v1 = {0xC2, 0x32, 0xAB, 0x00, 0x94, 0x14, 0x11, 0xEC,
                         0xB3, 0xC8, 0x9F, 0x6B, 0xDE, 0xCE, 0xD8, 0x46};
constexpr Uuid rfc_v4 = {0x91, 0x91, 0x08, 0xF7, 0x52, 0xD1, 0x43, 0x20,
                         0x9B, 0xAC, 0xF8, 0x47, 0xDB, 0x41, 0x48, 0xA8};
constexpr Uuid rfc_v6 = {0x1E, 0xC9, 0x41, 0x4C, 0x23, 0x2A, 0x6B, 0x00,
                         0xB3, 0xC8, 0x9F, 0x6B, 0xDE, 0xCE, 0xD8, 0x46};
constexpr Uuid rfc_v7 = {0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C, 0xC3,
                         0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
constexpr Uuid max_v7 = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff,
                         0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr Uuid min_v7 = {0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0};

}  // namespace

TEST(Uuid, MatchesTheExampleOfTheRfc) {
    EXPECT_EQ(make_uuid_v7({0x017F22E279B0ull << 12 | 0xCC3, 0x18C4DC0C0C07398Full}), rfc_v7);
    EXPECT_EQ(make_uuid_v7({(UuidTick{1} << 60) - 1, uuid_tail_mask}), max_v7);
}

TEST(Uuid, ReadsTheTimeOfVersionsThatHaveOne) {
    EXPECT_EQ(unix_microseconds_of(rfc_v1), rfc_time);
    EXPECT_EQ(unix_microseconds_of(rfc_v6), rfc_time);
    EXPECT_EQ(unix_microseconds_of(rfc_v7), rfc_time);
    EXPECT_EQ(unix_microseconds_of(rfc_v4), std::nullopt);
}

TEST(Uuid, RoundsTimesDown) {
    Uuid below = rfc_v1;  // 100 ns before the second
    for (int i = 3; below[i]-- == 0;) --i;
    EXPECT_EQ(unix_microseconds_of(below), rfc_time - 1);
    // Before the Unix epoch: the first unit of version 1 is 1582-10-15, its last µs ends at 9.
    EXPECT_EQ(unix_microseconds_of({0, 0, 0, 0, 0, 0, 0x10, 0, 0x80}), -12'219'292'800'000'000);
    EXPECT_EQ(unix_microseconds_of({0, 0, 0, 9, 0, 0, 0x10, 0, 0x80}), -12'219'292'800'000'000);
    EXPECT_EQ(unix_microseconds_of({0, 0, 0, 10, 0, 0, 0x10, 0, 0x80}), -12'219'292'799'999'999);
}

TEST(Uuid, VersionsAreOfTheRfcsVariantOnly) {
    EXPECT_EQ(uuid_version_of(rfc_v4), 4);
    EXPECT_EQ(uuid_version_of(rfc_v7), 7);
    for (const int variant : {0x00, 0x40, 0xC0}) {
        Uuid other = rfc_v7;
        other[8] = static_cast<std::uint8_t>((other[8] & 0x3f) | variant);
        EXPECT_EQ(uuid_version_of(other), std::nullopt);
        EXPECT_EQ(unix_microseconds_of(other), std::nullopt);
    }
}

TEST(Uuid, FloorAndCeilBracketTheMillisecond) {
    const std::int64_t ms = rfc_time / 1000;
    const Uuid floor = make_uuid_v7({static_cast<UuidTick>(ms) << 12, 0});
    const Uuid ceil = make_uuid_v7({static_cast<UuidTick>(ms) << 12 | 0xfff, uuid_tail_mask});
    for (const std::int64_t us : {0, 1, 999}) {
        EXPECT_EQ(uuid_v7_floor(rfc_time + us), floor);
        EXPECT_EQ(uuid_v7_ceil(rfc_time + us), ceil);
    }
    EXPECT_LT(ceil, uuid_v7_floor(rfc_time + 1000));
    EXPECT_GT(floor, uuid_v7_ceil(rfc_time - 1));
}

TEST(Uuid, TimesWithoutAUuidLieBeyondAll) {
    const std::int64_t end = uuid_end_ms * 1000;
    EXPECT_EQ(uuid_v7_floor(0), min_v7);
    EXPECT_EQ(uuid_v7_floor(-1), min_v7);
    EXPECT_LT(uuid_v7_ceil(-1), min_v7);
    EXPECT_EQ(uuid_v7_ceil(end - 1), max_v7);
    EXPECT_EQ(uuid_v7_ceil(INT64_MAX), max_v7);
    EXPECT_GT(uuid_v7_floor(end), max_v7);
    EXPECT_LE(uuid_v7_floor(end - 1), max_v7);
    EXPECT_EQ(uuid_v7_floor(INT64_MIN), min_v7);
}

}  // namespace perfkit

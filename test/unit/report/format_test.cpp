#include "perfkit/core/report/format.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace perfkit::report {

namespace {

// With plain spaces, which are easier to read.
std::string plain(std::string text) {
    for (std::size_t place; (place = text.find("\xC2\xA0")) != std::string::npos;) text.replace(place, 2, " ");
    return text;
}
std::string number(double value, Unit unit) { return plain(number_text(value, unit)); }

}  // namespace

TEST(ReportFormat, ThreeDigitsThatCount) {
    EXPECT_EQ(number(0, Unit::milliseconds), "0 ms");
    EXPECT_EQ(number(0.0123, Unit::milliseconds), "12.3 \xC2\xB5s");
    EXPECT_EQ(number(1, Unit::milliseconds), "1 ms");
    EXPECT_EQ(number(12.345, Unit::milliseconds), "12.3 ms");
    EXPECT_EQ(number(999.6, Unit::milliseconds), "1 s");
    EXPECT_EQ(number(61'000, Unit::milliseconds), "61 s");
    EXPECT_EQ(number(600'000, Unit::milliseconds), "10 min");
    EXPECT_EQ(number(8 * 3'600'000.0, Unit::milliseconds), "8 h");
    EXPECT_EQ(number(-12.345, Unit::milliseconds),
              "\xE2\x88\x92"
              "12.3 ms");
    EXPECT_EQ(number(1024 * 1024, Unit::bytes), "1 MB");
    EXPECT_EQ(number(1000, Unit::bytes), "0.98 kB");
    EXPECT_EQ(number(5e18, Unit::bytes), "4,441 PB");
    EXPECT_EQ(number(12345, Unit::count), "12,345");
    EXPECT_EQ(number(12.5, Unit::count), "12.5");
    EXPECT_EQ(number(1'234'567, Unit::count), "1.23 million");
    EXPECT_EQ(number(2.5e9, Unit::count), "2.5 billion");
    EXPECT_EQ(number(0.25, Unit::per_second), "0.25/s");
}

TEST(ReportFormat, NearlyAllIsNotAll) {
    EXPECT_EQ(number(99.996, Unit::percent), "99.99 %");
    EXPECT_EQ(number(100, Unit::percent), "100 %");
    EXPECT_EQ(number(7, Unit::percent), "7 %");
    EXPECT_EQ(number(0.04, Unit::percent), "0.04 %");
}

TEST(ReportFormat, NobodyKnows) {
    EXPECT_EQ(number_text(std::nullopt, Unit::bytes), "\xE2\x80\x93");
    EXPECT_EQ(number_text(std::nan(""), Unit::count), "\xE2\x80\x93");
    EXPECT_EQ(number_text(std::numeric_limits<double>::infinity(), Unit::milliseconds), "\xE2\x80\x93");
    EXPECT_EQ(change_text(std::nullopt, 1), "");
    EXPECT_EQ(change_text(0, 1), "");
}

TEST(ReportFormat, Changes) {
    EXPECT_EQ(plain(change_text(100, 100.2)), "the same");
    EXPECT_EQ(plain(change_text(100, 82)),
              "\xE2\x88\x92"
              "18 %");
    EXPECT_EQ(plain(change_text(100, 150)), "+50 %");
    EXPECT_EQ(plain(change_text(100, 320)), "3.2 times as much");
}

TEST(ReportFormat, CoordinatesAreShort) {
    EXPECT_EQ(coordinate(1.0 / 3), "0.33");
    EXPECT_EQ(coordinate(-0.001), "0");
    EXPECT_EQ(coordinate(12), "12");
    EXPECT_EQ(coordinate(std::nan("")), "0");
}

}  // namespace perfkit::report

#include "perfkit/core/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace perfkit::metrics {

TEST(Metrics, SampleWithoutLabelsHasNoBraces) { EXPECT_EQ(sample("a_total", {}, 3), "a_total 3\n"); }

TEST(Metrics, LabelValuesAreEscaped) {
    EXPECT_EQ(sample("a", {{"b", "x\\y\"z\nw"}, {"c", "{,}=é"}}, 0.5), "a{b=\"x\\\\y\\\"z\\nw\",c=\"{,}=é\"} 0.5\n");
}

TEST(Metrics, NumbersReadBackAsTheyWere) {
    EXPECT_EQ(sample("a", {}, 1e15), "a 1000000000000000\n");
    EXPECT_EQ(sample("a", {}, -7), "a -7\n");
    EXPECT_EQ(sample("a", {}, 0.1), "a 0.1\n");
    EXPECT_EQ(sample("a", {}, std::nan("")), "a NaN\n");
    EXPECT_EQ(sample("a", {}, std::numeric_limits<double>::infinity()), "a +Inf\n");
    EXPECT_EQ(sample("a", {}, -std::numeric_limits<double>::infinity()), "a -Inf\n");
    EXPECT_EQ(std::stod(sample("a", {}, 1e300).substr(2)), 1e300);
    EXPECT_EQ(std::stod(sample("a", {}, 1.0 / 3).substr(2)), 1.0 / 3);
}

TEST(Metrics, BucketsAreCumulativeAndEndWithAll) {
    LatencyHistogram latency;
    for (const std::uint64_t ms : {1, 20, 20, 300, 700, 90000}) latency.add(ms * 1'000'000 + 1000);
    latency.add(1000);
    std::istringstream lines(histogram("h", {{"d", "x"}}, latency, 91.041));
    std::vector<std::uint64_t> counts;
    std::string line, last;
    while (std::getline(lines, line)) {
        if (line.starts_with("h_bucket{d=\"x\",le=\"")) counts.push_back(std::stoull(line.substr(line.rfind(' '))));
        if (line.starts_with("h_bucket{d=\"x\",le=\"0.5\"}")) {
            EXPECT_EQ(counts.back(), 5U);
        }
        last += line + "\n";
    }
    ASSERT_EQ(counts.size(), 15U);
    EXPECT_EQ(counts.front(), 1U);
    for (std::size_t i = 1; i < counts.size(); ++i) EXPECT_LE(counts[i - 1], counts[i]);
    EXPECT_EQ(counts[13], 6U);
    EXPECT_EQ(counts[14], 7U);
    EXPECT_TRUE(last.ends_with("h_bucket{d=\"x\",le=\"+Inf\"} 7\nh_sum{d=\"x\"} 91.041\nh_count{d=\"x\"} 7\n")) << last;
    EXPECT_TRUE(histogram("h", {}, latency, 1).starts_with("h_bucket{le=\"0.0001\"} 1\n"));
}

TEST(Metrics, OnlyValidUtf8Stays) {
    for (const char* valid : {"", "abc", "é", "€", "\U0001F600", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
        EXPECT_EQ(printable_utf8(valid), valid);
    EXPECT_EQ(printable_utf8("a\xE9z"), "a\\xE9z");                         // Latin 1
    EXPECT_EQ(printable_utf8("\xC0\xAF"), "\\xC0\\xAF");                    // overlong
    EXPECT_EQ(printable_utf8("\xE0\x80\x80"), "\\xE0\\x80\\x80");           // overlong
    EXPECT_EQ(printable_utf8("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // surrogate
    EXPECT_EQ(printable_utf8("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80");  // beyond U+10FFFF
    EXPECT_EQ(printable_utf8("€\xE2\x82"), "€\\xE2\\x82");                  // cut off
    EXPECT_EQ(printable_ascii("a\xC3\xA9"), "a\\xC3\\xA9");
}

}  // namespace perfkit::metrics

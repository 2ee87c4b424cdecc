#include "perfkit/core/health.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace perfkit::health {

TEST(HealthThresholds, AreReadByName) {
    const auto read = parse_thresholds(" connections = 70/90 ,cache_hit=95,\n xid_age=/60.5,");
    ASSERT_EQ(read.size(), 3u);
    EXPECT_EQ(read[0].check, "connections");
    EXPECT_EQ(read[0].warn, 70);
    EXPECT_EQ(read[0].critical, 90);
    EXPECT_EQ(read[1].warn, 95);
    EXPECT_EQ(read[1].critical, std::nullopt);
    EXPECT_EQ(read[2].warn, std::nullopt);
    EXPECT_EQ(read[2].critical, 60.5);
    EXPECT_TRUE(parse_thresholds("").empty());
    EXPECT_TRUE(parse_thresholds("  ").empty());
}

TEST(HealthThresholds, AnythingElseIsAnError) {
    for (const char* const text : {"connections", "connections=", "connections=/", "=5", "a b=5", "A=5", "a=5/6/7",
                                   "a=5x", "a=nan", "a=inf", "a=1e999", ",a=5", "a=5,,b=6", "a='5'", "a=5;b=6"})
        EXPECT_THROW(parse_thresholds(text), std::invalid_argument) << text;
}

TEST(HealthNames, AreReadFromAList) {
    EXPECT_EQ(parse_names("connections, cache_hit"), (std::vector<std::string>{"connections", "cache_hit"}));
    EXPECT_TRUE(parse_names(" ").empty());
    EXPECT_THROW(parse_names("connections cache_hit"), std::invalid_argument);
    EXPECT_THROW(parse_names("x, \"y\""), std::invalid_argument);
}

}  // namespace perfkit::health

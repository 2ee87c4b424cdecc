#include "rounds.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <string>

namespace perfkit::cli {
namespace {

using nlohmann::json;

json round_of(const std::string& label, double p50, int samples, int scans, json p99 = nullptr) {
    return {{"label", label},
            {"seed", 42},
            {"queries", {{{"name", "page"}, {"p50_ms", p50}, {"p99_ms", p99}, {"samples", samples}}}},
            {"indexes", {{{"name", "t_x_idx"}, {"scans", scans}, {"bytes", 1000 + scans}}}},
            {"storage", {{"index_bytes", 1000 + scans}}},
            {"cache", {{"indexes", {{"hit_ratio", 0.5}}}}}};
}

}  // namespace

TEST(Rounds, OneReportPerLabelInOrder) {
    const auto merged = merge_rounds({round_of("b", 3, 1, 0), round_of("a", 1, 1, 0), round_of("b", 5, 1, 0),
                                      round_of("", 9, 1, 0), round_of("", 8, 1, 0)});
    ASSERT_EQ(merged.size(), 4u);
    EXPECT_EQ(merged[0]["label"], "b");
    EXPECT_EQ(merged[1]["label"], "a");
    EXPECT_EQ(merged[1], round_of("a", 1, 1, 0));
    EXPECT_EQ(merged[3]["queries"][0]["p50_ms"], 8);
}

TEST(Rounds, MediansSumsAndSpread) {
    const auto merged =
        merge_rounds({round_of("a", 7, 10, 1, 20), round_of("a", 1, 20, 0, 30), round_of("a", 3, 5, 2)});
    ASSERT_EQ(merged.size(), 1u);
    const json& page = merged[0]["queries"][0];
    EXPECT_EQ(page["p50_ms"], 3);
    EXPECT_EQ(page["p50_low_ms"], 1);
    EXPECT_EQ(page["p50_high_ms"], 7);
    EXPECT_EQ(page["rounds"]["p50_ms"], json({7.0, 1.0, 3.0}));
    EXPECT_EQ(page["samples"], 35);
    EXPECT_TRUE(page["p99_ms"].is_null());  // one round has none
    EXPECT_EQ(merged[0]["indexes"][0]["scans"], 3);
    EXPECT_EQ(merged[0]["storage"]["index_bytes"], 1002);
    EXPECT_EQ(merged[0]["seed"], 42);
    EXPECT_EQ(merged[0]["cache"]["indexes"]["hit_ratio"], 0.5);
}

TEST(Rounds, MedianOfTwoIsBetweenThem) {
    const auto merged = merge_rounds({round_of("a", 7, 10, 1), round_of("a", 1, 20, 0)});
    ASSERT_EQ(merged.size(), 1u);
    EXPECT_EQ(merged[0]["queries"][0]["p50_ms"], 4);
}

TEST(Rounds, WhatDiffersIsListed) {
    json second = round_of("a", 1, 1, 0);
    second["seed"] = 43;
    EXPECT_EQ(merge_rounds({round_of("a", 1, 1, 0), second})[0]["seed"], json({42, 43}));
}

}  // namespace perfkit::cli

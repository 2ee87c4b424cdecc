#include "metrics_server.hpp"

#include <gtest/gtest.h>

#include "failure.hpp"
#include "metrics_collector.hpp"

namespace perfkit::cli {

using std::chrono::milliseconds;

TEST(MetricsAddress, IsTheLoopbackUnlessAnotherIsNamed) {
    const auto read = [](std::string_view text) { return text_of(parse_address(text)); };
    EXPECT_EQ(read("10187"), "127.0.0.1:10187");
    EXPECT_EQ(read("0"), "127.0.0.1:0");
    EXPECT_EQ(read("0.0.0.0:10187"), "0.0.0.0:10187");
    EXPECT_EQ(read("db.example:65535"), "db.example:65535");
    EXPECT_EQ(read("[::1]:10187"), "[::1]:10187");
    EXPECT_EQ(parse_address("[::]:1").host, "::");
}

TEST(MetricsAddress, AnythingElseIsRefused) {
    for (const char* const text : {"", ":", ":10187", "a", "a:", "a:b", "a:-1", "a:65536", "a:1.5", "a:1e3", "::1:5",
                                   "[]:5", "[::1]", "http://a:5", "a b:5", "a:+5"})
        EXPECT_THROW(parse_address(text), UsageError) << text;
}

TEST(MetricsBudget, KeepsSomeOfTheScrapersTimeBack) {
    const auto budget = [](std::string_view header) { return scrape_budget(header, milliseconds(7000)).count(); };
    EXPECT_EQ(budget("10"), 9500);
    EXPECT_EQ(budget("2.5"), 2000);
    EXPECT_EQ(budget("0.5"), 250);
    EXPECT_EQ(budget("1e-9"), 1);
    EXPECT_EQ(budget("3600"), 59500);
    for (const char* const text : {"", "0", "-1", "many", "1e9", "inf", "nan", "10;DROP"})
        EXPECT_EQ(budget(text), 7000) << text;
}

TEST(MetricsQuery, WhatIsNotGivenIsLeftToTheServer) {
    MetricsQuery query;
    EXPECT_EQ(metrics_arguments(query, false), "");
    EXPECT_EQ(metrics_arguments(query, true), "areas => '{vacuum,bloat}'");
    query.top_queries = 5;
    query.top_tables = 6;
    query.sizes_ms = 0;
    query.checks = "deadlocks, it's";
    EXPECT_EQ(metrics_arguments(query, false),
              "top_tables => 6, top_queries => 5, sizes_ms => 0, checks => ARRAY['deadlocks', 'it''s']");
    EXPECT_EQ(metrics_arguments(query, true), "top_tables => 6, areas => '{vacuum,bloat}'");
    query = {};
    query.checks = "all";
    EXPECT_EQ(metrics_arguments(query, false), "checks => NULL");
    query.checks = "none";
    EXPECT_EQ(metrics_arguments(query, false), "checks => '{}'");
}

}  // namespace perfkit::cli

#include "comparison.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench_report.hpp"

namespace perfkit::cli {
namespace {

using nlohmann::json;

// A run of one read and one write; latencies are spread by one percent around the given middle.
json report_of(double read_ms, double write_ms, std::size_t samples, bool unused_index) {
    Workload workload = parse_workload("-- name: page\nSELECT 1\n-- name: change\n-- kind: write\nSELECT 2", "w");
    DriverResult result;
    result.elapsed_seconds = 10;
    result.templates.resize(2);
    for (std::size_t i = 0; i < samples; ++i) {
        const double spread = 0.99 + 0.02 * static_cast<double>(i) / static_cast<double>(samples);
        result.templates[0].latency.push_back(read_ms * spread);
        result.templates[1].latency.push_back(write_ms * spread);
    }
    for (auto& entry : result.templates) entry.service = entry.latency;
    json report = json_of_samples(workload, result, false);
    report["format"] = bench_format;
    report["server"] = {{"settings", {{"work_mem", "4MB"}}}};
    report["cache"] = {{"all", {{"hit_ratio", 0.5}}}};
    report["storage"] = {{"table_bytes", 1000}, {"index_bytes", 2048}};
    report["wal_bytes"] = 100;
    report["indexes"] = json::array();
    if (unused_index) {
        report["indexes"].push_back({{"name", "t_pkey"}, {"bytes", 9}, {"scans", 0}, {"constraint", true}});
        report["indexes"].push_back({{"name", "t_x_idx"}, {"bytes", 9}, {"scans", 0}, {"constraint", false}});
        report["indexes"].push_back({{"name", "t_y_idx"}, {"bytes", 9}, {"scans", 3}, {"constraint", false}});
    }
    return report;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(Comparison, VerdictNeedsAChangeAndCertainty) {
    const json slow = report_of(100, 1, 50, false)["queries"][0];
    const json fast = report_of(10, 1, 50, false)["queries"][0];
    const json nearly = report_of(95, 1, 50, false)["queries"][0];
    const json few = report_of(10, 1, 5, false)["queries"][0];
    EXPECT_EQ(judge(slow, fast), Verdict::faster);
    EXPECT_EQ(judge(fast, slow), Verdict::slower);
    EXPECT_EQ(judge(slow, nearly), Verdict::unchanged);
    EXPECT_EQ(judge(slow, few), Verdict::too_few_samples);
    EXPECT_EQ(judge(json::object(), fast), Verdict::too_few_samples);

    json uncertain = fast;
    uncertain["p50_high_ms"] = 120;
    EXPECT_EQ(judge(slow, uncertain), Verdict::unchanged);
}

TEST(Comparison, ChangeIsRelative) {
    EXPECT_EQ(change_text(100, 2.6), "-97.4 %");
    EXPECT_EQ(change_text(10, 14.7), "+47.0 %");
    EXPECT_EQ(change_text(json(nullptr), 1), "-");
    EXPECT_EQ(change_text(0, 1), "-");
    EXPECT_EQ(change_text(100, 99.99), "0.0 %");
}

TEST(Comparison, SaysWhatDidNotHelp) {
    const std::string text =
        compare_reports({report_of(100, 1, 50, false), report_of(99, 2, 50, true)}, Measure::latency, false);
    EXPECT_TRUE(contains(text, "Not helped by any index: page.")) << text;
    EXPECT_TRUE(contains(text, "Slower than before: change.")) << text;
    EXPECT_TRUE(contains(text, "Of the new indexes, no query of the run used (9 B): t_x_idx.")) << text;
    const std::string cache = text.substr(text.find("cache hit"));
    EXPECT_TRUE(contains(cache.substr(0, cache.find('\n')), " 50.00 %  50.00 %")) << text;
    EXPECT_FALSE(contains(text, "due, not started")) << "no run had a rate to keep to:\n" << text;
}

TEST(Comparison, AGainThatIsNotCertainIsNotCalledNone) {
    const json before = report_of(100, 1, 50, false);
    json after = report_of(50, 1, 50, false);
    after["queries"][0]["p50_high_ms"] = 120;
    const std::string text = compare_reports({before, after}, Measure::latency, false);
    EXPECT_TRUE(contains(text, "Perhaps faster; more samples would tell: page.")) << text;
    EXPECT_FALSE(contains(text, "Not helped")) << text;
}

TEST(Comparison, EachFigureOfThreeRunsHasItsSamples) {
    const json keys = report_of(100, 1, 600, false);
    const json few = report_of(10, 1, 400, false);
    const std::string same = compare_reports({keys, keys, keys}, Measure::latency, true);
    EXPECT_TRUE(contains(same, "| P50, ms | samples |")) << same;
    EXPECT_TRUE(contains(same, "| page | 600 | 100.0 |")) << same;
    const std::string text = compare_reports({keys, few, few}, Measure::latency, true);
    EXPECT_TRUE(contains(text, "| page | 600, 400, 400 | 100.0 |")) << text;

    const std::string short_runs = compare_reports({few, few, few}, Measure::latency, true);
    const std::string p99 = short_runs.substr(short_runs.find("P99, ms"), short_runs.find("mean, ms"));
    EXPECT_FALSE(contains(p99.substr(0, p99.find("mean, ms")), "| page |")) << short_runs;
    EXPECT_TRUE(contains(p99, "| all | 800 |")) << short_runs;
}

TEST(Comparison, GainsNeedNoExcuse) {
    const std::string text =
        compare_reports({report_of(100, 1, 600, false), report_of(1, 1, 600, false)}, Measure::latency, true);
    EXPECT_TRUE(contains(text, "| page | 600 -> 600 | 100.0 -> 1.000 | -99.0 % |")) << text;
    EXPECT_FALSE(contains(text, "Not helped")) << text;
    EXPECT_FALSE(contains(text, "Slower")) << text;
}

TEST(Comparison, RunsThatWereNotMadeAlikeAreNamed) {
    json first = report_of(1, 1, 10, false);
    json second = first;
    first["seed"] = 1;
    second["seed"] = 2;
    second["server"]["settings"]["work_mem"] = "64MB";
    const std::string text = compare_reports({first, second}, Measure::latency, false);
    EXPECT_TRUE(contains(text, "Note: the runs differ in seed: 1, 2.")) << text;
    EXPECT_TRUE(contains(text, "Note: the server's settings differ: work_mem.")) << text;
}

TEST(Comparison, P99OnlyWithFiveHundredSamples) {
    EXPECT_TRUE(report_of(1, 1, 499, false)["queries"][0]["p99_ms"].is_null());
    EXPECT_TRUE(report_of(1, 1, 500, false)["queries"][0]["p99_ms"].is_number());
}

TEST(Comparison, MeanOfTheMixFollowsWeightsNotSamples) {
    Workload workload = parse_workload("-- name: a\n-- weight: 3\nSELECT 1\n-- name: b\nSELECT 2", "w");
    DriverResult result;
    result.elapsed_seconds = 1;
    result.templates.resize(2);
    result.templates[0].latency = result.templates[0].service = {1};
    result.templates[1].latency = result.templates[1].service = {5, 5, 5};
    EXPECT_DOUBLE_EQ(json_of_samples(workload, result, false)["mix_mean_ms"].get<double>(), 2);
}

}  // namespace perfkit::cli

#include "chart.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace perfkit::cli {
namespace {

nlohmann::json report(std::initializer_list<std::pair<const char*, double>> medians) {
    nlohmann::json queries = nlohmann::json::array();
    for (const auto& [name, p50] : medians)
        queries.push_back({{"name", name}, {"p50_ms", p50}, {"p50_low_ms", p50 * 0.9}, {"p50_high_ms", p50 * 1.1}});
    return {{"queries", queries}, {"mix_mean_ms", 12.5}};
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST(Chart, DrawsWhatBothRunsMeasuredSlowestFirst) {
    const auto svg = chart_of(report({{"quick", 1}, {"slow", 100}, {"gone", 5}}), report({{"slow", 2}, {"quick", 9}}));
    EXPECT_EQ(count(svg, "class=\"before\""), 2u);
    EXPECT_EQ(count(svg, "class=\"after\""), 1u);
    EXPECT_EQ(count(svg, "class=\"slower\""), 1u);
    EXPECT_LT(svg.find(">slow<"), svg.find(">quick<"));
    EXPECT_EQ(svg.find("gone"), std::string::npos);
}

TEST(Chart, LongerBarsForLongerTimes) {
    const auto svg = chart_of(report({{"q", 1000}}), report({{"q", 1}}));
    const auto width_of = [&](const char* style) {
        const auto end = svg.find(style);
        return std::stod(svg.substr(svg.rfind("width=\"", end) + 7));
    };
    EXPECT_NEAR(width_of("class=\"before\""), 470, 1);
    EXPECT_LT(width_of("class=\"after\""), 5);
}

TEST(Chart, EscapesNames) {
    const auto svg = chart_of(report({{"<a&b>", 3}}), report({{"<a&b>", 3}}));
    EXPECT_EQ(svg.find("<a&b>"), std::string::npos);
    EXPECT_NE(svg.find("&lt;a&amp;b&gt;"), std::string::npos);
}

}  // namespace
}  // namespace perfkit::cli

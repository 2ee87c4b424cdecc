#include "chart.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "comparison.hpp"
#include "text.hpp"

namespace perfkit::cli {
namespace {

using nlohmann::json;

constexpr int width = 860;
constexpr int bars_begin = 230;
constexpr int bars_end = 700;
constexpr int row_height = 38;
constexpr int head_height = 64;
constexpr int foot_height = 36;

struct Row {
    std::string name;
    double before;
    double after;
    Verdict verdict;
};

std::vector<Row> rows_of(const json& before, const json& after) {
    std::vector<Row> rows;
    for (const auto& entry : before["queries"]) {
        for (const auto& later : after["queries"]) {
            if (later["name"] != entry["name"] || !entry["p50_ms"].is_number() || !later["p50_ms"].is_number())
                continue;
            rows.push_back({entry["name"].get<std::string>(), entry["p50_ms"].get<double>(),
                            later["p50_ms"].get<double>(), judge(entry, later)});
        }
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.before > b.before; });
    return rows;
}

// Milliseconds to a place on the picture; whole decades carry the grid.
class Scale {
public:
    explicit Scale(const std::vector<Row>& rows) {
        double least = 1, most = 10;
        for (const auto& row : rows) {
            least = std::min({least, row.before, row.after});
            most = std::max({most, row.before, row.after});
        }
        low_ = static_cast<int>(std::floor(std::log10(std::max(least, 1e-3))));
        high_ = static_cast<int>(std::ceil(std::log10(most)));
    }
    int low() const { return low_; }
    int high() const { return high_; }
    double place(double ms) const {
        const double share = (std::log10(std::max(ms, 1e-3)) - low_) / (high_ - low_);
        return bars_begin + std::clamp(share, 0.004, 1.0) * (bars_end - bars_begin);
    }

private:
    int low_;
    int high_;
};

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

std::string text_at(double x, double y, const char* style, const std::string& text) {
    return "<text x=\"" + format_fixed(x, 1) + "\" y=\"" + format_fixed(y, 1) + "\" class=\"" + style + "\">" +
           escaped(text) + "</text>\n";
}

std::string bar(const Scale& scale, double ms, double y, const char* style) {
    return "<rect x=\"" + std::to_string(bars_begin) + "\" y=\"" + format_fixed(y, 1) + "\" width=\"" +
           format_fixed(scale.place(ms) - bars_begin, 1) + "\" height=\"11\" rx=\"2\" class=\"" + style + "\"/>\n";
}

std::string grid(const Scale& scale, int bottom) {
    std::string lines;
    for (int decade = scale.low(); decade <= scale.high(); ++decade) {
        const double ms = std::pow(10, decade);
        const std::string x = format_fixed(
            bars_begin + (bars_end - bars_begin) * (decade - scale.low()) * 1.0 / (scale.high() - scale.low()), 1);
        lines += "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + std::to_string(head_height - 8) + "\" y2=\"" +
                 std::to_string(bottom) + "\" class=\"grid\"/>\n";
        lines += "<text x=\"" + x + "\" y=\"" + std::to_string(bottom + 18) + "\" class=\"tick\">" +
                 (ms >= 1000 ? format_fixed(ms / 1000, 0) + " s"
                  : ms >= 1  ? format_fixed(ms, 0) + " ms"
                             : format_fixed(ms, -decade) + " ms") +
                 "</text>\n";
    }
    return lines;
}

constexpr const char* style = R"(<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 16px }
.name { text-anchor: end } .tick { text-anchor: middle; font-size: 11px; fill: #57606a } .quiet { fill: #57606a; font-size: 12px }
.grid { stroke: #d0d7de } .before { fill: #afb8c1 } .after { fill: #1f6feb } .slower { fill: #cf222e } .back { fill: #ffffff }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .tick, .quiet { fill: #8d96a0 } .grid { stroke: #30363d }
.before { fill: #6e7681 } .after { fill: #58a6ff } .slower { fill: #ff7b72 } .back { fill: #0d1117 } }
</style>
)";

}  // namespace

std::string chart_of(const json& before, const json& after) {
    const std::vector<Row> rows = rows_of(before, after);
    const Scale scale(rows);
    const int bottom = head_height + row_height * static_cast<int>(rows.size());
    const std::string height = std::to_string(bottom + foot_height);

    std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + std::to_string(width) + " " +
                      height + "\" role=\"img\" aria-label=\"Median latency of each query before and after\">\n" +
                      style + "<rect class=\"back\" width=\"" + std::to_string(width) + "\" height=\"" + height +
                      "\"/>\n";
    svg += text_at(16, 24, "title", "Median latency per query, before and after");
    svg += text_at(16, 44, "quiet",
                   "grey: before, blue: after; logarithmic scale; all queries together: mean " +
                       format_milliseconds(before["mix_mean_ms"]) + " ms before, " +
                       format_milliseconds(after["mix_mean_ms"]) + " ms after");
    svg += grid(scale, bottom);
    double y = head_height;
    for (const Row& row : rows) {
        svg += text_at(bars_begin - 12, y + 18, "name", row.name);
        svg += bar(scale, row.before, y + 2, "before");
        svg += bar(scale, row.after, y + 15, row.verdict == Verdict::slower ? "slower" : "after");
        svg += text_at(bars_end + 14, y + 18, "",
                       format_milliseconds(row.before) + " → " + format_milliseconds(row.after) + " ms");
        y += row_height;
    }
    return svg + "</svg>\n";
}

}  // namespace perfkit::cli

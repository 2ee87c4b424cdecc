#include "perfkit/core/report/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

namespace perfkit::report {

namespace {

std::string at(double x, double y) { return coordinate(x) + "," + coordinate(y); }

void rectangle(Html& html, const char* style, double x, double y, double width, double height) {
    html.element("rect", {{"class", style},
                          {"x", coordinate(x)},
                          {"y", coordinate(y)},
                          {"width", coordinate(std::max(width, 0.0))},
                          {"height", coordinate(std::max(height, 0.0))}});
}

void line(Html& html, const char* style, double x1, double y1, double x2, double y2) {
    html.element("line", {{"class", style},
                          {"x1", coordinate(x1)},
                          {"y1", coordinate(y1)},
                          {"x2", coordinate(x2)},
                          {"y2", coordinate(y2)}});
}

void dot(Html& html, const char* style, double x, double y, double radius) {
    html.element("circle", {{"class", style}, {"cx", coordinate(x)}, {"cy", coordinate(y)}, {"r", coordinate(radius)}});
}

template <typename Body>
void picture(Html& html, const char* style, double width, double height, const std::string& title, Body&& body) {
    html.element("svg",
                 {{"class", style},
                  {"viewBox", "0 0 " + coordinate(width) + " " + coordinate(height)},
                  {"width", coordinate(width)},
                  {"height", coordinate(height)},
                  {"role", "img"}},
                 [&] {
                     html.leaf("title", {}, title);
                     body();
                 });
}

// Places on a logarithmic axis.
class Decades {
public:
    Decades(double least, double most, double width)
        : low_(std::log10(std::max(least, 1e-3))), high_(std::log10(std::max(most, 1e-3))), width_(width) {
        if (!(high_ > low_)) high_ = low_ + 1;
    }
    double place(double value) const {
        const double share = (std::log10(std::max(value, 1e-3)) - low_) / (high_ - low_);
        return std::clamp(share, 0.0, 1.0) * width_;
    }

private:
    double low_;
    double high_;
    double width_;
};

constexpr double histogram_width = 150;
constexpr double histogram_height = 34;
// Bars as wide as half an octave.
constexpr int buckets_of_bar = LatencyHistogram::steps_per_octave / 2;

struct Bar {
    double from;
    double to;
    double count;
};

std::vector<Bar> bars_of(const LatencyHistogram& latency) {
    std::vector<Bar> bars;
    for (int first = 0; first < LatencyHistogram::bucket_count; first += buckets_of_bar) {
        const int end = std::min(first + buckets_of_bar, LatencyHistogram::bucket_count);
        double count = 0;
        for (int bucket = first; bucket < end; ++bucket) count += static_cast<double>(latency.count(bucket));
        if (count > 0)
            bars.push_back({LatencyHistogram::lower_edge(first), LatencyHistogram::upper_edge(end - 1), count});
    }
    return bars;
}

double highest(const std::vector<Bar>& bars) {
    double most = 0;
    for (const Bar& bar : bars) most = std::max(most, bar.count);
    return most;
}

void marks(Html& html, const LatencyHistogram& latency, const Decades& axis) {
    constexpr std::array<std::pair<double, const char*>, 3> shares{{{0.5, "p50"}, {0.95, "p95"}, {0.99, "p99"}}};
    for (const auto& [share, style] : shares) {
        const auto microseconds = latency.percentile(share);
        if (!microseconds) continue;
        const double x = axis.place(*microseconds);
        line(html, style, x, 0, x, histogram_height);
    }
}

// A path through all points that are known.
std::string path_of(const std::vector<Number>& course, double width, double top, double bottom, double low,
                    double high) {
    std::string path;
    const double step = course.size() > 1 ? width / static_cast<double>(course.size() - 1) : 0;
    for (std::size_t i = 0; i < course.size(); ++i) {
        if (!course[i] || !std::isfinite(*course[i])) continue;
        const double y = bottom - (*course[i] - low) / (high - low) * (bottom - top);
        path += (path.empty() ? "M" : "L") + at(static_cast<double>(i) * step, y);
    }
    return path;
}

std::pair<double, double> range_of(const std::vector<Number>& course, std::pair<double, double> range) {
    for (const Number& value : course) {
        if (!value || !std::isfinite(*value)) continue;
        range.first = std::min(range.first, *value);
        range.second = std::max(range.second, *value);
    }
    return range;
}

constexpr std::pair<double, double> nothing_yet{INFINITY, -INFINITY};

// The next larger of 1, 2, 2.5, 5, 10, ...: of bytes in powers of 1024.
double rounded_up(double value, Unit unit) {
    if (!(value > 0)) return 1;
    double base = 1;
    if (unit == Unit::bytes || unit == Unit::bytes_per_second)
        while (value >= base * 1024) base *= 1024;
    const double power = std::pow(10, std::floor(std::log10(value / base)));
    for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0})
        if (value <= step * power * base * 1.0000001) return step * power * base;
    return value;
}

// The upright axis of a chart.  Durations have a logarithmic one: a rare slow call must not flatten all others.
class Axis {
public:
    Axis(double low, double high, Unit unit) : logarithmic_(unit == Unit::milliseconds && high > 0) {
        if (logarithmic_) {
            high_ = std::ceil(std::log10(std::max(high, least)) - 1e-9);
            low_ = std::min(std::floor(std::log10(std::max(low, least)) + 1e-9), high_ - 1);
            const double step = high_ - low_ > 4 ? 2 : 1;
            for (double decade = low_; decade <= high_; decade += step) marks_.push_back(std::pow(10, decade));
            return;
        }
        // From zero, but for shares that never come near it and for sizes that hardly change.
        low_ = 0;
        high_ = rounded_up(high, unit);
        if (unit == Unit::percent) {
            high_ = 100;
            low_ = low >= 90 ? 90 : low >= 50 ? 50 : 0;
        } else if (unit == Unit::bytes && low > 0.8 * high) {
            const double room = std::max((high - low) * 0.5, high * 0.005);
            low_ = low - room;
            high_ = high + room;
        }
        marks_ = {low_, (low_ + high_) / 2, high_};
    }
    double share(double value) const {
        return ((logarithmic_ ? std::log10(std::max(value, least)) : value) - low_) / (high_ - low_);
    }
    std::vector<Number> shares(std::vector<Number> course) const {
        for (Number& value : course)
            if (value && std::isfinite(*value)) value = share(*value);
        return course;
    }
    const std::vector<double>& marks() const { return marks_; }

private:
    static constexpr double least = 1e-3;
    bool logarithmic_;
    double low_ = 0;
    double high_ = 1;
    std::vector<double> marks_;
};

}  // namespace

void sparkline(Html& html, const std::vector<Number>& course, const std::string& title) {
    constexpr double width = 120, height = 26;
    const auto range = range_of(course, nothing_yet);
    // A single point has no course.
    if (std::count_if(course.begin(), course.end(), [](const Number& value) { return value.has_value(); }) < 2) return;

    if (!(range.second >= range.first)) return;
    const double floor = std::min(range.first, 0.0);
    const double ceiling = range.second > floor ? range.second : floor + 1;
    picture(html, "spark", width, height, title, [&] {
        const std::string path = path_of(course, width - 4, 3, height - 2, floor, ceiling);
        const double step = course.size() > 1 ? (width - 4) / static_cast<double>(course.size() - 1) : 0;
        std::size_t first = 0, last = course.size() - 1;
        while (first < last && !course[first]) ++first;
        while (last > first && !course[last]) --last;
        html.element("path", {{"class", "area"},
                              {"d", path + "L" + at(static_cast<double>(last) * step, height - 2) + "L" +
                                        at(static_cast<double>(first) * step, height - 2) + "Z"}});
        html.element("path", {{"class", "line"}, {"d", path}});
        if (course[last])
            dot(html, "end", static_cast<double>(last) * step,
                height - 2 - (*course[last] - floor) / (ceiling - floor) * (height - 5), 2);
    });
}

void histogram(Html& html, const LatencyHistogram& latency, const LatencyHistogram& before, double least, double most,
               const std::string& title) {
    const std::vector<Bar> bars = bars_of(latency);
    const std::vector<Bar> earlier = bars_of(before);
    if (bars.empty() && earlier.empty()) return;
    const Decades axis(least, most, histogram_width);
    picture(html, "histogram", histogram_width, histogram_height, title, [&] {
        const auto draw = [&](const std::vector<Bar>& what, const char* style) {
            const double full = highest(what);
            for (const Bar& bar : what) {
                // The square root, so that the rare slow calls are seen beside the many fast ones.
                const double height = std::max(std::sqrt(bar.count / full) * (histogram_height - 2), 1.0);
                const double from = axis.place(bar.from), to = axis.place(bar.to);
                rectangle(html, style, from, histogram_height - height, std::max(to - from - 0.6, 1.0), height);
            }
        };
        draw(earlier, "past");
        draw(bars, "bars");
        marks(html, latency, axis);
    });
}

void histogram_axis(Html& html, double least, double most) {
    const Decades axis(least, most, histogram_width);
    picture(html, "axis", histogram_width, 12, "Axis of the histograms below", [&] {
        double last = -100;
        for (double decade = std::pow(10, std::ceil(std::log10(std::max(least, 1e-3)))); decade <= most; decade *= 10) {
            const double x = axis.place(decade);
            if (x < last + 44 || x > histogram_width - 8) continue;
            last = x;
            line(html, "grid", x, 9, x, 12);
            html.leaf("text", {{"x", coordinate(x)}, {"y", "8"}, {"text-anchor", x < 14 ? "start" : "middle"}},
                      number_text(decade / 1000, Unit::milliseconds));
        }
    });
}

void line_chart(Html& html, std::span<const Measure> lines, const std::vector<Tick>& ticks) {
    constexpr double width = 340, height = 150, left = 52, right = 330, top = 10, bottom = 124;
    const Unit unit = lines.front().unit;
    auto [low, high] = nothing_yet;
    std::string title = lines.front().chart + " over the window:";
    for (const Measure& measure : lines) {
        const auto own = range_of(measure.course, nothing_yet);
        if (own.first <= own.second)
            title += " " + measure.name + " from " + number_text(own.first, unit) + " to " +
                     number_text(own.second, unit) + ";";
        std::tie(low, high) = range_of(measure.course_before, range_of(measure.course, {low, high}));
    }
    if (!(high >= low)) return;
    title.back() = '.';
    const Axis axis(low, high, unit);
    const auto y_of = [&](double value) { return bottom - axis.share(value) * (bottom - top); };
    picture(html, "chart", width, height, title, [&] {
        for (const double value : axis.marks()) {
            line(html, value == axis.marks().front() ? "base" : "grid", left, y_of(value), right, y_of(value));
            html.leaf("text",
                      {{"x", coordinate(left - 6)}, {"y", coordinate(y_of(value) + 3.5)}, {"text-anchor", "end"}},
                      number_text(value, unit));
        }
        for (const Tick& tick : ticks) {
            const double x = left + tick.place * (right - left);
            line(html, "grid", x, bottom, x, bottom + 4);
            html.leaf("text",
                      {{"x", coordinate(x)},
                       {"y", coordinate(bottom + 16)},
                       {"text-anchor", tick.place > 0.92   ? "end"
                                       : tick.place < 0.05 ? "start"
                                                           : "middle"}},
                      tick.label);
        }
        html.element("g", {{"transform", "translate(" + coordinate(left) + ",0)"}}, [&] {
            const auto draw = [&](const std::vector<Number>& course, const std::string& style) {
                const std::string path = path_of(axis.shares(course), right - left, top, bottom, 0, 1);
                if (path.empty()) return;
                html.element("path", {{"class", style}, {"d", path}});
                if (path.find('L') == std::string::npos) {  // a single point is no line
                    const std::size_t comma = path.find(',');
                    html.element("circle", {{"class", "end"},
                                            {"cx", path.substr(1, comma - 1)},
                                            {"cy", path.substr(comma + 1)},
                                            {"r", "2"}});
                }
            };
            int number = 0;
            for (const Measure& measure : lines) draw(measure.course_before, "past l" + std::to_string(number++));
            number = 0;
            for (const Measure& measure : lines) draw(measure.course, "line l" + std::to_string(number++));
        });
    });
}

void bar(Html& html, double share) {
    html.element("svg",
                 {{"class", "bar"}, {"viewBox", "0 0 100 6"}, {"preserveAspectRatio", "none"}, {"aria-hidden", "true"}},
                 [&] {
                     rectangle(html, "rail", 0, 0, 100, 6);
                     rectangle(html, "bars", 0, 0, std::clamp(share, 0.0, 1.0) * 100, 6);
                 });
}

void dumbbell(Html& html, Number before, Number after, double least, double most, const std::string& title) {
    constexpr double width = 150, height = 18, margin = 6;
    const Decades axis(least, most, width - 2 * margin);
    const auto place = [&](double value) { return margin + axis.place(value); };
    picture(html, "dumbbell", width, height, title, [&] {
        line(html, "grid", 0, height / 2, width, height / 2);
        if (before && after)
            line(html, *after > *before ? "worse" : "better", place(*before), height / 2, place(*after), height / 2);
        if (before) dot(html, "from", place(*before), height / 2, 4);
        if (after) dot(html, "to", place(*after), height / 2, 4);
    });
}

void interval(Html& html, double low, double middle, double high, double most, const std::string& title) {
    constexpr double width = 150, height = 18;
    const auto place = [&](double value) {
        return width / 2 + std::clamp(most > 0 ? value / most : 0, -1.0, 1.0) * (width / 2 - 6);
    };
    picture(html, "interval", width, height, title, [&] {
        line(html, "base", width / 2, 0, width / 2, height);
        line(html, middle > 0 ? "worse" : "better", place(low), height / 2, place(high), height / 2);
        line(html, "cap", place(low), 5, place(low), height - 5);
        line(html, "cap", place(high), 5, place(high), height - 5);
        dot(html, "to", place(middle), height / 2, 4);
    });
}

}  // namespace perfkit::report

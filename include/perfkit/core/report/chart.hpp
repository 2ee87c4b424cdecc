// Pictures of a report: SVG of its own, with a title and a description for who cannot see it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "perfkit/core/latency.hpp"
#include "perfkit/core/report/data.hpp"
#include "perfkit/core/report/html.hpp"
#include "perfkit/core/report/treemap.hpp"

namespace perfkit::report {

// A line without axes, as high as a line of text.
void sparkline(Html& html, const std::vector<Number>& course, const std::string& title);

// Durations from `least` to `most` microseconds, on a logarithmic axis that all of a table share; the 50th, 95th and
// 99th percentile are marked.  `before` is drawn as an outline.
void histogram(Html& html, const LatencyHistogram& latency, const LatencyHistogram& before, double least, double most,
               const std::string& title);

// What lies below a column of histograms: their axis.
void histogram_axis(Html& html, double least, double most);

// Measures over the window, and where there are any over the window before.
void line_chart(Html& html, std::span<const Measure> lines, const std::vector<Tick>& ticks);

// A share, as a bar behind its number.
void bar(Html& html, double share);

// From one value to another, on a logarithmic axis that all of a table share.
void dumbbell(Html& html, Number before, Number after, double least, double most, const std::string& title);

// A difference and its interval, around zero.
void interval(Html& html, double low, double middle, double high, double most, const std::string& title);

// The largest relations by size; the hatched part of each would be given back.
void storage_map(Html& html, const std::vector<Relation>& relations, double others, double width, double height,
                 const std::string& style);

}  // namespace perfkit::report

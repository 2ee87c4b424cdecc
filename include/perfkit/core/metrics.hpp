// Metrics in Prometheus' text format, version 0.0.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "perfkit/core/latency.hpp"

namespace perfkit::metrics {

// The value is UTF-8, as by printable_utf8(); an empty one says as much as no label at all.
struct Label {
    std::string name;
    std::string value;
};

// The line of one sample.
std::string sample(std::string_view name, const std::vector<Label>& labels, double value);

// The lines of a histogram of seconds: _bucket, _sum and _count.  A bound may take in or leave out
// durations that are within 4.5 % of it.
std::string histogram(std::string_view name, const std::vector<Label>& labels, const LatencyHistogram& latency,
                      double sum_seconds);

// Bytes that are no UTF-8 as \xHH: one of them in a label, and Prometheus would refuse everything.
std::string printable_utf8(std::string_view bytes);
// All bytes beyond ASCII so.
std::string printable_ascii(std::string_view bytes);

}  // namespace perfkit::metrics

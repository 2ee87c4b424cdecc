#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace perfkit {

// What is reported of one set of measured values, all in the unit of the values.
struct SampleSummary {
    std::size_t samples = 0;
    double sum = 0;
    double mean = 0;
    double p50 = 0;
    double p95 = 0;
    std::optional<double> p99;  // only where min_samples_for_p99 stand behind it
    double max = 0;
    // Where the true median lies with a confidence of at least 95 %; nothing below 6 samples.
    std::optional<double> p50_low;
    std::optional<double> p50_high;
};

// Fewer samples leave under five above the 99th percentile: one hiccup would then decide it.
inline constexpr std::size_t min_samples_for_p99 = 500;

// The smallest value that at least the given fraction of the samples do not exceed (nearest rank:
// always a value that was measured).  Requires a sorted, non-empty span and 0 <= fraction <= 1.
double percentile_of_sorted(std::span<const double> sorted, double fraction);

// Sorts the values.  All zero for an empty set.
SampleSummary summarize_samples(std::vector<double>& values);

}  // namespace perfkit

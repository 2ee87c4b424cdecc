#include "perfkit/core/samples.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace perfkit {

double percentile_of_sorted(std::span<const double> sorted, double fraction) {
    const double rank = std::ceil(fraction * static_cast<double>(sorted.size()));
    const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    return sorted[std::min(index, sorted.size() - 1)];
}

SampleSummary summarize_samples(std::vector<double>& values) {
    SampleSummary summary;
    if (values.empty()) return summary;
    std::sort(values.begin(), values.end());
    const auto count = static_cast<double>(values.size());
    summary.samples = values.size();
    summary.sum = std::accumulate(values.begin(), values.end(), 0.0);
    summary.mean = summary.sum / count;
    summary.p50 = percentile_of_sorted(values, 0.50);
    summary.p95 = percentile_of_sorted(values, 0.95);
    if (values.size() >= min_samples_for_p99) summary.p99 = percentile_of_sorted(values, 0.99);
    summary.max = values.back();
    // Each sample lies below the true median with probability 1/2, whatever the distribution, so
    // the interval between two order statistics follows from the binomial (normal approximation,
    // rounded outwards).  Below 6 samples even [min, max] covers less than 95 %.
    if (values.size() >= 6) {
        const double reach = 1.96 * std::sqrt(count) / 2;
        const double low = std::floor(count / 2 - reach);
        const double high = std::ceil(1 + count / 2 + reach);
        summary.p50_low = values[static_cast<std::size_t>(std::max(low, 1.0)) - 1];
        summary.p50_high = values[static_cast<std::size_t>(std::min(high, count)) - 1];
    }
    return summary;
}

}  // namespace perfkit

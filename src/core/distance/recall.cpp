#include "perfkit/core/distance/recall.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace perfkit::distance {

Recall recall_of(std::span<const double> shares) {
    const auto n = static_cast<double>(shares.size());
    const double mean = std::accumulate(shares.begin(), shares.end(), 0.0) / n;
    double squares = 0;
    for (const double share : shares) squares += (share - mean) * (share - mean);
    // The variance of the mean, and the number of yes-or-no observations that would have the same.
    const double variance = shares.size() > 1 ? squares / (n - 1) / n : 0;
    const double count = variance > 0 ? std::max(n, mean * (1 - mean) / variance) : n;

    constexpr double z = 1.959964;
    const double centre = (mean + z * z / (2 * count)) / (1 + z * z / count);
    const double half = z / (1 + z * z / count) * std::sqrt(mean * (1 - mean) / count + z * z / (4 * count * count));
    return {mean, std::clamp(centre - half, 0.0, mean), std::clamp(centre + half, mean, 1.0)};
}

double percentile(std::span<const double> sorted, double share) {
    const double place = std::ceil(share * static_cast<double>(sorted.size()));
    return sorted[static_cast<std::size_t>(std::clamp(place, 1.0, static_cast<double>(sorted.size()))) - 1];
}

void SettingSearch::tell(bool reached) {
    if (reached) {
        reached_ = next_;
    } else {
        below_ = next_;
    }
    if (!reached_) {
        if (next_ == highest_) {
            done_ = true;
        } else {
            next_ = next_ > highest_ / 2 ? highest_ : 2 * next_;
        }
        return;
    }
    const int gap = below_ ? *reached_ - *below_ : 0;
    if (gap <= std::max(1, *reached_ / 10)) {
        done_ = true;
        return;
    }
    next_ = *below_ + gap / 2;
}

}  // namespace perfkit::distance

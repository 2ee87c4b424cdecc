#include "perfkit/core/cache/forecast.hpp"

#include <algorithm>
#include <cmath>

namespace perfkit::cache {

namespace {

// Reads that took a buffer.  A buffer that is taken to extend a relation is no read.
double pool_reads(const Traffic& traffic) { return std::min(traffic.reads, traffic.taken); }

}  // namespace

void Arrivals::fade(double factor) noexcept {
    all *= factor;
    for (std::size_t i = 0; i < larger_sizes.size(); ++i) {
        kept[i] *= factor;
        unknown[i] *= factor;
    }
}

Arrivals& Arrivals::operator+=(const Arrivals& other) noexcept {
    all += other.all;
    for (std::size_t i = 0; i < larger_sizes.size(); ++i) {
        kept[i] += other.kept[i];
        unknown[i] += other.unknown[i];
    }
    return *this;
}

void Observed::add(const Traffic& traffic, const Arrivals& arrivals, double seconds, double rate) noexcept {
    const double accesses = traffic.hits + traffic.reads;
    if (accesses <= 0 && arrivals.all <= 0) return;  // while nothing happens, nothing becomes older
    const double factor = std::exp2(-seconds / half_life);
    traffic_.hits = traffic_.hits * factor + traffic.hits;
    traffic_.reads = traffic_.reads * factor + traffic.reads;
    traffic_.taken = traffic_.taken * factor + traffic.taken;
    seen_ = seen_ * factor + arrivals.all / rate;
    const double points = accesses > 0 ? 100 * pool_reads(traffic) / accesses : 100;
    for (std::size_t i = 0; i < larger_sizes.size(); ++i) {
        // What was learnt with much unknown would weigh on the forecast for long; it begins when little is.
        if (arrivals.all > 0 && points * arrivals.unknown[i] / arrivals.all > unknown_points) {
            arrivals_[i] = {};
            accesses_[i] = 0;
            continue;
        }
        arrivals_[i].fade(factor);
        arrivals_[i] += arrivals;
        accesses_[i] = accesses_[i] * factor + accesses;
    }
}

void Observed::halve() noexcept {
    for (Arrivals& arrivals : arrivals_) arrivals.fade(0.5);
}

std::optional<double> Observed::hit_percent() const noexcept {
    const double accesses = traffic_.hits + traffic_.reads;
    if (accesses <= 0) return std::nullopt;
    return 100 * traffic_.hits / accesses;
}

std::optional<double> Observed::seen_percent() const noexcept {
    if (traffic_.taken <= 0) return std::nullopt;
    return 100 * seen_ / traffic_.taken;
}

std::optional<Forecast> Observed::larger(std::size_t size) const noexcept {
    const double accesses = traffic_.hits + traffic_.reads;
    if (accesses <= 0 || accesses_[size] < least_accesses) return std::nullopt;
    const Arrivals& seen = arrivals_[size];
    const double points = 100 * pool_reads(traffic_) / accesses;
    if (seen.all < least_arrivals && points >= 1) return std::nullopt;
    const double now = 100 * traffic_.hits / accesses;
    // Buffers taken for pages that are new are among the arrivals, and never kept: the share is one of all taken.
    const double taken = 100 * traffic_.taken / accesses;
    const auto with = [&](double share) { return now + std::min(points, taken * std::clamp(share, 0.0, 1.0)); };
    if (seen.all <= 0) return Forecast{now, now, with(1)};
    const double share = seen.kept[size] / seen.all;
    const double unknown = seen.unknown[size] / seen.all;
    // Wilson's interval would be finer; with 200 arrivals at least, and one more of either kind, this is as wide.
    const double smoothed = (seen.kept[size] + 1) / (seen.all + 2);
    const double error = 1.96 * std::sqrt(smoothed * (1 - smoothed) / (seen.all + 2));
    return Forecast{with(share), with(share - error), with(share + unknown + error)};
}

}  // namespace perfkit::cache

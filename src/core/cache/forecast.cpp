#include "perfkit/core/cache/forecast.hpp"

#include <algorithm>
#include <cmath>

namespace perfkit::cache {

void Traffic::fade(double factor) noexcept {
    hits *= factor;
    reads *= factor;
    taken *= factor;
}

Traffic& Traffic::operator+=(const Traffic& other) noexcept {
    hits += other.hits;
    reads += other.reads;
    taken += other.taken;
    return *this;
}

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
    if (traffic.accesses() <= 0 && arrivals.all <= 0) return;  // while nothing happens, nothing becomes older
    const double factor = std::exp2(-seconds / half_life);
    traffic_.fade(factor);
    traffic_ += traffic;
    covered_.fade(factor);
    not_covered_.fade(factor);
    not_covered_ += traffic;
    not_covered_seconds_ += seconds;
    seen_ = seen_ * factor + arrivals.all / rate;
    const double points = traffic.accesses() > 0 ? 100 * traffic.pool_reads() / traffic.accesses() : 100;
    for (std::size_t i = 0; i < larger_sizes.size(); ++i) {
        Window& window = windows_[i];
        // What was learnt with much unknown would weigh on the forecast for long; it begins when little is.
        if (arrivals.all > 0 && points * arrivals.unknown[i] / arrivals.all > unknown_points) {
            window = {};
            continue;
        }
        window.arrivals.fade(factor);
        window.arrivals += arrivals;
        window.seconds += seconds;
        window.traffic.fade(factor);
        window.traffic += traffic;
    }
}

void Observed::halve() noexcept {
    for (Window& window : windows_) window.arrivals.fade(0.5);
}

std::optional<double> Observed::hit_percent() const noexcept {
    if (traffic_.accesses() <= 0) return std::nullopt;
    return 100 * traffic_.hits / traffic_.accesses();
}

std::optional<double> Observed::seen_percent() const noexcept {
    if (traffic_.taken <= 0) return std::nullopt;
    return 100 * seen_ / traffic_.taken;
}

void Observed::covered_by_footprint(const std::optional<MoreReads>& more) noexcept {
    covered_ += not_covered_;
    covered_seconds_ += not_covered_seconds_;
    begin_footprint();
    more_known_ = more.has_value();
    more_ = more.value_or(MoreReads{});
}

std::optional<Forecast> Observed::half() const noexcept {
    if (traffic_.accesses() < least_accesses) return std::nullopt;
    const double now = 100 * traffic_.hits / traffic_.accesses();
    if (now < 2) return Forecast{now, 0, now};
    if (!more_known_ || covered_seconds_ < least_seconds) return std::nullopt;
    if (covered_.accesses() < std::max(least_accesses, not_covered_.accesses())) return std::nullopt;
    const double points = 100 * covered_.pool_reads() / covered_.accesses();
    const auto with = [&](double times) { return std::max(0.0, now - points * (times - 1)); };
    return Forecast{with(more_.times), with(more_.most), with(more_.least)};
}

std::optional<Forecast> Observed::larger(std::size_t size) const noexcept {
    const Window& window = windows_[size];
    const Arrivals& seen = window.arrivals;
    if (traffic_.accesses() <= 0 || window.traffic.accesses() < least_accesses || window.seconds < least_seconds)
        return std::nullopt;
    const double now = 100 * traffic_.hits / traffic_.accesses();
    const double points = 100 * traffic_.pool_reads() / traffic_.accesses();
    const double reads = window.traffic.pool_reads();
    if ((seen.all < least_arrivals || reads <= 0) && points >= 1) return std::nullopt;
    if (seen.all <= 0 || reads <= 0) return Forecast{now, now, now + points};
    // Buffers taken for pages that are new are among the arrivals, and never kept: the share is one of all taken.
    const auto with = [&](double share) {
        return now + points * std::clamp(share * window.traffic.taken / reads, 0.0, 1.0);
    };
    const double share = seen.kept[size] / seen.all;
    const double unknown = seen.unknown[size] / seen.all;
    // Wilson's interval would be finer; with 200 arrivals at least, and one more of either kind, this is as wide.
    const double smoothed = (seen.kept[size] + 1) / (seen.all + 2);
    const double error = 1.96 * std::sqrt(smoothed * (1 - smoothed) / (seen.all + 2));
    return Forecast{with(share), with(share - error), with(share + unknown + error)};
}

}  // namespace perfkit::cache

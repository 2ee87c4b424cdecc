#include "perfkit/core/latency.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

namespace perfkit {

namespace {

// 2^(i/8).
constexpr std::array<double, LatencyHistogram::steps_per_octave> step = {
    1.0,
    1.0905077326652577,
    1.1892071150027210,
    1.2968395546510096,
    1.4142135623730951,
    1.5422108254079408,
    1.6817928305074290,
    1.8340080864093425,
};
constexpr double half_step = 1.0442737824274138;  // 2^(1/16)
// 2^((i+1)/8); the last one is not reached.
constexpr auto next_step = [] {
    std::array<double, step.size()> next{};
    std::copy(step.begin() + 1, step.end(), next.begin());
    next.back() = 2.0;
    return next;
}();

// A significand from 1 to 2 lies in one of 64 equal cells, in which at most one step begins: how many have begun
// before.
constexpr int cell_bits = 6;
constexpr auto steps_before = [] {
    std::array<std::uint8_t, 1 << cell_bits> before{};
    for (std::size_t cell = 0; cell < before.size(); ++cell) {
        const double start = 1.0 + static_cast<double>(cell) / static_cast<double>(before.size());
        while (before[cell] + 1u < step.size() && step[before[cell] + 1u] <= start) ++before[cell];
    }
    return before;
}();

constexpr int mantissa_bits = 52;
constexpr int exponent_bias = 1023;
constexpr int last_bucket = LatencyHistogram::bucket_count - 1;

}  // namespace

int LatencyHistogram::bucket_of(std::uint64_t nanoseconds) noexcept {
    if (nanoseconds < 1000) return 0;
    // A double's exponent is the octave, its significand (as a number from 1 to 2) the place in it.
    const auto bits =
        std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(nanoseconds)) / 1000.0);
    const int octave = static_cast<int>(bits >> mantissa_bits) - exponent_bias;
    if (octave >= octaves) return last_bucket;
    constexpr std::uint64_t mantissa_mask = (std::uint64_t{1} << mantissa_bits) - 1;
    const std::uint64_t mantissa = bits & mantissa_mask;
    const auto place = std::bit_cast<double>(mantissa | std::uint64_t{exponent_bias} << mantissa_bits);
    const int before = steps_before[mantissa >> (mantissa_bits - cell_bits)];
    return 1 + octave * steps_per_octave + before + (place >= next_step[static_cast<std::size_t>(before)] ? 1 : 0);
}

double LatencyHistogram::lower_edge(int bucket) noexcept {
    if (bucket <= 0) return 0;
    const int steps = bucket - 1;
    return std::ldexp(step[static_cast<std::size_t>(steps % steps_per_octave)], steps / steps_per_octave);
}

double LatencyHistogram::upper_edge(int bucket) noexcept {
    return bucket >= last_bucket ? HUGE_VAL : lower_edge(bucket + 1);
}

double LatencyHistogram::middle(int bucket) noexcept {
    if (bucket <= 0) return 1;
    return bucket >= last_bucket ? lower_edge(last_bucket) : lower_edge(bucket) * half_step;
}

void LatencyHistogram::merge(const LatencyHistogram& other) noexcept {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::uint64_t LatencyHistogram::total() const noexcept {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::optional<double> LatencyHistogram::percentile(double share) const noexcept {
    const std::uint64_t all = total();
    if (all == 0) return std::nullopt;
    const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(all));
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, all);
    std::uint64_t seen = 0;
    int bucket = 0;
    while ((seen += count(bucket)) < rank) ++bucket;
    return middle(bucket);
}

std::uint64_t LatencyHistogram::within(double microseconds) const noexcept {
    std::uint64_t sum = 0;
    for (int bucket = 0; bucket < bucket_count && middle(bucket) <= microseconds; ++bucket) sum += count(bucket);
    return microseconds == HUGE_VAL ? total() : sum;
}

LatencyHistogram LatencyHistogram::since(const LatencyHistogram& earlier) const noexcept {
    LatencyHistogram gained = *this;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] < earlier.counts_[i]) return *this;
        gained.counts_[i] -= earlier.counts_[i];
    }
    return gained;
}

std::vector<std::int64_t> LatencyHistogram::pairs() const {
    std::vector<std::int64_t> result;
    for (int bucket = 0; bucket < bucket_count; ++bucket) {
        if (count(bucket) == 0) continue;
        result.push_back(bucket);
        result.push_back(static_cast<std::int64_t>(count(bucket)));
    }
    return result;
}

bool LatencyHistogram::add_pairs(std::span<const std::int64_t> pairs) noexcept {
    if (pairs.size() % 2 != 0) return false;
    std::int64_t previous = -1;
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
        const std::int64_t bucket = pairs[i];
        if (bucket <= previous || bucket >= bucket_count || pairs[i + 1] <= 0) return false;
        add_bucket(static_cast<int>(bucket), static_cast<std::uint64_t>(pairs[i + 1]));
        previous = bucket;
    }
    return true;
}

}  // namespace perfkit

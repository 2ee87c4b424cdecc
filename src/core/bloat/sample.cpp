#include <algorithm>
#include <cmath>
#include <utility>

#include "perfkit/core/bloat.hpp"

namespace perfkit::bloat {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014): enough to pick blocks, and the same on every platform.
std::uint64_t next_random(std::uint64_t& state) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

// What the limit for the statement leaves of a wish, within the relation.
std::uint32_t granted(std::int64_t wanted, std::uint32_t blocks, const Limits& limits, std::int64_t spent) {
    const std::int64_t left = std::max<std::int64_t>(limits.in_all - spent, 0);
    wanted = std::clamp<std::int64_t>(left / 8, std::min<std::int64_t>(limits.at_least, wanted), wanted);
    return static_cast<std::uint32_t>(std::min<std::int64_t>(wanted, blocks));
}

// From the stratum before to this one.
std::pair<double, double> step(std::span<const Stratum> strata, std::size_t i) {
    return {strata[i].hint - strata[i - 1].hint, strata[i].value - strata[i - 1].value};
}

// The sum of the values, with the margin of what `slope` of the hints leaves of them.
Total sum(std::span<const Stratum> strata, double slope) {
    Total total;
    double differences = 0;
    for (std::size_t i = 0; i < strata.size(); ++i) {
        total.value += strata[i].width * strata[i].value;
        total.blocks += strata[i].width;
        if (i == 0) continue;
        const auto [hint, value] = step(strata, i);
        const double unexplained = value - slope * hint;
        differences += strata[i - 1].width * strata[i].width * unexplained * unexplained;
    }
    const auto n = static_cast<double>(strata.size());
    if (n > 1 && total.blocks > n) {
        const double variance = (1 - n / total.blocks) * differences * n / (2 * (n - 1));
        total.margin = half_interval(n) * std::sqrt(variance);
    }
    return total;
}

}  // namespace

std::uint32_t pages_to_read(std::uint32_t blocks, const Limits& limits, std::int64_t spent) {
    const auto share = static_cast<std::int64_t>(std::ceil(blocks * limits.share));
    const std::int64_t most = std::max(limits.at_least, limits.at_most);
    const std::int64_t wanted = std::clamp<std::int64_t>(share, limits.at_least, most);
    const bool all = wanted >= blocks / 2 && blocks <= most;
    return granted(all ? blocks : wanted, blocks, limits, spent);
}

std::uint32_t pages_to_add(std::uint32_t blocks, const Limits& limits, std::int64_t spent, std::uint32_t read,
                           double margin) {
    if (margin <= limits.margin || read >= blocks) return 0;
    // The margin falls with the square root of the pages read.
    const double needed = read * (margin / limits.margin) * (margin / limits.margin);
    const double share = std::max<double>(blocks * limits.largest_share, limits.small_enough);
    const double most = std::min<double>(share, limits.at_most);
    const double least = static_cast<double>(read) + limits.at_least_more;
    const auto wanted = static_cast<std::int64_t>(std::ceil(std::min(std::max(needed, least), most)));
    if (wanted <= read) return 0;
    const std::uint32_t all = granted(wanted >= blocks / 2 ? blocks : wanted, blocks, limits, spent);
    if (all == blocks) return blocks;
    return all > read ? all - read : 0;
}

BlockSample::BlockSample(std::uint32_t blocks, std::uint32_t count, std::uint64_t seed)
    : total_(blocks), count_(std::min(count, blocks)) {
    blocks_.reserve(count_);
    for (std::uint32_t i = 0; i < count_; ++i)
        blocks_.push_back(start(i) + static_cast<std::uint32_t>(next_random(seed) % width(i)));
}

std::uint32_t BlockSample::start(std::uint32_t i) const {
    return count_ == 0 ? 0 : static_cast<std::uint32_t>(std::uint64_t{total_} * i / count_);
}

Total stratified_total(std::span<const Stratum> strata) { return sum(strata, 0); }

Total hinted_total(std::span<const Stratum> strata, double hints, double slope) {
    // Least squares over the differences of neighbours, from which the variance is taken, too.
    double products = 0;
    double squares = 0;
    double fourths = 0;
    double here = 0;
    for (std::size_t i = 0; i < strata.size(); ++i) {
        here += strata[i].width * strata[i].hint;
        if (i == 0) continue;
        const auto [hint, value] = step(strata, i);
        products += hint * value;
        squares += hint * hint;
        fourths += hint * hint * hint * hint;
    }
    // In how many places the hints vary.
    const bool varied = squares * squares >= 8 * fourths && squares > 0;
    if (varied) slope = products / squares;
    Total total = sum(strata, slope);
    const double correction = slope * (hints - here);
    total.value = std::max(total.value + correction, 0.0);
    if (varied) {
        // The slope is itself an estimate.
        double unexplained = 0;
        for (std::size_t i = 1; i < strata.size(); ++i) {
            const auto [hint, value] = step(strata, i);
            unexplained += (value - slope * hint) * (value - slope * hint);
        }
        const double error = std::sqrt(unexplained / static_cast<double>(strata.size()) / squares);
        total.margin = std::hypot(total.margin, 1.96 * error * (hints - here));
    } else {
        // A correction that the sample cannot confirm is half believed.
        total.margin = std::hypot(total.margin, correction / 2);
    }
    return total;
}

Total combined(const Total& a, double pages_a, const Total& b, double pages_b) {
    const double share_a = pages_a / (pages_a + pages_b);
    const double share_b = 1 - share_a;
    return {share_a * a.value + share_b * b.value, std::hypot(share_a * a.margin, share_b * b.margin), a.blocks};
}

}  // namespace perfkit::bloat

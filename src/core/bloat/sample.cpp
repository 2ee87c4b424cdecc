#include <algorithm>
#include <cmath>

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

std::uint32_t stratum_start(std::uint32_t blocks, std::uint32_t count, std::uint32_t i) {
    return static_cast<std::uint32_t>(std::uint64_t{blocks} * i / count);
}

}  // namespace

std::uint32_t pages_to_read(std::uint32_t blocks, const Limits& limits, std::int64_t spent) {
    const auto share = static_cast<std::int64_t>(std::ceil(blocks * limits.share));
    const std::int64_t left = std::max<std::int64_t>(limits.in_all - spent, 0);
    std::int64_t wanted = std::clamp<std::int64_t>(share, limits.at_least, std::max(limits.at_least, limits.at_most));
    wanted = std::clamp<std::int64_t>(left / 8, std::min<std::int64_t>(limits.at_least, wanted), wanted);
    return static_cast<std::uint32_t>(std::min<std::int64_t>(wanted, blocks));
}

BlockSample::BlockSample(std::uint32_t blocks, std::uint32_t count, std::uint64_t seed)
    : total_(blocks), count_(std::min(count, blocks)) {
    blocks_.reserve(count_);
    for (std::uint32_t i = 0; i < count_; ++i) {
        const std::uint32_t start = stratum_start(blocks, count_, i);
        blocks_.push_back(start + static_cast<std::uint32_t>(next_random(seed) % width(i)));
    }
}

std::uint32_t BlockSample::width(std::uint32_t i) const {
    return stratum_start(total_, count_, i + 1) - stratum_start(total_, count_, i);
}

Total stratified_total(std::span<const Stratum> strata) {
    Total total{0, 0, 0};
    double differences = 0;
    for (std::size_t i = 0; i < strata.size(); ++i) {
        const double here = strata[i].width * strata[i].value;
        total.value += here;
        total.blocks += strata[i].width;
        if (i > 0) {
            const double step = here - strata[i - 1].width * strata[i - 1].value;
            differences += step * step;
        }
    }
    const auto n = static_cast<double>(strata.size());
    if (n > 1 && total.blocks > n) {
        const double variance = (1 - n / total.blocks) * differences * n / (2 * (n - 1));
        total.margin = 1.96 * std::sqrt(variance);
    }
    return total;
}

}  // namespace perfkit::bloat

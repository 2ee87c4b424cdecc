// A pool of buffers with a clock sweep, as the server's is, and workloads for it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

#include "perfkit/core/cache/forecast.hpp"

namespace perfkit::cache {

class ClockSweep {
public:
    explicit ClockSweep(std::uint32_t buffers) : blocks_(buffers), usage_(buffers) {}

    void access(std::uint64_t block) {
        ++accesses;
        if (const auto found = home_.find(block); found != home_.end()) {
            ++hits;
            ++traffic_.hits;
            usage_[found->second] = std::min(usage_[found->second] + 1, 5);
            return;
        }
        ++traffic_.reads;
        ++traffic_.taken;
        std::size_t victim = filled_;
        if (filled_ < blocks_.size()) {
            ++filled_;
        } else {
            for (; usage_[hand % blocks_.size()] > 0; ++hand) --usage_[hand % blocks_.size()];
            victim = hand++ % blocks_.size();
            home_.erase(blocks_[victim]);
        }
        blocks_[victim] = block;
        usage_[victim] = 1;
        home_[block] = victim;
    }
    double hit_percent() const { return 100 * hits / accesses; }
    // Since the last call.
    Traffic take_traffic() { return std::exchange(traffic_, {}); }
    bool full() const { return filled_ == blocks_.size(); }
    std::size_t filled() const { return filled_; }
    std::uint64_t block(std::size_t buffer) const { return blocks_[buffer]; }
    int usage(std::size_t buffer) const { return usage_[buffer]; }

    double hits = 0;
    double accesses = 0;
    std::uint64_t hand = 0;

private:
    std::vector<std::uint64_t> blocks_;
    std::vector<int> usage_;
    std::unordered_map<std::uint64_t, std::size_t> home_;
    std::size_t filled_ = 0;
    Traffic traffic_;
};

using Workload = std::function<std::uint64_t(std::mt19937_64&)>;

inline Workload zipf(std::size_t blocks, double exponent) {
    std::vector<double> sums(blocks);
    double sum = 0;
    for (std::size_t i = 0; i < blocks; ++i) sums[i] = sum += std::pow(static_cast<double>(i + 1), -exponent);
    return [sums = std::move(sums)](std::mt19937_64& random) {
        const double at = std::uniform_real_distribution<double>(0, sums.back())(random);
        return static_cast<std::uint64_t>(std::lower_bound(sums.begin(), sums.end(), at) - sums.begin());
    };
}

inline Workload cycle(std::uint64_t blocks) {
    return [blocks, next = std::uint64_t{0}](std::mt19937_64&) mutable { return next++ % blocks; };
}

}  // namespace perfkit::cache

// What is known of the blocks in a pool of buffers, to one who looks at its buffers now and then.
//
// Only blocks whose hash is below a limit are followed (spatial sampling, as in Waldspurger et al., "Efficient MRC
// construction with SHARDS", FAST 2015): which ones does not depend on how often they are used, and distances
// between them are those of all blocks times the sampled share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "perfkit/core/cache/footprint.hpp"
#include "perfkit/core/cache/forecast.hpp"
#include "perfkit/core/cache/ghosts.hpp"
#include "perfkit/core/cache/places.hpp"

namespace perfkit::cache {

// Of a block's identity, spread over all 64 bits.
constexpr std::uint64_t hash_block(std::uint64_t relation, std::uint64_t place, std::uint64_t block) noexcept {
    const auto mix = [](std::uint64_t x) {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        return x ^ (x >> 31);
    };
    return mix(mix(relation + 0x9e3779b97f4a7c15u) ^ mix(place * 0xff51afd7ed558ccdu + block));
}

class Pool {
public:
    static constexpr std::uint32_t most_samples = 16384;
    static constexpr std::uint32_t least_samples = 512;

    explicit Pool(std::uint32_t buffers, std::uint32_t samples = most_samples);

    std::uint32_t buffers() const noexcept { return static_cast<std::uint32_t>(content_.size()); }
    double rate() const noexcept { return rate_; }
    bool samples(std::uint64_t hash) const noexcept { return hash >> 32 < limit_ && name_of(hash) <= last_name_; }

    // A buffer holds a block, by its hash; or nothing.
    void holds(std::uint32_t buffer, std::uint64_t hash) {
        if (samples(hash))
            put(buffer, name_of(hash));
        else if (content_[buffer] != 0)
            clear(buffer, true);
    }
    void is_empty(std::uint32_t buffer) {
        if (content_[buffer] != 0) clear(buffer, false);
    }
    // While a pool has free buffers, what comes in had not been evicted: no larger pool would have kept it.
    void set_full(bool full) noexcept { full_ = full; }
    // What came in since the last call.  The first one follows the first look at all buffers, and gives nothing.
    Arrivals take_arrivals() noexcept;
    // Follows half as many blocks from now on, if enough remain; for when there are more arrivals than are needed.
    bool halve();

    // What half the size would read, for which the same sample is followed.
    Footprint& footprint() noexcept { return footprint_; }
    template <typename Read>
    void begin_epoch(const Footprint::Moment& now, Read read) {
        footprint_.begin(now, home_, read);
    }

    // Two blocks of a sample seldom share a name: of 65,000, as many as are ever known, one pair with even odds.
    static constexpr std::uint32_t name_of(std::uint64_t hash) noexcept {
        const auto name = static_cast<std::uint32_t>(hash);
        return name == 0 ? 1 : name;
    }

private:
    double rate_;
    std::uint64_t limit_;                   // of the upper half of a hash
    std::uint32_t last_name_ = 0xffffffff;  // of its lower half, which is the block's name here
    bool full_ = true;
    bool counting_ = false;
    std::vector<std::uint32_t> content_;  // by buffer: the name of the block of the sample that it held, or 0
    Places home_;                         // the buffer of each of those blocks
    Ghosts ghosts_;
    Arrivals arrivals_;
    Footprint footprint_;

    void put(std::uint32_t buffer, std::uint32_t name);
    void clear(std::uint32_t buffer, bool evicted);
    void arrive(std::uint32_t name);
    double sampled_pool() const noexcept;
};

}  // namespace perfkit::cache

// The hit ratio that a larger cache would have, from what was seen of a smaller one.
//
// Three things come in: how many blocks were needed and found, or read (true counters); how many reads took a buffer
// of the pool from another block (others, such as those of large sequential scans, have buffers of their own and
// would still be reads); and, of a sample of the blocks that took one, which would still have been there.  The hit
// ratio at the present size is thus what was counted, and only the share of the reads that a larger cache saves is
// an estimate.
//
// Everything fades with a half-life, so that the forecast follows the workload.  The object is plain memory: it may
// be copied to where others read it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace perfkit::cache {

inline constexpr std::array<double, 2> larger_sizes{2, 4};  // times the present one

struct Traffic {
    double hits = 0;
    double reads = 0;
    double taken = 0;  // buffers that were taken for another block
};

// What came into the sample.
struct Arrivals {
    double all = 0;
    // For each larger size: those that it would have kept, and those of which that is not known, since what left
    // before the watch began is not.
    std::array<double, larger_sizes.size()> kept{};
    std::array<double, larger_sizes.size()> unknown{};

    void fade(double factor) noexcept;
    Arrivals& operator+=(const Arrivals& other) noexcept;
};

struct Forecast {
    double hit_percent;
    double low_percent;   // with 95 % certainty as far as the sample goes
    double high_percent;  // and with what is not known as hits
};

class Observed {
public:
    static constexpr double half_life = 3600;       // seconds
    static constexpr double unknown_points = 2;     // most of the hit ratio that may be unknown in a period
    static constexpr double least_accesses = 1000;  // in all
    static constexpr double least_arrivals = 200;   // in the sample, unless they make less than a point

    // A period of observation, and the sampled share of the blocks.
    void add(const Traffic& traffic, const Arrivals& arrivals, double seconds, double rate) noexcept;

    // The sample has half as many blocks from now on.
    void halve() noexcept;

    const Traffic& traffic() const noexcept { return traffic_; }
    std::optional<double> hit_percent() const noexcept;
    // Blocks that were seen to come in percent of the buffers that were taken; the rest came and left unseen.
    std::optional<double> seen_percent() const noexcept;
    // For larger_sizes[size]; nothing until enough is known.
    std::optional<Forecast> larger(std::size_t size) const noexcept;

private:
    Traffic traffic_;
    double seen_ = 0;                                       // arrivals, scaled up to all blocks
    std::array<Arrivals, larger_sizes.size()> arrivals_{};  // since enough is known for each size
    std::array<double, larger_sizes.size()> accesses_{};    // the same
};

}  // namespace perfkit::cache

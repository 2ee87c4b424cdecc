// The hit ratio that a larger cache would have, from what was seen of a smaller one; and half of that one.
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

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "perfkit/core/cache/footprint.hpp"

namespace perfkit::cache {

inline constexpr std::array<double, 2> larger_sizes{2, 4};  // times the present one

struct Traffic {
    double hits = 0;
    double reads = 0;
    double taken = 0;  // buffers that were taken for another block

    double accesses() const noexcept { return hits + reads; }
    // Reads that took a buffer.  A buffer that is taken to extend a relation is no read.
    double pool_reads() const noexcept { return std::min(reads, taken); }
    void fade(double factor) noexcept;
    Traffic& operator+=(const Traffic& other) noexcept;
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
    // Sessions report their reads a second or more after the buffers have been taken for them; a few seconds say
    // nothing of how many of these belong to how many of those.
    static constexpr double least_seconds = 10;
    static constexpr double least_arrivals = 200;  // in the sample, unless they make less than a point

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

    // What was added before does not belong to the footprint.
    void begin_footprint() noexcept {
        not_covered_ = {};
        not_covered_seconds_ = 0;
    }
    // What was added since the last time is what the footprint, which tells how much more half the size reads, is of.
    void covered_by_footprint(const std::optional<MoreReads>& more) noexcept;
    // Nothing until enough is known, and when more has come than is covered.
    std::optional<Forecast> half() const noexcept;

private:
    // Since enough is known for a size.  The share of reads that it saves is one of the reads of the same time.
    struct Window {
        double seconds = 0;  // in which something happened
        Traffic traffic;
        Arrivals arrivals;
    };
    Traffic traffic_;
    double seen_ = 0;  // arrivals, scaled up to all blocks
    std::array<Window, larger_sizes.size()> windows_{};
    Traffic covered_;
    double covered_seconds_ = 0;
    Traffic not_covered_;
    double not_covered_seconds_ = 0;
    bool more_known_ = false;
    MoreReads more_;
};

}  // namespace perfkit::cache

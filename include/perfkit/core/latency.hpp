// A latency histogram: durations counted in buckets of equal relative width.
//
// Each power of two of microseconds is cut into eight buckets whose edges grow by 2^(1/8), so that a
// bucket's geometric middle is within 4.5 % of every duration counted in it, from 1 µs to 71 minutes
// (2^32 µs).  One bucket before and one after hold what is shorter and longer.  The edges are the
// same everywhere: histograms of sessions, queries or hours add up, and differences of two readings
// are histograms too.  The layout is plain: it lives in shared memory and in files as it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace perfkit {

class LatencyHistogram {
public:
    static constexpr int steps_per_octave = 8;
    static constexpr int octaves = 32;
    static constexpr int bucket_count = steps_per_octave * octaves + 2;

    // The bucket of a duration, and a bucket's edges in microseconds: lower <= duration < upper.
    static int bucket_of(std::uint64_t nanoseconds) noexcept;
    static double lower_edge(int bucket) noexcept;
    static double upper_edge(int bucket) noexcept;
    // The value that stands for a bucket: its geometric middle (the edge, for the outermost two).
    static double middle(int bucket) noexcept;

    void add(std::uint64_t nanoseconds) noexcept { ++counts_[static_cast<std::size_t>(bucket_of(nanoseconds))]; }
    void add_bucket(int bucket, std::uint64_t count) noexcept { counts_[static_cast<std::size_t>(bucket)] += count; }
    void merge(const LatencyHistogram& other) noexcept;

    std::uint64_t count(int bucket) const noexcept { return counts_[static_cast<std::size_t>(bucket)]; }
    std::uint64_t total() const noexcept;

    // The duration in microseconds that a share of all durations do not exceed (nearest rank: the
    // smallest such one counted); nothing where no duration was counted.
    std::optional<double> percentile(double share) const noexcept;

    // How many durations do not exceed so many microseconds; a bucket counts where its middle does not.
    std::uint64_t within(double microseconds) const noexcept;
    // What this histogram, grown out of an earlier one, has gained; all of it where it has lost counts.
    LatencyHistogram since(const LatencyHistogram& earlier) const noexcept;

    // As pairs of bucket and count, buckets ascending, empty ones left out.
    std::vector<std::int64_t> pairs() const;
    // Adds such pairs.  False, with nothing promised of the counts, where they are not as pairs() makes them.
    bool add_pairs(std::span<const std::int64_t> pairs) noexcept;

private:
    std::array<std::uint64_t, bucket_count> counts_{};
};

}  // namespace perfkit

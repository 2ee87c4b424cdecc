#pragma once

#include <cstdint>
#include <vector>

namespace perfkit::cli {

// SplitMix64: every 64-bit seed is a good one, so that each operation of a run can have a stream
// of its own, made from the run's seed and the operation's number.  The same run therefore asks the
// same questions in the same order, however many connections serve it and however fast they are.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    Random(std::uint64_t seed, std::uint64_t stream) : state_(mix(seed + 0x9E3779B97F4A7C15u) ^ mix(stream)) {}

    std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15u); }
    // In [0, 1).
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    // In [0, bound); the bias of at most bound / 2^64 is of no consequence here.
    std::uint64_t below(std::uint64_t bound) {
        return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
    }

private:
    static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

    std::uint64_t state_;
};

// Draws an index with probability proportional to its weight.
class WeightedChoice {
public:
    WeightedChoice() = default;
    explicit WeightedChoice(const std::vector<double>& weights);
    static WeightedChoice zipf(std::size_t count, double exponent);
    std::size_t draw(Random& random) const;

private:
    std::vector<double> cumulative_;
};

}  // namespace perfkit::cli

// Distances between sets of bits, the same to the last bit from every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance {

enum class BitMetric { hamming, jaccard };

// How many bits differ.
inline double hamming_distance(const Kernels& kernels, const std::uint8_t* a, const std::uint8_t* b,
                               std::size_t bytes) {
    return kernels.bits->differing(a, b, bytes);
}

// Of the bits that are set in either, the share that is not set in both; 1 where none is set at all.
inline double jaccard_distance(const Kernels& kernels, const std::uint8_t* a, const std::uint8_t* b,
                               std::size_t bytes) {
    const BitSums sums = kernels.bits->overlap(a, b, bytes);
    return sums.both == 0 ? 1 : 1 - sums.both / sums.either;
}

inline double distance(const Kernels& kernels, BitMetric metric, const std::uint8_t* a, const std::uint8_t* b,
                       std::size_t bytes) {
    return metric == BitMetric::hamming ? hamming_distance(kernels, a, b, bytes)
                                        : jaccard_distance(kernels, a, b, bytes);
}

}  // namespace perfkit::distance

// SimSIMD's functions over a pair of vectors, as a yardstick.
#pragma once

#include <cstdint>

#include "perfkit/core/distance/distance.hpp"

namespace library {

using Function = void (*)(const void* a, const void* b, std::uint64_t n, double* result);

// The best that it has over these elements for this instruction set and no wider one; nullptr where it has none with
// SIMD.
template <typename T>
Function function(perfkit::distance::Simd simd, perfkit::distance::Metric metric);

}  // namespace library

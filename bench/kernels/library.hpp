// SimSIMD's functions over a pair of vectors, as a yardstick.
#pragma once

#include <cstdint>

#include "perfkit/core/distance/distance.hpp"

namespace library {

enum class Type { real, double_precision, half, bfloat, int8 };

using Function = void (*)(const void* a, const void* b, std::uint64_t n, double* result);

// The best that it has for this instruction set and no wider one; nullptr where it has none with SIMD.
Function function(perfkit::distance::Simd simd, perfkit::distance::Metric metric, Type type);

}  // namespace library

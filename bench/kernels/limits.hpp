// What the processor can do at most, measured in the same run: how fast it loads from each place, and
// how many fused multiply-adds it starts.
#pragma once

#include <cstddef>
#include <vector>

#include "perfkit/core/distance/kernels.hpp"

namespace limits {

// Loads every byte of all rows, and does nothing with them.
void load_rows(perfkit::distance::Simd simd, const char* const* rows, std::size_t count, std::size_t bytes);

// Runs so many rounds of 16 FMAs that do not wait for each other; gives the number of floats done.
double multiply_add(perfkit::distance::Simd simd, std::size_t rounds);

}  // namespace limits

// What each instruction set's unit brings to the dispatch.
#pragma once

#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance {

extern const KernelsOf<float> scalar_f32;
#if defined(__x86_64__)
extern const KernelsOf<float> avx2_f32;
extern const KernelsOf<float> avx512_f32;
#elif defined(__aarch64__)
extern const KernelsOf<float> neon_f32;
#endif

}  // namespace perfkit::distance

// What each instruction set's unit brings to the dispatch.
#pragma once

#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance {

// The first count <= 4 halves, zeros above them.
inline std::uint64_t first_halves(const Half* p, std::size_t count) {
    std::uint64_t halves = 0;
    for (std::size_t i = 0; i < count; ++i) halves |= static_cast<std::uint64_t>(p[i]) << (16 * i);
    return halves;
}

extern const KernelsOf<float> scalar_f32;
extern const KernelsOf<double> scalar_f64;
extern const KernelsOf<Half> scalar_f16;
#if defined(__x86_64__)
extern const KernelsOf<float> avx2_f32, avx512_f32;
extern const KernelsOf<double> avx2_f64, avx512_f64;
extern const KernelsOf<Half> avx2_f16, avx512_f16;
#elif defined(__aarch64__)
extern const KernelsOf<float> neon_f32;
extern const KernelsOf<double> neon_f64;
extern const KernelsOf<Half> neon_f16;
#endif

}  // namespace perfkit::distance

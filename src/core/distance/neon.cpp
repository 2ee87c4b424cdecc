// arm64: NEON is part of every ARMv8 processor.  32 registers of 4 floats.  Tuned for the wide
// cores of Apple's M series (four SIMD pipes, FMA of 4 cycles, three loads a cycle): a pair needs two
// loads a step, so 1.5 steps start in each cycle, and with 4 to 7 cycles each that takes eight
// chains.  A cosine does three FMAs a step, 16 of which have to be under way to fill the pipes: six
// chains; eight would not fit into the registers.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "units.hpp"

#define TARGET
#define INLINE __attribute__((always_inline)) inline

namespace perfkit::distance {
namespace {

using V = float32x4_t;
constexpr std::size_t width = 4;

INLINE V zero() { return vdupq_n_f32(0); }
INLINE V load(const float* p) { return vld1q_f32(p); }
INLINE V load_first(const float* p, std::size_t count) {
    if (count == 1) return vld1q_lane_f32(p, zero(), 0);
    const V two = vcombine_f32(vld1_f32(p), vdup_n_f32(0));
    return count == 2 ? two : vld1q_lane_f32(p + 2, two, 2);
}
INLINE V add(V a, V b) { return vaddq_f32(a, b); }
INLINE V sub(V a, V b) { return vsubq_f32(a, b); }
INLINE V abs(V a) { return vabsq_f32(a); }
INLINE V fma(V a, V b, V total) { return vfmaq_f32(total, a, b); }
INLINE float sum(V a) { return vaddvq_f32(a); }

}  // namespace
}  // namespace perfkit::distance

#include "f32_loops.hpp"

namespace perfkit::distance {

const KernelsOf<float> neon_f32 = {
    "neon", pair<SquaredDifference, 8>, pair<Product, 8>, pair<AbsoluteDifference, 8>, square<8>, cosine<6>,
};

}  // namespace perfkit::distance

#endif

// arm64 with FHM: products of halves are added to floats in one instruction, without rounding in between.  It serves
// what multiplies elements as they are; differences are taken of floats.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "units.hpp"

#define TARGET __attribute__((target("arch=armv8.2-a+fp16fml")))
#define INLINE __attribute__((target("arch=armv8.2-a+fp16fml"), always_inline)) inline

#include "loops.hpp"

namespace perfkit::distance {
namespace {

struct Halves {
    using Element = Half;
    using V = float16x8_t;
    // The sums of the lower and of the upper four products, two chains.
    struct Total {
        float32x4_t low, high;
    };
    static constexpr std::size_t width = 8;

    INLINE static Total zero() { return {vdupq_n_f32(0), vdupq_n_f32(0)}; }
    INLINE static V load(const Half* p) {
        return vreinterpretq_f16_u16(vld1q_u16(reinterpret_cast<const std::uint16_t*>(p)));
    }
    INLINE static V load_first(const Half* p, std::size_t count) {
        return vreinterpretq_f16_u64(
            vcombine_u64(vcreate_u64(first_bytes(p, 2 * count)), vcreate_u64(first_bytes_after(8, p, 2 * count))));
    }
    INLINE static Total add(Total a, Total b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
    INLINE static Total fma(V a, V b, Total total) {
        return {vfmlalq_low_f16(total.low, a, b), vfmlalq_high_f16(total.high, a, b)};
    }
    INLINE static double sum(Total a) { return vaddvq_f32(vaddq_f32(a.low, a.high)); }
};

}  // namespace

KernelsOf<Half> with_fhm(KernelsOf<Half> kernels) {
    kernels.variant = "neon+fhm";
    kernels.inner_product = pair<Halves, Product, 4>;
    kernels.squared_norm = square<Halves, 4>;
    kernels.cosine = cosine<Halves, 3>;
    kernels.inner_product_many = many<Halves, Product, 4, 2>;
    kernels.cosine_many = cosine_many<Halves, 2, 2>;
    return kernels;
}

}  // namespace perfkit::distance

#endif

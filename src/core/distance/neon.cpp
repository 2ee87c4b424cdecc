// arm64: NEON is part of every ARMv8 processor.  32 registers of 16 bytes.  Tuned for the wide cores of
// Apple's M series: four SIMD pipes, FMA of 4 cycles, three loads a cycle.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "units.hpp"

#define TARGET
#define INLINE __attribute__((always_inline)) inline

#include "neon_whole.hpp"

namespace perfkit::distance {
namespace {

struct F32 {
    using Element = float;
    using V = float32x4_t;
    using Total = V;
    static constexpr std::size_t width = 4;

    INLINE static V zero() { return vdupq_n_f32(0); }
    INLINE static V load(const float* p) { return vld1q_f32(p); }
    INLINE static V load_first(const float* p, std::size_t count) {
        if (count == 1) return vld1q_lane_f32(p, zero(), 0);
        const V two = vcombine_f32(vld1_f32(p), vdup_n_f32(0));
        return count == 2 ? two : vld1q_lane_f32(p + 2, two, 2);
    }
    INLINE static V add(V a, V b) { return vaddq_f32(a, b); }
    INLINE static V sub(V a, V b) { return vsubq_f32(a, b); }
    INLINE static V abs(V a) { return vabsq_f32(a); }
    INLINE static V fma(V a, V b, V total) { return vfmaq_f32(total, a, b); }
    INLINE static double sum(V a) { return vaddvq_f32(a); }
};

struct F64 {
    using Element = double;
    using V = float64x2_t;
    using Total = V;
    static constexpr std::size_t width = 2;

    INLINE static V zero() { return vdupq_n_f64(0); }
    INLINE static V load(const double* p) { return vld1q_f64(p); }
    INLINE static V load_first(const double* p, std::size_t) { return vld1q_lane_f64(p, zero(), 0); }
    INLINE static V add(V a, V b) { return vaddq_f64(a, b); }
    INLINE static V sub(V a, V b) { return vsubq_f64(a, b); }
    INLINE static V abs(V a) { return vabsq_f64(a); }
    INLINE static V fma(V a, V b, V total) { return vfmaq_f64(total, a, b); }
    INLINE static double sum(V a) { return vaddvq_f64(a); }
};

// Halves, computed with as floats; every ARMv8 processor converts them.
struct F16 : F32 {
    using Element = Half;

    INLINE static V load(const Half* p) {
        return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(p))));
    }
    INLINE static V load_first(const Half* p, std::size_t count) {
        return vcvt_f32_f16(vreinterpret_f16_u64(vcreate_u64(first_bytes(p, 2 * count))));
    }
};

struct BF16 : F32 {
    using Element = Bfloat;

    INLINE static V load(const Bfloat* p) { return widened(vld1_u16(reinterpret_cast<const std::uint16_t*>(p))); }
    INLINE static V load_first(const Bfloat* p, std::size_t count) {
        return widened(vreinterpret_u16_u64(vcreate_u64(first_bytes(p, 2 * count))));
    }
    INLINE static V widened(uint16x4_t numbers) { return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(numbers), 16)); }
};

struct I8 : Bytes {
    INLINE static Total fma(V a, V b, Total total) {
        const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
        return vpadalq_s16(vpadalq_s16(total, low), high);
    }
    INLINE static Total add_squared_difference(Total total, V a, V b) {
        const uint8x16_t d = difference(a, b);
        const uint16x8_t low = vmull_u8(vget_low_u8(d), vget_low_u8(d)), high = vmull_high_u8(d, d);
        return vreinterpretq_s32_u32(vpadalq_u16(vpadalq_u16(vreinterpretq_u32_s32(total), low), high));
    }
    INLINE static Total add_absolute_difference(Total total, V a, V b) {
        return vreinterpretq_s32_u32(vpadalq_u16(vreinterpretq_u32_s32(total), vpaddlq_u8(difference(a, b))));
    }
};

struct Bits {
    using Element = std::uint8_t;
    using V = uint8x16_t;
    using Total = uint32x4_t;  // room for the bits of 2 GB
    static constexpr std::size_t width = 16;

    INLINE static Total zero() { return vdupq_n_u32(0); }
    INLINE static V load(const std::uint8_t* p) { return vld1q_u8(p); }
    INLINE static V load_first(const std::uint8_t* p, std::size_t count) { return first_16(p, count); }
    INLINE static Total add(Total a, Total b) { return vaddq_u32(a, b); }
    INLINE static Total add_differing(Total total, V a, V b) { return add_counted(total, veorq_u8(a, b)); }
    INLINE static Total add_both(Total total, V a, V b) { return add_counted(total, vandq_u8(a, b)); }
    INLINE static Total add_either(Total total, V a, V b) { return add_counted(total, vorrq_u8(a, b)); }
    INLINE static double sum(Total a) { return static_cast<double>(vaddlvq_u32(a)); }

private:
    INLINE static Total add_counted(Total total, V bits) { return vpadalq_u16(total, vpaddlq_u8(vcntq_u8(bits))); }
};

// A pair needs two loads a step, so 1.5 steps start in each cycle, and with 4 to 7 cycles each that takes
// eight chains.  A cosine does three FMAs a step, 16 of which have to be under way to fill the pipes: six
// chains; eight would not fit into the registers.
struct Shape {
    static constexpr std::size_t pair_chains = 8, norm_chains = 8, cosine_chains = 6;
    static constexpr std::size_t rows = 4, row_chains = 4, cosine_rows = 2, cosine_row_chains = 4;
};

}  // namespace

constinit const KernelsOf<float> neon_f32 = kernels_over<F32, Shape>("neon");
constinit const KernelsOf<double> neon_f64 = kernels_over<F64, Shape>("neon");
constinit const KernelsOf<Half> neon_f16 = kernels_over<F16, Shape>("neon");
constinit const KernelsOf<Bfloat> neon_bf16 = kernels_over<BF16, Shape>("neon");
constinit const KernelsOf<std::int8_t> neon_i8 = kernels_over_bytes<I8, WholeShape>("neon");
constinit const KernelsOfBits neon_bits = kernels_over_bits<Bits, WholeShape>("neon");

}  // namespace perfkit::distance

#endif

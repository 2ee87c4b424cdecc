// x86-64 with AVX-512: 32 registers of 64 bytes, and loads under a mask for the rest.
#if defined(__x86_64__)

#include <immintrin.h>

#include "units.hpp"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define INLINE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"), always_inline)) inline

#include "avx512_whole.hpp"

namespace perfkit::distance {
namespace {

// The halves are taken under a full mask, since the plain casts and extracts of GCC 12 draw a warning
// about GCC's own header.

struct F32 {
    using Element = float;
    using V = __m512;
    using Total = V;
    static constexpr std::size_t width = 16;

    INLINE static V zero() { return _mm512_setzero_ps(); }
    INLINE static V load(const float* p) { return _mm512_loadu_ps(p); }
    INLINE static V load_first(const float* p, std::size_t count) {
        return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
    }
    INLINE static V add(V a, V b) { return _mm512_add_ps(a, b); }
    INLINE static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
    INLINE static V abs(V a) { return _mm512_abs_ps(a); }
    INLINE static V fma(V a, V b, V total) { return _mm512_fmadd_ps(a, b, total); }
    INLINE static double sum(V a) {
        const __m256 eight =
            _mm256_add_ps(_mm512_maskz_extractf32x8_ps(0xff, a, 0), _mm512_maskz_extractf32x8_ps(0xff, a, 1));
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
};

struct F64 {
    using Element = double;
    using V = __m512d;
    using Total = V;
    static constexpr std::size_t width = 8;

    INLINE static V zero() { return _mm512_setzero_pd(); }
    INLINE static V load(const double* p) { return _mm512_loadu_pd(p); }
    INLINE static V load_first(const double* p, std::size_t count) {
        return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), p);
    }
    INLINE static V add(V a, V b) { return _mm512_add_pd(a, b); }
    INLINE static V sub(V a, V b) { return _mm512_sub_pd(a, b); }
    INLINE static V abs(V a) { return _mm512_abs_pd(a); }
    INLINE static V fma(V a, V b, V total) { return _mm512_fmadd_pd(a, b, total); }
    INLINE static double sum(V a) {
        const __m256d four =
            _mm256_add_pd(_mm512_maskz_extractf64x4_pd(0xff, a, 0), _mm512_maskz_extractf64x4_pd(0xff, a, 1));
        const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
        return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
};

// Halves, computed with as floats.
struct F16 : F32 {
    using Element = Half;

    INLINE static V load(const Half* p) {
        return _mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    INLINE static V load_first(const Half* p, std::size_t count) {
        return _mm512_maskz_cvtph_ps(0xffff, _mm256_maskz_loadu_epi16(static_cast<__mmask16>((1u << count) - 1), p));
    }
};

struct BF16 : F32 {
    using Element = Bfloat;

    INLINE static V load(const Bfloat* p) { return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))); }
    INLINE static V load_first(const Bfloat* p, std::size_t count) {
        return widened(_mm256_maskz_loadu_epi16(static_cast<__mmask16>((1u << count) - 1), p));
    }
    INLINE static V widened(__m256i numbers) {
        return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, _mm512_maskz_cvtepu16_epi32(0xffff, numbers), 16));
    }
};

struct I8 : Bytes {
    INLINE static Total fma(V a, V b, Total total) { return add(total, _mm512_madd_epi16(a, b)); }
    INLINE static Total add_squared_difference(Total total, V a, V b) {
        const V difference = _mm512_sub_epi16(a, b);
        return fma(difference, difference, total);
    }
    INLINE static Total add_absolute_difference(Total total, V a, V b) {
        return fma(_mm512_abs_epi16(_mm512_sub_epi16(a, b)), _mm512_set1_epi16(1), total);
    }
};

// Bits are counted by looking both halves of each byte up in a table.
struct Bits : BitWords {
    INLINE static Total add_differing(Total total, V a, V b) { return add(total, counted(_mm512_xor_si512(a, b))); }
    INLINE static Total add_both(Total total, V a, V b) { return add(total, counted(_mm512_and_si512(a, b))); }
    INLINE static Total add_either(Total total, V a, V b) { return add(total, counted(_mm512_or_si512(a, b))); }

private:
    INLINE static Total counted(V bits) {
        const __m512i counts =
            _mm512_maskz_broadcast_i32x4(0xffff, _mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
        const __m512i half = _mm512_set1_epi8(15);
        const __m512i low = _mm512_shuffle_epi8(counts, _mm512_and_si512(bits, half));
        const __m512i high = _mm512_shuffle_epi8(counts, _mm512_and_si512(_mm512_srli_epi16(bits, 4), half));
        return _mm512_sad_epu8(_mm512_add_epi8(low, high), _mm512_setzero_si512());
    }
};

struct Shape {
    static constexpr std::size_t pair_chains = 4, norm_chains = 8, cosine_chains = 4;
    static constexpr std::size_t rows = 4, row_chains = 4, cosine_rows = 4, cosine_row_chains = 2;
};

}  // namespace

constinit const KernelsOf<float> avx512_f32 = kernels_over<F32, Shape>("avx512");
constinit const KernelsOf<double> avx512_f64 = kernels_over<F64, Shape>("avx512");
constinit const KernelsOf<Half> avx512_f16 = kernels_over<F16, Shape>("avx512");
constinit const KernelsOf<Bfloat> avx512_bf16 = kernels_over<BF16, Shape>("avx512");
constinit const KernelsOf<std::int8_t> avx512_i8 = kernels_over_bytes<I8, WholeShape>("avx512");
constinit const KernelsOfBits avx512_bits = kernels_over_bits<Bits, WholeShape>("avx512");

}  // namespace perfkit::distance

#endif

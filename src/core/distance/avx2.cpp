// x86-64 with AVX2 and FMA: 16 registers of 32 bytes; two loads and two FMAs of 4 cycles start in each
// cycle.
#if defined(__x86_64__)

#include <immintrin.h>

#include "units.hpp"

#define TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE __attribute__((target("avx2,fma,f16c"), always_inline)) inline

#include "avx_sums.hpp"
#include "whole_loops.hpp"

namespace perfkit::distance {
namespace {

// Masks for the first so many of 8 lanes of 4 bytes: the words from [8 - count].
alignas(64) constexpr int first_lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

INLINE __m256i mask_of(std::size_t words) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first_lanes + 8 - words));
}

// The first count < 16 bytes, zeros above them; all where there are more.
INLINE __m128i first_16(const void* p, std::size_t count) {
    return _mm_set_epi64x(static_cast<long long>(first_bytes_after(8, p, count)),
                          static_cast<long long>(first_bytes(p, count)));
}

struct F32 {
    using Element = float;
    using V = __m256;
    using Total = V;
    static constexpr std::size_t width = 8;

    INLINE static V zero() { return _mm256_setzero_ps(); }
    INLINE static V load(const float* p) { return _mm256_loadu_ps(p); }
    INLINE static V load_first(const float* p, std::size_t count) { return _mm256_maskload_ps(p, mask_of(count)); }
    INLINE static V add(V a, V b) { return _mm256_add_ps(a, b); }
    INLINE static V sub(V a, V b) { return _mm256_sub_ps(a, b); }
    INLINE static V abs(V a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
    INLINE static V fma(V a, V b, V total) { return _mm256_fmadd_ps(a, b, total); }
    INLINE static double sum(V a) {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
        const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
};

struct F64 {
    using Element = double;
    using V = __m256d;
    using Total = V;
    static constexpr std::size_t width = 4;

    INLINE static V zero() { return _mm256_setzero_pd(); }
    INLINE static V load(const double* p) { return _mm256_loadu_pd(p); }
    INLINE static V load_first(const double* p, std::size_t count) { return _mm256_maskload_pd(p, mask_of(2 * count)); }
    INLINE static V add(V a, V b) { return _mm256_add_pd(a, b); }
    INLINE static V sub(V a, V b) { return _mm256_sub_pd(a, b); }
    INLINE static V abs(V a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
    INLINE static V fma(V a, V b, V total) { return _mm256_fmadd_pd(a, b, total); }
    INLINE static double sum(V a) {
        const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
        return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
    }
};

// Halves, computed with as floats.
struct F16 : F32 {
    using Element = Half;

    INLINE static V load(const Half* p) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    INLINE static V load_first(const Half* p, std::size_t count) { return _mm256_cvtph_ps(first_16(p, 2 * count)); }
};

struct BF16 : F32 {
    using Element = Bfloat;

    INLINE static V load(const Bfloat* p) { return widened(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
    INLINE static V load_first(const Bfloat* p, std::size_t count) { return widened(first_16(p, 2 * count)); }
    INLINE static V widened(__m128i numbers) {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(numbers), 16));
    }
};

// Bytes are widened to 16 bits, whose products are added in pairs to 32 bits.
struct I8 {
    using Element = std::int8_t;
    using V = __m256i;
    using Total = __m256i;
    static constexpr std::size_t width = 16;

    INLINE static Total zero() { return _mm256_setzero_si256(); }
    INLINE static V load(const std::int8_t* p) {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    INLINE static V load_first(const std::int8_t* p, std::size_t count) {
        return _mm256_cvtepi8_epi16(first_16(p, count));
    }
    INLINE static Total add(Total a, Total b) { return _mm256_add_epi32(a, b); }
    INLINE static Total fma(V a, V b, Total total) { return add(total, _mm256_madd_epi16(a, b)); }
    INLINE static Total add_squared_difference(Total total, V a, V b) {
        const V difference = _mm256_sub_epi16(a, b);
        return fma(difference, difference, total);
    }
    INLINE static Total add_absolute_difference(Total total, V a, V b) {
        return fma(_mm256_abs_epi16(_mm256_sub_epi16(a, b)), _mm256_set1_epi16(1), total);
    }
    INLINE static double sum(Total a) { return sum_of_32(a); }
};

// Bits are counted by looking both halves of each byte up in a table.
struct Bits {
    using Element = std::uint8_t;
    using V = __m256i;
    using Total = __m256i;  // of 64 bits each
    static constexpr std::size_t width = 32;

    INLINE static Total zero() { return _mm256_setzero_si256(); }
    INLINE static V load(const std::uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
    INLINE static V load_first(const std::uint8_t* p, std::size_t count) {
        const __m128i low = first_16(p, count), high = count <= 16 ? _mm_setzero_si128() : first_16(p + 16, count - 16);
        return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    }
    INLINE static Total add(Total a, Total b) { return _mm256_add_epi64(a, b); }
    INLINE static Total add_differing(Total total, V a, V b) { return add(total, counted(_mm256_xor_si256(a, b))); }
    INLINE static Total add_both(Total total, V a, V b) { return add(total, counted(_mm256_and_si256(a, b))); }
    INLINE static Total add_either(Total total, V a, V b) { return add(total, counted(_mm256_or_si256(a, b))); }
    INLINE static double sum(Total a) { return sum_of_64(a); }

private:
    INLINE static Total counted(V bits) {
        const __m256i counts =
            _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
        const __m256i half = _mm256_set1_epi8(15);
        const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(bits, half));
        const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(bits, 4), half));
        return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
    }
};

// A pair needs two loads a step, so four chains keep the load ports busy, which is all there is to gain;
// a norm needs one, and eight chains.  With several rows, the registers are the limit.
struct Shape {
    static constexpr std::size_t pair_chains = 4, norm_chains = 8, cosine_chains = 4;
    static constexpr std::size_t rows = 4, row_chains = 3, cosine_rows = 2, cosine_row_chains = 3;
};

// Additions of whole numbers take one cycle, so that few chains do.
struct WholeShape {
    static constexpr std::size_t pair_chains = 4, norm_chains = 4, cosine_chains = 2;
    static constexpr std::size_t rows = 4, row_chains = 1, cosine_rows = 2, cosine_row_chains = 2;
};

}  // namespace

constinit const KernelsOf<float> avx2_f32 = kernels_over<F32, Shape>("avx2+fma");
constinit const KernelsOf<double> avx2_f64 = kernels_over<F64, Shape>("avx2+fma");
constinit const KernelsOf<Half> avx2_f16 = kernels_over<F16, Shape>("avx2+fma+f16c");
constinit const KernelsOf<Bfloat> avx2_bf16 = kernels_over<BF16, Shape>("avx2+fma");
constinit const KernelsOf<std::int8_t> avx2_i8 = kernels_over_bytes<I8, WholeShape>("avx2");
constinit const KernelsOfBits avx2_bits = kernels_over_bits<Bits, WholeShape>("avx2");

}  // namespace perfkit::distance

#endif

// x86-64 with AVX2 and FMA: 16 registers of 32 bytes; two loads and two FMAs of 4 cycles start in each
// cycle.
#if defined(__x86_64__)

#include <immintrin.h>

#include "units.hpp"

#define TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE __attribute__((target("avx2,fma,f16c"), always_inline)) inline

#include "loops.hpp"

namespace perfkit::distance {
namespace {

// Masks for the first so many of 8 lanes of 4 bytes: the words from [8 - count].
alignas(64) constexpr int first_lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

INLINE __m256i mask_of(std::size_t words) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first_lanes + 8 - words));
}

struct F32 {
    using Element = float;
    using V = __m256;
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
    INLINE static V load_first(const Half* p, std::size_t count) {
        const bool upper = count >= 4;
        const std::uint64_t low = upper ? first_halves(p, 4) : first_halves(p, count);
        const std::uint64_t high = upper ? first_halves(p + 4, count - 4) : 0;
        return _mm256_cvtph_ps(_mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low)));
    }
};

// A pair needs two loads a step, so four chains keep the load ports busy, which is all there is to gain;
// a norm needs one, and eight chains.  With several rows, the registers are the limit.
struct Shape {
    static constexpr std::size_t pair_chains = 4, norm_chains = 8, cosine_chains = 4;
    static constexpr std::size_t rows = 4, row_chains = 3, cosine_rows = 2, cosine_row_chains = 3;
};

}  // namespace

constinit const KernelsOf<float> avx2_f32 = kernels_over<F32, Shape>("avx2+fma");
constinit const KernelsOf<double> avx2_f64 = kernels_over<F64, Shape>("avx2+fma");
constinit const KernelsOf<Half> avx2_f16 = kernels_over<F16, Shape>("avx2+fma+f16c");

}  // namespace perfkit::distance

#endif

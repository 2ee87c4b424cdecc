// x86-64 with AVX-512: 32 registers of 16 floats, and loads under a mask for the rest.
#if defined(__x86_64__)

#include <immintrin.h>

#include "units.hpp"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define INLINE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"), always_inline)) inline

namespace perfkit::distance {
namespace {

using V = __m512;
constexpr std::size_t width = 16;

INLINE V zero() { return _mm512_setzero_ps(); }
INLINE V load(const float* p) { return _mm512_loadu_ps(p); }
INLINE V load_first(const float* p, std::size_t count) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
}
INLINE V add(V a, V b) { return _mm512_add_ps(a, b); }
INLINE V sub(V a, V b) { return _mm512_sub_ps(a, b); }
INLINE V abs(V a) { return _mm512_abs_ps(a); }
INLINE V fma(V a, V b, V total) { return _mm512_fmadd_ps(a, b, total); }
INLINE float sum(V a) {
    // Under a full mask, since the plain extract of GCC 12 draws a warning about its own header.
    const __m256 eight =
        _mm256_add_ps(_mm512_maskz_extractf32x8_ps(0xff, a, 0), _mm512_maskz_extractf32x8_ps(0xff, a, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace
}  // namespace perfkit::distance

#include "f32_loops.hpp"

namespace perfkit::distance {

const KernelsOf<float> avx512_f32 = {
    "avx512", pair<SquaredDifference, 4>, pair<Product, 4>, pair<AbsoluteDifference, 4>, square<8>, cosine<4>,
};

}  // namespace perfkit::distance

#endif

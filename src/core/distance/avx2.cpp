// x86-64 with AVX2 and FMA: 16 registers of 8 floats, two loads and two FMAs of 4 cycles a cycle.
// A pair needs two loads a step, so four chains keep the load ports busy, which is all there is to
// gain; a norm needs one, and eight chains.
#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>

#include "units.hpp"

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE __attribute__((target("avx2,fma"), always_inline)) inline

namespace perfkit::distance {
namespace {

using V = __m256;
constexpr std::size_t width = 8;

// load_first's mask for a count is the 8 words from [8 - count].
alignas(64) constexpr int first_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

INLINE V zero() { return _mm256_setzero_ps(); }
INLINE V load(const float* p) { return _mm256_loadu_ps(p); }
INLINE V load_first(const float* p, std::size_t count) {
    const auto* mask = reinterpret_cast<const __m256i*>(first_words + width - count);
    return _mm256_maskload_ps(p, _mm256_loadu_si256(mask));
}
INLINE V add(V a, V b) { return _mm256_add_ps(a, b); }
INLINE V sub(V a, V b) { return _mm256_sub_ps(a, b); }
INLINE V abs(V a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
INLINE V fma(V a, V b, V total) { return _mm256_fmadd_ps(a, b, total); }
INLINE float sum(V a) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

}  // namespace
}  // namespace perfkit::distance

#include "f32_loops.hpp"

namespace perfkit::distance {

const KernelsOf<float> avx2_f32 = {
    "avx2+fma", pair<SquaredDifference, 4>, pair<Product, 4>, pair<AbsoluteDifference, 4>, square<8>, cosine<4>,
};

}  // namespace perfkit::distance

#endif

// The last steps of adding up a register of whole numbers, which AVX2 and AVX-512 have in common.  Included as
// whole_loops.hpp is.
#pragma once

#include <immintrin.h>

namespace perfkit::distance {
namespace {

// Of eight numbers of 32 bits.
INLINE double sum_of_32(__m256i a) {
    const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    const __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
    return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 1)));
}

// Of four numbers of 64 bits.
INLINE double sum_of_64(__m256i a) {
    const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    return static_cast<double>(_mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two))));
}

}  // namespace
}  // namespace perfkit::distance

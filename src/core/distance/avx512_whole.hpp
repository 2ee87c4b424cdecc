// Bytes and bits in registers of 64 bytes; what is done with them, the units with and without VNNI and VPOPCNTDQ add.
// Included as whole_loops.hpp is, which it includes.
#pragma once

#include <immintrin.h>

#include "avx_sums.hpp"
#include "whole_loops.hpp"

namespace perfkit::distance {
namespace {

// Bytes are widened to 16 bits, whose products are added in pairs to 32 bits.
struct Bytes {
    using Element = std::int8_t;
    using V = __m512i;
    using Total = __m512i;
    static constexpr std::size_t width = 32;

    INLINE static Total zero() { return _mm512_setzero_si512(); }
    INLINE static V load(const std::int8_t* p) {
        return _mm512_maskz_cvtepi8_epi16(~0u, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    INLINE static V load_first(const std::int8_t* p, std::size_t count) {
        return _mm512_maskz_cvtepi8_epi16(~0u, _mm256_maskz_loadu_epi8((1u << count) - 1, p));
    }
    INLINE static Total add(Total a, Total b) { return _mm512_add_epi32(a, b); }
    INLINE static double sum(Total a) {
        return sum_of_32(
            _mm256_add_epi32(_mm512_maskz_extracti32x8_epi32(0xff, a, 0), _mm512_maskz_extracti32x8_epi32(0xff, a, 1)));
    }
};

struct BitWords {
    using Element = std::uint8_t;
    using V = __m512i;
    using Total = __m512i;  // of 64 bits each
    static constexpr std::size_t width = 64;

    INLINE static Total zero() { return _mm512_setzero_si512(); }
    INLINE static V load(const std::uint8_t* p) { return _mm512_loadu_si512(p); }
    INLINE static V load_first(const std::uint8_t* p, std::size_t count) {
        return _mm512_maskz_loadu_epi8((1ull << count) - 1, p);
    }
    INLINE static Total add(Total a, Total b) { return _mm512_add_epi64(a, b); }
    INLINE static double sum(Total a) {
        return sum_of_64(
            _mm256_add_epi64(_mm512_maskz_extracti64x4_epi64(0xff, a, 0), _mm512_maskz_extracti64x4_epi64(0xff, a, 1)));
    }
};

// Four chains keep VNNI's multiply-add of 4 or 5 cycles under way.
struct WholeShape {
    static constexpr std::size_t pair_chains = 4, norm_chains = 8, cosine_chains = 4;
    static constexpr std::size_t rows = 4, row_chains = 4, cosine_rows = 4, cosine_row_chains = 2;
};

}  // namespace
}  // namespace perfkit::distance

// Bytes in registers of 16; what is done with them, the units with and without DotProd add.  Included as
// whole_loops.hpp is, which it includes.
#pragma once

#include <arm_neon.h>

#include "whole_loops.hpp"

namespace perfkit::distance {
namespace {

// The first count < 16 bytes, zeros above them.
INLINE uint8x16_t first_16(const void* p, std::size_t count) {
    return vcombine_u8(vcreate_u8(first_bytes(p, count)), vcreate_u8(first_bytes_after(8, p, count)));
}

struct Bytes {
    using Element = std::int8_t;
    using V = int8x16_t;
    using Total = int32x4_t;
    static constexpr std::size_t width = 16;

    INLINE static Total zero() { return vdupq_n_s32(0); }
    INLINE static V load(const std::int8_t* p) { return vld1q_s8(p); }
    INLINE static V load_first(const std::int8_t* p, std::size_t count) {
        return vreinterpretq_s8_u8(first_16(p, count));
    }
    INLINE static Total add(Total a, Total b) { return vaddq_s32(a, b); }
    INLINE static double sum(Total a) { return vaddvq_s32(a); }

    // The absolute differences, up to 255.
    INLINE static uint8x16_t difference(V a, V b) { return vreinterpretq_u8_s8(vabdq_s8(a, b)); }
};

struct WholeShape {
    static constexpr std::size_t pair_chains = 8, norm_chains = 8, cosine_chains = 4;
    static constexpr std::size_t rows = 4, row_chains = 4, cosine_rows = 2, cosine_row_chains = 4;
};

}  // namespace
}  // namespace perfkit::distance

// What each instruction set's unit brings to the dispatch.
#pragma once

#include <cstring>

#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance {

// The first count bytes, zeros above them; up to 8 where more are said.
inline std::uint64_t first_bytes(const void* from, std::size_t count) {
    const auto* const p = static_cast<const unsigned char*>(from);
    std::uint64_t bytes = 0;
    if (count >= 8) {
        std::memcpy(&bytes, p, 8);
    } else if (count >= 4) {  // two pieces, which overlap
        std::uint32_t low, high;
        std::memcpy(&low, p, 4);
        std::memcpy(&high, p + count - 4, 4);
        bytes = low | static_cast<std::uint64_t>(high) << (8 * (count - 4));
    } else {
        for (std::size_t i = 0; i < count; ++i) bytes |= static_cast<std::uint64_t>(p[i]) << (8 * i);
    }
    return bytes;
}
// The same of what follows `skip` bytes.
inline std::uint64_t first_bytes_after(std::size_t skip, const void* from, std::size_t count) {
    return count <= skip ? 0 : first_bytes(static_cast<const unsigned char*>(from) + skip, count - skip);
}

extern const KernelsOf<float> scalar_f32;
extern const KernelsOf<double> scalar_f64;
extern const KernelsOf<Half> scalar_f16;
extern const KernelsOf<Bfloat> scalar_bf16;
extern const KernelsOf<std::int8_t> scalar_i8;
extern const KernelsOfBits scalar_bits;
#if defined(__x86_64__)
extern const KernelsOf<float> avx2_f32, avx512_f32;
extern const KernelsOf<double> avx2_f64, avx512_f64;
extern const KernelsOf<Half> avx2_f16, avx512_f16;
extern const KernelsOf<Bfloat> avx2_bf16, avx512_bf16;
extern const KernelsOf<std::int8_t> avx2_i8, avx512_i8, avx512_vnni_i8;
extern const KernelsOfBits avx2_bits, avx512_bits, avx512_popcnt_bits;
#elif defined(__aarch64__)
extern const KernelsOf<float> neon_f32;
extern const KernelsOf<double> neon_f64;
extern const KernelsOf<Half> neon_f16;
extern const KernelsOf<Bfloat> neon_bf16;
extern const KernelsOf<std::int8_t> neon_i8, neon_dotprod_i8;
extern const KernelsOfBits neon_bits;
// The same with products of halves that are added to floats in one instruction.
KernelsOf<Half> with_fhm(KernelsOf<Half> kernels);
#endif

}  // namespace perfkit::distance

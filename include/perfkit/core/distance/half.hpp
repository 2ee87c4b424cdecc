// Numbers of two bytes, as stored.
#pragma once

#include <bit>
#include <cstdint>

namespace perfkit::distance {

// IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction.
enum class Half : std::uint16_t {};

// bfloat16, the upper half of a float: 1 sign bit, 8 of exponent, 7 of fraction.
enum class Bfloat : std::uint16_t {};

inline float to_float(Half half) {
    const auto bits = static_cast<std::uint32_t>(half);
    const std::uint32_t size = (bits & 0x7fff) << 13, sign = (bits & 0x8000) << 16;
    // In place as a float's fields, but for the bias of the exponent, which is 112 less.
    const std::uint32_t value = size < 0x0f800000 ? std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) * 0x1p112f)
                                                  : size | 0x7f800000;  // infinity and NaN
    return std::bit_cast<float>(value | sign);
}

inline float to_float(Bfloat number) { return std::bit_cast<float>(static_cast<std::uint32_t>(number) << 16); }

// The nearest, and of two equally near the even one; infinite beyond the range; of a NaN, its sign.
inline Half to_half(float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    const std::uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7fffffff;
    if (size > 0x7f800000) return static_cast<Half>(sign | 0x7e00);
    if (size >= 0x47800000) return static_cast<Half>(sign | 0x7c00);
    // Below 2^-14 halves are multiples of 2^-24, which is the last place of floats from 0.5 on.
    if (size < 0x38800000)
        return static_cast<Half>(sign | (std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + 0.5f) - 0x3f000000));
    return static_cast<Half>(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13);
}

inline Bfloat to_bfloat(float number) {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<Bfloat>((bits >> 16 & 0x8000) | 0x7fc0);
    return static_cast<Bfloat>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace perfkit::distance

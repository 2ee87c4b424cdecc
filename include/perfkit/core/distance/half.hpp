// IEEE 754 binary16, as stored: 1 sign bit, 5 of exponent, 10 of fraction.
#pragma once

#include <bit>
#include <cstdint>

namespace perfkit::distance {

enum class Half : std::uint16_t {};

inline float to_float(Half half) {
    const auto bits = static_cast<std::uint32_t>(half);
    const std::uint32_t size = (bits & 0x7fff) << 13, sign = (bits & 0x8000) << 16;
    // In place as a float's fields, but for the bias of the exponent, which is 112 less.
    const std::uint32_t value = size < 0x0f800000 ? std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) * 0x1p112f)
                                                  : size | 0x7f800000;  // infinity and NaN
    return std::bit_cast<float>(value | sign);
}

}  // namespace perfkit::distance

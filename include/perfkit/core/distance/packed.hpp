// Vectors packed into bytes, two or one for each element, little-endian:
//
//   f16           IEEE 754 binary16
//   bf16          bfloat16
//   int8          whole numbers from -128 to 127
//   int8_scaled   the same, each times a scale that comes first, as a float, finite and without a sign
//
// Their distances are defined as those of distance.hpp are, by real arithmetic on what the bytes stand for.  Those of
// whole numbers are sums without rounding, and their results the same to the last bit from every instruction set.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "perfkit/core/distance/distance.hpp"

namespace perfkit::distance {

enum class Format { f16, bf16, int8, int8_scaled };

std::optional<Format> format_named(std::string_view name);

// What a packed vector takes.
std::size_t packed_bytes(Format format, std::size_t elements);

// Packs n elements, rounded to the nearest that the format has, into packed_bytes(format, n), at an address that is
// a multiple of 4.  Returns the place of the first element that is beyond the format's range, n where there is none:
// NaN and infinity are within that of f16 and bf16 alone.  The scale is such that the largest size becomes 127.
std::size_t pack(Format format, const float* elements, std::size_t n, unsigned char* bytes);

// A packed vector, which lies elsewhere.
struct Packed {
    Format format;
    const unsigned char* elements;
    std::size_t size;
    float scale = 1;  // of whole numbers

    template <typename T>
    const T* as() const {
        return reinterpret_cast<const T*>(elements);
    }
};

// Nothing where so many bytes, at an address that is a multiple of 4, are no vector.
std::optional<Packed> packed_in(const unsigned char* bytes, std::size_t count, Format format);

// Rounded, as a scale may make it necessary, and infinite beyond the range of floats.
void unpack(const Packed& vector, float* elements);

// Of vectors of the same format and size.
double distance(const Kernels& kernels, Metric metric, const Packed& a, const Packed& b);
double norm(const Kernels& kernels, const Packed& a);

}  // namespace perfkit::distance

// Sums that neither overflow nor underflow on the way, at the price of speed: what the distances fall
// back on where a kernel's sum has left the range in which it is accurate.
#pragma once

#include <cstddef>

#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance::careful {

// value * 2^exponent, which may lie outside double's range; an infinite or NaN value is the result.
struct Scaled {
    double value;
    int exponent;
};

// The scalar kernels are careful as they are, but for those over doubles.
template <typename T>
Scaled l2_squared(const T* a, const T* b, std::size_t n) {
    return {kernels_of(Simd::scalar)->over<T>().l2_squared(a, b, n), 0};
}
template <typename T>
Scaled inner_product(const T* a, const T* b, std::size_t n) {
    return {kernels_of(Simd::scalar)->over<T>().inner_product(a, b, n), 0};
}
template <typename T>
Scaled l1(const T* a, const T* b, std::size_t n) {
    return {kernels_of(Simd::scalar)->over<T>().l1(a, b, n), 0};
}
Scaled l2_squared(const double* a, const double* b, std::size_t n);
Scaled inner_product(const double* a, const double* b, std::size_t n);
Scaled l1(const double* a, const double* b, std::size_t n);

// As a double: infinite above its range, rounded to zero or a subnormal number below it.
double rounded(Scaled number);
// The square root, whose range is wider.
double square_root(Scaled number);
// ab / sqrt(aa * bb)
double ratio(Scaled ab, Scaled aa, Scaled bb);

}  // namespace perfkit::distance::careful

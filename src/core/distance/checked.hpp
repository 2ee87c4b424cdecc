// From a kernel's sums to a distance: checks that the sums are in the range in which they are accurate,
// and else computes them again with care.
#pragma once

#include <cfloat>
#include <cmath>

#include "careful.hpp"
#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance::checked {

// Below this a sum may have lost terms to underflow that mattered: a term is off by at most half of
// the smallest subnormal number, 2^-150 or 2^-1075, which even times n is nothing beside this, but may
// be everything beside a smaller sum.  Halves and whole numbers are too few to leave the range of floats.
template <typename T>
constexpr double smallest_sure = 0;
template <>
constexpr double smallest_sure<float> = 0x1p-100;
template <>
constexpr double smallest_sure<Bfloat> = 0x1p-100;
template <>
constexpr double smallest_sure<double> = 0x1p-900;

// False also for NaN and infinity, which may have come from an overflow on the way.
template <typename T>
bool is_sure(double sum) {
    const double size = std::fabs(sum);
    return size >= smallest_sure<T> && size <= DBL_MAX;
}

template <typename T>
double l2_squared(double sum, const T* a, const T* b, std::size_t n) {
    return is_sure<T>(sum) ? sum : careful::rounded(careful::l2_squared(a, b, n));
}

template <typename T>
double l2(double sum, const T* a, const T* b, std::size_t n) {
    return is_sure<T>(sum) ? std::sqrt(sum) : careful::square_root(careful::l2_squared(a, b, n));
}

template <typename T>
double inner_product(double sum, const T* a, const T* b, std::size_t n) {
    return is_sure<T>(sum) ? sum : careful::rounded(careful::inner_product(a, b, n));
}

template <typename T>
double l1(double sum, const T* a, const T* b, std::size_t n) {
    // Differences do not underflow.
    return std::isfinite(sum) ? sum : careful::rounded(careful::l1(a, b, n));
}

template <typename T>
double norm(double sum, const T* a, std::size_t n) {
    return is_sure<T>(sum) ? std::sqrt(sum) : careful::square_root(careful::inner_product(a, a, n));
}

template <typename T>
double cosine_distance(const CosineSums& sums, const T* a, const T* b, std::size_t n) {
    // Beside the norms, what the product loses to underflow is nothing.
    const double norms = sums.aa * sums.bb;
    const bool sure =
        is_sure<T>(sums.aa) && is_sure<T>(sums.bb) && std::isfinite(sums.ab) && norms >= DBL_MIN && norms <= DBL_MAX;
    const double cosine = sure ? sums.ab / std::sqrt(norms)
                               : careful::ratio(careful::inner_product(a, b, n), careful::inner_product(a, a, n),
                                                careful::inner_product(b, b, n));
    // Rounding may leave the range of a cosine; the comparisons leave NaN alone.
    if (cosine > 1) return 0;
    if (cosine < -1) return 2;
    return 1 - cosine;
}

}  // namespace perfkit::distance::checked

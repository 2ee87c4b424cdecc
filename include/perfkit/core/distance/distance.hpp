// Distances between vectors, right for all input.
//
// What each function returns is defined by real arithmetic on the elements, and differs from that by
// rounding only, by less than error_bound(n) times the sum of the terms' magnitudes.  That holds for
// the kernels of every instruction set, so two machines may differ in the last digits but in nothing
// else:
//
//   overflow, underflow   do not happen on the way: a sum that leaves the range in which it is accurate
//                         is computed again with care.  A result beyond the range of double is infinite
//   NaN                   in an element makes every result NaN
//   infinity              follows IEEE 754 element by element: inf - inf and inf * 0 are NaN, else
//                         the result is infinite; a cosine with an infinite element is NaN
//   zero vectors          have no direction: their cosine distance is NaN
//   n = 0                 sums are 0, the cosine distance is NaN
//   a = b                 has distance 0 exactly, also by cosine
//
// T is float, double, Half, Bfloat or std::int8_t, over which sums are exact.
#pragma once

#include <cstddef>
#include <type_traits>

#include "perfkit/core/distance/kernels.hpp"

namespace perfkit::distance {

template <typename T>
double l2_squared(const Kernels& kernels, const T* a, const T* b, std::size_t n);
template <typename T>
double l2(const Kernels& kernels, const T* a, const T* b, std::size_t n);
template <typename T>
double inner_product(const Kernels& kernels, const T* a, const T* b, std::size_t n);
// One minus the cosine of the angle: 0 for the same direction, 1 for a right angle, 2 for opposite.
template <typename T>
double cosine_distance(const Kernels& kernels, const T* a, const T* b, std::size_t n);
template <typename T>
double l1(const Kernels& kernels, const T* a, const T* b, std::size_t n);
template <typename T>
double norm(const Kernels& kernels, const T* a, std::size_t n);

enum class Metric { l2, l2_squared, inner_product, cosine, l1 };

template <typename T>
double distance(const Kernels& kernels, Metric metric, const T* a, const T* b, std::size_t n);

// One query against many rows, out[i] for row i: faster than one by one, and the same up to rounding.
// A row's result does not depend on what other rows there are.
template <typename T>
void distances(const Kernels& kernels, Metric metric, const T* query, const T* const* rows, std::size_t count,
               std::size_t n, double* out);
// The rows lie one after the other, stride elements from one to the next.
template <typename T>
void distances(const Kernels& kernels, Metric metric, const T* query, const T* first, std::size_t stride,
               std::size_t count, std::size_t n, double* out);

// The bound on the error of a sum of n terms, as a share of the sum of their magnitudes, in units of the
// rounding (of float for numbers of two bytes): the longest chain of additions, where every set adds at least 16
// chains of floats, or 8 of doubles, side by side; then at most 6 additions that join the
// chains, and at most 3 roundings within a term.
template <typename T>
constexpr double error_bound(std::size_t n) {
    constexpr bool is_double = std::is_same_v<T, double>;
    return (static_cast<double>(n / (is_double ? 8 : 16)) + 9) * (is_double ? 0x1p-53 : 0x1p-24);
}

}  // namespace perfkit::distance

#include "perfkit/core/distance/distance.hpp"

#include <cfloat>
#include <cmath>

#include "careful.hpp"

namespace perfkit::distance {

namespace {

// Below this a sum may have lost terms to underflow that mattered: a term is off by at most half of
// the smallest subnormal number, 2^-150 or 2^-1075, which even times n is nothing beside this, but may
// be everything beside a smaller sum.  Halves are too few to leave the range of floats.
template <typename T>
constexpr double smallest_sure = 0;
template <>
constexpr double smallest_sure<float> = 0x1p-100;
template <>
constexpr double smallest_sure<double> = 0x1p-900;

// False also for NaN and infinity, which may have come from an overflow on the way.
template <typename T>
bool is_sure(double sum) {
    const double size = std::fabs(sum);
    return size >= smallest_sure<T> && size <= DBL_MAX;
}

template <typename T>
double cosine_of(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const CosineSums sums = kernels.over<T>().cosine(a, b, n);
    // Beside the norms, what a product loses to underflow is nothing.
    const double norms = sums.aa * sums.bb;
    if (is_sure<T>(sums.aa) && is_sure<T>(sums.bb) && std::isfinite(sums.ab) && norms >= DBL_MIN && norms <= DBL_MAX)
        return sums.ab / std::sqrt(norms);
    return careful::ratio(careful::inner_product(a, b, n), careful::inner_product(a, a, n),
                          careful::inner_product(b, b, n));
}

}  // namespace

template <typename T>
double l2_squared(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const double sum = kernels.over<T>().l2_squared(a, b, n);
    return is_sure<T>(sum) ? sum : careful::rounded(careful::l2_squared(a, b, n));
}

template <typename T>
double l2(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const double sum = kernels.over<T>().l2_squared(a, b, n);
    return is_sure<T>(sum) ? std::sqrt(sum) : careful::square_root(careful::l2_squared(a, b, n));
}

template <typename T>
double inner_product(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const double sum = kernels.over<T>().inner_product(a, b, n);
    return is_sure<T>(sum) ? sum : careful::rounded(careful::inner_product(a, b, n));
}

template <typename T>
double cosine_distance(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const double cosine = cosine_of(kernels, a, b, n);
    // Rounding may leave the range of a cosine; the comparisons leave NaN alone.
    if (cosine > 1) return 0;
    if (cosine < -1) return 2;
    return 1 - cosine;
}

template <typename T>
double l1(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    const double sum = kernels.over<T>().l1(a, b, n);
    // Differences do not underflow.
    return std::isfinite(sum) ? sum : careful::rounded(careful::l1(a, b, n));
}

template <typename T>
double norm(const Kernels& kernels, const T* a, std::size_t n) {
    const double sum = kernels.over<T>().squared_norm(a, n);
    return is_sure<T>(sum) ? std::sqrt(sum) : careful::square_root(careful::inner_product(a, a, n));
}

#define PERFKIT_DISTANCES_OVER(T)                                                     \
    template double l2_squared(const Kernels&, const T*, const T*, std::size_t);      \
    template double l2(const Kernels&, const T*, const T*, std::size_t);              \
    template double inner_product(const Kernels&, const T*, const T*, std::size_t);   \
    template double cosine_distance(const Kernels&, const T*, const T*, std::size_t); \
    template double l1(const Kernels&, const T*, const T*, std::size_t);              \
    template double norm(const Kernels&, const T*, std::size_t)

PERFKIT_DISTANCES_OVER(float);
PERFKIT_DISTANCES_OVER(double);
PERFKIT_DISTANCES_OVER(Half);

}  // namespace perfkit::distance

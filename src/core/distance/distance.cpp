#include "perfkit/core/distance/distance.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace perfkit::distance {

namespace {

// Below this a sum may have lost terms to underflow that mattered: each of n terms is off by up to
// 2^-150, which is nothing beside 2^-100, but may be everything beside a smaller sum.
constexpr double smallest_sure = 0x1p-100;

// False also for NaN and infinity, which may have come from an overflow on the way.
bool is_sure(double sum) {
    const double size = std::fabs(sum);
    return size >= smallest_sure && size <= DBL_MAX;
}

const KernelsOf<float>& reference() {
    static const KernelsOf<float>& scalar = *kernels_of(Simd::scalar)->f32;
    return scalar;
}

}  // namespace

double l2_squared(const Kernels& kernels, const float* a, const float* b, std::size_t n) {
    const double sum = kernels.f32->l2_squared(a, b, n);
    return is_sure(sum) ? sum : reference().l2_squared(a, b, n);
}

double l2(const Kernels& kernels, const float* a, const float* b, std::size_t n) {
    return std::sqrt(l2_squared(kernels, a, b, n));
}

double inner_product(const Kernels& kernels, const float* a, const float* b, std::size_t n) {
    const double sum = kernels.f32->inner_product(a, b, n);
    return is_sure(sum) ? sum : reference().inner_product(a, b, n);
}

double cosine_distance(const Kernels& kernels, const float* a, const float* b, std::size_t n) {
    CosineSums sums = kernels.f32->cosine(a, b, n);
    // The product may be small for good reason; beside the norms its loss is nothing.
    if (!is_sure(sums.aa) || !is_sure(sums.bb) || !std::isfinite(sums.ab)) sums = reference().cosine(a, b, n);
    const double cosine = sums.ab / std::sqrt(sums.aa * sums.bb);
    // Rounding may leave the range of a cosine; the comparisons leave NaN alone.
    if (cosine > 1) return 0;
    if (cosine < -1) return 2;
    return 1 - cosine;
}

double l1(const Kernels& kernels, const float* a, const float* b, std::size_t n) {
    const double sum = kernels.f32->l1(a, b, n);
    // Differences do not underflow.
    return std::isfinite(sum) ? sum : reference().l1(a, b, n);
}

double norm(const Kernels& kernels, const float* a, std::size_t n) {
    const double sum = kernels.f32->squared_norm(a, n);
    return std::sqrt(is_sure(sum) ? sum : reference().squared_norm(a, n));
}

}  // namespace perfkit::distance

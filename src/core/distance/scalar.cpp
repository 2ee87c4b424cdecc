// The reference: plain C++, for any processor.
//
// Everything is done in double.  The product of two floats is exact there, and no sum of fewer than
// 2^700 of them leaves its range; so what comes out infinite or NaN does so because of what went
// in, whatever the order of the additions.  Four sums are under way at a time, since one addition
// takes several cycles.
#include <cmath>

#include "units.hpp"

namespace perfkit::distance {
namespace {

template <typename Term>
double sum_over(const float* a, const float* b, std::size_t n, Term term) {
    double totals[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (std::size_t k = 0; k < 4; ++k) totals[k] += term(double{a[i + k]}, double{b[i + k]});
    for (; i < n; ++i) totals[0] += term(double{a[i]}, double{b[i]});
    return (totals[0] + totals[1]) + (totals[2] + totals[3]);
}

double l2_squared(const float* a, const float* b, std::size_t n) {
    return sum_over(a, b, n, [](double x, double y) { return (x - y) * (x - y); });
}

double inner_product(const float* a, const float* b, std::size_t n) {
    return sum_over(a, b, n, [](double x, double y) { return x * y; });
}

double l1(const float* a, const float* b, std::size_t n) {
    return sum_over(a, b, n, [](double x, double y) { return std::fabs(x - y); });
}

double squared_norm(const float* a, std::size_t n) { return inner_product(a, a, n); }

CosineSums cosine(const float* a, const float* b, std::size_t n) {
    return {inner_product(a, b, n), squared_norm(a, n), squared_norm(b, n)};
}

}  // namespace

const KernelsOf<float> scalar_f32 = {"scalar", l2_squared, inner_product, l1, squared_norm, cosine};

}  // namespace perfkit::distance

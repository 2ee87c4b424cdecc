#include "careful.hpp"

#include <algorithm>
#include <climits>
#include <cmath>

namespace perfkit::distance::careful {

namespace {

// Adds up n terms as multiples of the largest one's power of two: terms that underflow beside it do
// not matter.  term(i) gives a finite number as Scaled, with a value of moderate size; where the
// elements are not finite, it gives the infinity or NaN that IEEE 754 makes of them, and then these
// alone are the result.
template <typename Term>
Scaled sum_of(std::size_t n, Term term) {
    int largest = INT_MIN;
    double not_finite = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const Scaled found = term(i);
        if (!std::isfinite(found.value))
            not_finite += found.value;
        else if (found.value != 0)
            largest = std::max(largest, found.exponent + std::ilogb(found.value));
    }
    if (not_finite != 0) return {not_finite, 0};
    if (largest == INT_MIN) return {0, 0};

    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const Scaled found = term(i);
        total += std::ldexp(found.value, found.exponent - largest);
    }
    return {total, largest};
}

Scaled product(double x, double y) {
    if (!std::isfinite(x) || !std::isfinite(y)) return {x * y, 0};
    int x_exponent, y_exponent;
    const double fractions = std::frexp(x, &x_exponent) * std::frexp(y, &y_exponent);
    return {fractions, x_exponent + y_exponent};
}

// Scaled down by the larger one's power of two, so that the difference cannot overflow and its square
// can neither overflow nor underflow.
Scaled difference(double x, double y) {
    const double larger = std::max(std::fabs(x), std::fabs(y));
    if (!std::isfinite(x) || !std::isfinite(y) || larger == 0) return {x - y, 0};
    const int exponent = std::ilogb(larger);
    return {std::ldexp(x, -exponent) - std::ldexp(y, -exponent), exponent};
}

// With an even exponent, whose half is a whole number.
Scaled even(Scaled number) { return number.exponent % 2 == 0 ? number : Scaled{number.value * 2, number.exponent - 1}; }

}  // namespace

Scaled l2_squared(const double* a, const double* b, std::size_t n) {
    return sum_of(n, [a, b](std::size_t i) -> Scaled {
        const Scaled d = difference(a[i], b[i]);
        return {d.value * d.value, 2 * d.exponent};
    });
}

Scaled inner_product(const double* a, const double* b, std::size_t n) {
    return sum_of(n, [a, b](std::size_t i) { return product(a[i], b[i]); });
}

Scaled l1(const double* a, const double* b, std::size_t n) {
    return sum_of(n, [a, b](std::size_t i) -> Scaled {
        const Scaled d = difference(a[i], b[i]);
        return {std::fabs(d.value), d.exponent};
    });
}

double rounded(Scaled number) { return std::ldexp(number.value, number.exponent); }

double square_root(Scaled number) {
    const Scaled square = even(number);
    return std::ldexp(std::sqrt(square.value), square.exponent / 2);
}

double ratio(Scaled ab, Scaled aa, Scaled bb) {
    aa = even(aa);
    bb = even(bb);
    return std::ldexp(ab.value / std::sqrt(aa.value * bb.value), ab.exponent - (aa.exponent + bb.exponent) / 2);
}

}  // namespace perfkit::distance::careful

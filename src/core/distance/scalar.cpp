// Plain C++, for any processor.
//
// All is done in double.  The product of two floats is exact there, and no sum of fewer than 2^700 of
// them leaves its range; so over f32, f16 and bf16, what comes out infinite or NaN does so because of what went in,
// whatever the order of the additions.
#include <bit>
#include <cmath>

#include "units.hpp"

namespace perfkit::distance {
namespace {

double wide(float value) { return value; }
double wide(double value) { return value; }
double wide(Half value) { return to_float(value); }
double wide(Bfloat value) { return to_float(value); }
double wide(std::int8_t value) { return value; }

// Several sums are under way at a time, since one addition takes several cycles, and since over f64 the
// rounding errors are to be no larger than with the other sets.
template <typename T, typename Term>
double sum_over(const T* a, const T* b, std::size_t n, Term term) {
    constexpr std::size_t chains = std::is_same_v<T, double> ? 16 : 4;
    double totals[chains] = {};
    std::size_t i = 0;
    for (; i + chains <= n; i += chains)
        for (std::size_t k = 0; k < chains; ++k) totals[k] += term(wide(a[i + k]), wide(b[i + k]));
    for (std::size_t k = 0; i < n; ++i, ++k) totals[k] += term(wide(a[i]), wide(b[i]));
    for (std::size_t width = chains / 2; width > 0; width /= 2)
        for (std::size_t k = 0; k < width; ++k) totals[k] += totals[k + width];
    return totals[0];
}

template <typename T>
double l2_squared(const T* a, const T* b, std::size_t n) {
    return sum_over(a, b, n, [](double x, double y) { return (x - y) * (x - y); });
}

template <typename T>
double inner_product(const T* a, const T* b, std::size_t n) {
    return sum_over(a, b, n, [](double x, double y) { return x * y; });
}

template <typename T>
double l1(const T* a, const T* b, std::size_t n) {
    return sum_over(a, b, n, [](double x, double y) { return std::fabs(x - y); });
}

template <typename T>
double squared_norm(const T* a, std::size_t n) {
    return inner_product(a, a, n);
}

template <typename T>
CosineSums cosine(const T* a, const T* b, std::size_t n) {
    return {inner_product(a, b, n), squared_norm(a, n), squared_norm(b, n)};
}

template <typename T, auto Pair, typename Result>
void many(const T* query, const T* const* rows, std::size_t count, std::size_t n, Result* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = Pair(query, rows[i], n);
}

// Adds up term(x, y) of eight bytes of either vector at a time.
template <typename Term>
void for_words(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes, Term term) {
    for (std::size_t i = 0; i < bytes; i += 8) term(first_bytes(a + i, bytes - i), first_bytes(b + i, bytes - i));
}

double differing(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
    std::int64_t count = 0;
    for_words(a, b, bytes, [&](std::uint64_t x, std::uint64_t y) { count += std::popcount(x ^ y); });
    return static_cast<double>(count);
}

BitSums overlap(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
    std::int64_t both = 0, either = 0;
    for_words(a, b, bytes, [&](std::uint64_t x, std::uint64_t y) {
        both += std::popcount(x & y);
        either += std::popcount(x | y);
    });
    return {static_cast<double>(both), static_cast<double>(either)};
}

template <typename T>
constexpr KernelsOf<T> kernels_over() {
    return {
        "scalar",
        l2_squared<T>,
        inner_product<T>,
        l1<T>,
        squared_norm<T>,
        cosine<T>,
        many<T, l2_squared<T>, double>,
        many<T, inner_product<T>, double>,
        many<T, l1<T>, double>,
        many<T, cosine<T>, CosineSums>,
    };
}

}  // namespace

constinit const KernelsOf<float> scalar_f32 = kernels_over<float>();
constinit const KernelsOf<double> scalar_f64 = kernels_over<double>();
constinit const KernelsOf<Half> scalar_f16 = kernels_over<Half>();
constinit const KernelsOf<Bfloat> scalar_bf16 = kernels_over<Bfloat>();
constinit const KernelsOf<std::int8_t> scalar_i8 = kernels_over<std::int8_t>();
constinit const KernelsOfBits scalar_bits = {"scalar", differing, overlap, many<std::uint8_t, differing, double>,
                                             many<std::uint8_t, overlap, BitSums>};

}  // namespace perfkit::distance

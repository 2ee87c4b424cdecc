#include "perfkit/core/distance/distance.hpp"

#include <algorithm>
#include <limits>

#include "checked.hpp"

namespace perfkit::distance {

template <typename T>
double l2_squared(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    return checked::l2_squared(kernels.over<T>().l2_squared(a, b, n), a, b, n);
}

template <typename T>
double l2(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    return checked::l2(kernels.over<T>().l2_squared(a, b, n), a, b, n);
}

template <typename T>
double inner_product(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    return checked::inner_product(kernels.over<T>().inner_product(a, b, n), a, b, n);
}

template <typename T>
double cosine_distance(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    return checked::cosine_distance(kernels.over<T>().cosine(a, b, n), a, b, n);
}

template <typename T>
double l1(const Kernels& kernels, const T* a, const T* b, std::size_t n) {
    return checked::l1(kernels.over<T>().l1(a, b, n), a, b, n);
}

template <typename T>
double norm(const Kernels& kernels, const T* a, std::size_t n) {
    return checked::norm(kernels.over<T>().squared_norm(a, n), a, n);
}

template <typename T>
double distance(const Kernels& kernels, Metric metric, const T* a, const T* b, std::size_t n) {
    switch (metric) {
        case Metric::l2:
            return l2(kernels, a, b, n);
        case Metric::l2_squared:
            return l2_squared(kernels, a, b, n);
        case Metric::inner_product:
            return inner_product(kernels, a, b, n);
        case Metric::cosine:
            return cosine_distance(kernels, a, b, n);
        case Metric::l1:
            return l1(kernels, a, b, n);
    }
    return std::numeric_limits<double>::quiet_NaN();
}

namespace {

// How many rows go to a kernel at a time, so that what is needed for each fits on the stack.
constexpr std::size_t chunk = 64;

// The sums of one chunk, checked.
template <typename T, typename Check>
void sums_to_distances(void (*kernel)(const T*, const T* const*, std::size_t, std::size_t, double*), Check check,
                       const T* query, const T* const* rows, std::size_t count, std::size_t n, double* out) {
    kernel(query, rows, count, n, out);
    for (std::size_t i = 0; i < count; ++i) out[i] = check(out[i], query, rows[i], n);
}

template <typename T>
void chunk_of_distances(const KernelsOf<T>& kernels, Metric metric, const T* query, const T* const* rows,
                        std::size_t count, std::size_t n, double* out) {
    switch (metric) {
        case Metric::l2:
            return sums_to_distances(kernels.l2_squared_many, checked::l2<T>, query, rows, count, n, out);
        case Metric::l2_squared:
            return sums_to_distances(kernels.l2_squared_many, checked::l2_squared<T>, query, rows, count, n, out);
        case Metric::inner_product:
            return sums_to_distances(kernels.inner_product_many, checked::inner_product<T>, query, rows, count, n, out);
        case Metric::l1:
            return sums_to_distances(kernels.l1_many, checked::l1<T>, query, rows, count, n, out);
        case Metric::cosine:
            CosineSums sums[chunk];
            kernels.cosine_many(query, rows, count, n, sums);
            for (std::size_t i = 0; i < count; ++i) out[i] = checked::cosine_distance(sums[i], query, rows[i], n);
    }
}

}  // namespace

template <typename T>
void distances(const Kernels& kernels, Metric metric, const T* query, const T* const* rows, std::size_t count,
               std::size_t n, double* out) {
    for (std::size_t i = 0; i < count; i += chunk)
        chunk_of_distances(kernels.over<T>(), metric, query, rows + i, std::min(chunk, count - i), n, out + i);
}

template <typename T>
void distances(const Kernels& kernels, Metric metric, const T* query, const T* first, std::size_t stride,
               std::size_t count, std::size_t n, double* out) {
    const T* rows[chunk];
    for (std::size_t i = 0; i < count; i += chunk) {
        const std::size_t now = std::min(chunk, count - i);
        for (std::size_t k = 0; k < now; ++k) rows[k] = first + (i + k) * stride;
        chunk_of_distances(kernels.over<T>(), metric, query, rows, now, n, out + i);
    }
}

#define PERFKIT_DISTANCES_OVER(T)                                                                                  \
    template double l2_squared(const Kernels&, const T*, const T*, std::size_t);                                   \
    template double l2(const Kernels&, const T*, const T*, std::size_t);                                           \
    template double inner_product(const Kernels&, const T*, const T*, std::size_t);                                \
    template double cosine_distance(const Kernels&, const T*, const T*, std::size_t);                              \
    template double l1(const Kernels&, const T*, const T*, std::size_t);                                           \
    template double norm(const Kernels&, const T*, std::size_t);                                                   \
    template double distance(const Kernels&, Metric, const T*, const T*, std::size_t);                             \
    template void distances(const Kernels&, Metric, const T*, const T* const*, std::size_t, std::size_t, double*); \
    template void distances(const Kernels&, Metric, const T*, const T*, std::size_t, std::size_t, std::size_t, double*)

PERFKIT_DISTANCES_OVER(float);
PERFKIT_DISTANCES_OVER(double);
PERFKIT_DISTANCES_OVER(Half);
PERFKIT_DISTANCES_OVER(Bfloat);
PERFKIT_DISTANCES_OVER(std::int8_t);

}  // namespace perfkit::distance

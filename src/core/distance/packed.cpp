#include "perfkit/core/distance/packed.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace perfkit::distance {

namespace {

constexpr struct {
    const char* name;
    Format format;
} formats[] = {
    {"f16", Format::f16}, {"bf16", Format::bf16}, {"int8", Format::int8}, {"int8_scaled", Format::int8_scaled}};

constexpr std::size_t head_of(Format format) { return format == Format::int8_scaled ? sizeof(float) : 0; }
constexpr std::size_t element_of(Format format) { return format == Format::f16 || format == Format::bf16 ? 2 : 1; }

template <typename T>
void store(unsigned char* bytes, std::size_t place, T element) {
    std::memcpy(bytes + place * sizeof(T), &element, sizeof(T));
}

std::size_t pack_whole(const float* elements, std::size_t n, double scale, double least, unsigned char* bytes) {
    for (std::size_t i = 0; i < n; ++i) {
        const double number = scale > 0 ? std::nearbyint(elements[i] / scale) : 0;
        if (!(number >= least && number <= 127)) return i;
        store(bytes, i, static_cast<std::int8_t>(number));
    }
    return n;
}

// Of finite elements; 0 for a zero vector.  At the lower end of floats' range the nearest scale may be much too small,
// so that the largest size became more than 127.
float scale_for(const float* elements, std::size_t n) {
    float largest = 0;
    for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::fabs(elements[i]));
    if (largest == 0) return 0;
    float scale = std::max(largest / 127, std::numeric_limits<float>::denorm_min());
    while (std::nearbyint(static_cast<double>(largest) / scale) > 127) scale = std::nextafter(scale, HUGE_VALF);
    return scale;
}

// x * y = high + low, exactly.
struct Exact {
    double high, low;
};

Exact product(double x, double y) {
    const double high = x * y;
    return {high, std::fma(x, y, -high)};
}

Exact sum(double x, double y) {
    const double high = x + y, of_y = high - x;
    return {high, (x - (high - of_y)) + (y - of_y)};
}

// Sum of (x a_i - y b_i)^2 by whole numbers, which the kernels have added up exactly.  Their multiples cancel, so that
// they are added with twice the digits; squares and products of scales have fewer than 53.
double l2_squared_of(const CosineSums& sums, double x, double y) {
    const Exact aa = product(x * x, sums.aa), bb = product(y * y, sums.bb), ab = product(-2 * x * y, sums.ab);
    const Exact squares = sum(aa.high, bb.high), all = sum(squares.high, ab.high);
    return std::max(0.0, all.high + (all.low + squares.low + (aa.low + bb.low + ab.low)));
}

double l1_of(const Packed& a, const Packed& b) {
    const double x = a.scale, y = b.scale;
    const auto *p = a.as<std::int8_t>(), *q = b.as<std::int8_t>();
    double chains[8] = {};
    for (std::size_t i = 0; i < a.size; ++i) chains[i % 8] += std::fabs(x * p[i] - y * q[i]);
    double total = 0;
    for (const double chain : chains) total += chain;
    return total;
}

double distance_of_whole(const Kernels& kernels, Metric metric, const Packed& a, const Packed& b) {
    const auto *p = a.as<std::int8_t>(), *q = b.as<std::int8_t>();
    const std::size_t n = a.size;
    const double x = a.scale, y = b.scale;
    switch (metric) {
        case Metric::l2:
        case Metric::l2_squared: {
            const bool squared = metric == Metric::l2_squared;
            if (x == y) return squared ? x * x * l2_squared(kernels, p, q, n) : x * l2(kernels, p, q, n);
            const double square = l2_squared_of(kernels.i8->cosine(p, q, n), x, y);
            return squared ? square : std::sqrt(square);
        }
        case Metric::inner_product:
            return x * y * inner_product(kernels, p, q, n);
        case Metric::cosine:
            return x > 0 && y > 0 ? cosine_distance(kernels, p, q, n) : std::nan("");
        case Metric::l1:
            return x == y ? x * l1(kernels, p, q, n) : l1_of(a, b);
    }
    return std::nan("");
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
    for (const auto& one : formats)
        if (one.name == name) return one.format;
    return std::nullopt;
}

std::size_t packed_bytes(Format format, std::size_t elements) {
    return head_of(format) + elements * element_of(format);
}

std::size_t pack(Format format, const float* elements, std::size_t n, unsigned char* bytes) {
    switch (format) {
        case Format::f16:
            for (std::size_t i = 0; i < n; ++i) {
                const Half half = to_half(elements[i]);
                if (std::isinf(to_float(half)) && !std::isinf(elements[i])) return i;
                store(bytes, i, half);
            }
            return n;
        case Format::bf16:
            for (std::size_t i = 0; i < n; ++i) {
                const Bfloat number = to_bfloat(elements[i]);
                if (std::isinf(to_float(number)) && !std::isinf(elements[i])) return i;
                store(bytes, i, number);
            }
            return n;
        case Format::int8:
            return pack_whole(elements, n, 1, -128, bytes);
        case Format::int8_scaled: {
            const auto* const end = elements + n;
            const auto* const bad = std::find_if(elements, end, [](float x) { return !std::isfinite(x); });
            if (bad != end) return static_cast<std::size_t>(bad - elements);
            const float scale = scale_for(elements, n);
            store(bytes, 0, scale);
            return pack_whole(elements, n, scale, -127, bytes + sizeof scale);
        }
    }
    return 0;
}

std::optional<Packed> packed_in(const unsigned char* bytes, std::size_t count, Format format) {
    const std::size_t head = head_of(format), element = element_of(format);
    if (count < head || (count - head) % element != 0) return std::nullopt;
    Packed found{format, bytes + head, (count - head) / element};
    if (head > 0) std::memcpy(&found.scale, bytes, sizeof found.scale);
    if (!std::isfinite(found.scale) || std::signbit(found.scale)) return std::nullopt;
    return found;
}

void unpack(const Packed& vector, float* elements) {
    for (std::size_t i = 0; i < vector.size; ++i) {
        if (vector.format == Format::f16)
            elements[i] = to_float(vector.as<Half>()[i]);
        else if (vector.format == Format::bf16)
            elements[i] = to_float(vector.as<Bfloat>()[i]);
        else
            elements[i] = vector.scale * vector.as<std::int8_t>()[i];
    }
}

double distance(const Kernels& kernels, Metric metric, const Packed& a, const Packed& b) {
    if (a.format == Format::f16) return distance(kernels, metric, a.as<Half>(), b.as<Half>(), a.size);
    if (a.format == Format::bf16) return distance(kernels, metric, a.as<Bfloat>(), b.as<Bfloat>(), a.size);
    return distance_of_whole(kernels, metric, a, b);
}

double norm(const Kernels& kernels, const Packed& a) {
    if (a.format == Format::f16) return norm(kernels, a.as<Half>(), a.size);
    if (a.format == Format::bf16) return norm(kernels, a.as<Bfloat>(), a.size);
    return static_cast<double>(a.scale) * norm(kernels, a.as<std::int8_t>(), a.size);
}

}  // namespace perfkit::distance

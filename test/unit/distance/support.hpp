// What the tests of the distance kernels share.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "perfkit/core/distance/distance.hpp"

namespace perfkit::distance {

template <typename T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();
template <typename T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();
template <typename T>
inline constexpr T nan = std::numeric_limits<T>::quiet_NaN();
template <typename T>
inline constexpr T largest = std::numeric_limits<T>::max();
template <typename T>
inline constexpr T smallest = std::numeric_limits<T>::denorm_min();

template <>
inline constexpr Half infinity<Half>{0x7c00};
template <>
inline constexpr Half minus_infinity<Half>{0xfc00};
template <>
inline constexpr Half nan<Half>{0x7e00};
template <>
inline constexpr Half largest<Half>{0x7bff};

template <>
inline constexpr Bfloat infinity<Bfloat>{0x7f80};
template <>
inline constexpr Bfloat minus_infinity<Bfloat>{0xff80};
template <>
inline constexpr Bfloat nan<Bfloat>{0x7fc0};
template <>
inline constexpr Bfloat largest<Bfloat>{0x7f7f};
template <>
inline constexpr Bfloat smallest<Bfloat>{0x0001};

// Memory between two pages that cannot be read, so that a kernel that reads outside of its vectors
// crashes.  (AddressSanitizer does not see what masked loads do.)
class Fenced {
public:
    explicit Fenced(std::size_t bytes) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        inside_ = (bytes + page - 1) / page * page;
        outside_ = page;
        void* map = mmap(nullptr, inside_ + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED) throw std::bad_alloc();
        begin_ = static_cast<char*>(map) + page;
        mprotect(map, page, PROT_NONE);
        mprotect(begin_ + inside_, page, PROT_NONE);
    }
    ~Fenced() { munmap(begin_ - outside_, inside_ + 2 * outside_); }
    Fenced(const Fenced&) = delete;
    Fenced& operator=(const Fenced&) = delete;

    template <typename T>
    T* first() {
        return reinterpret_cast<T*>(begin_);
    }
    template <typename T>
    T* last(std::size_t n) {
        return reinterpret_cast<T*>(begin_ + inside_) - n;
    }

private:
    std::size_t inside_, outside_;
    char* begin_;
};

template <typename T>
using Vector = std::vector<T>;

template <typename T>
Vector<T> vector_of(std::size_t n, const std::function<T()>& next) {
    Vector<T> values(n);
    for (T& value : values) value = next();
    return values;
}

// Numbers of a type, and back: those of two bytes are counted up by their bits.
inline float value_of(float x) { return x; }
inline double value_of(double x) { return x; }
inline float value_of(Half x) { return to_float(x); }
inline float value_of(Bfloat x) { return to_float(x); }
inline int value_of(std::int8_t x) { return x; }

template <typename T>
T made(double value) {
    if constexpr (std::is_enum_v<T>) {
        // The largest number not above the size, for sizes that the type can hold.
        std::uint16_t bits = 0;
        for (unsigned bit = 0x4000; bit > 0; bit >>= 1)
            if (to_float(static_cast<T>(bits | bit)) <= std::fabs(value)) bits = static_cast<std::uint16_t>(bits | bit);
        return static_cast<T>(std::signbit(value) ? bits | 0x8000 : bits);
    } else if constexpr (std::is_same_v<T, std::int8_t>) {
        return static_cast<T>(std::clamp(value, -128.0, 127.0));
    } else {
        return static_cast<T>(value);
    }
}

// What the reference is computed in: a type in which the errors of sums of T are nothing beside those
// allowed.  (On arm64, long double is emulated, so it is left to doubles.)
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, long double, double>;

// A sum, and the sum of its terms' magnitudes, by which its error is judged.
template <typename W>
struct Exact {
    W sum = 0, magnitude = 0;
    void add(W term) {
        sum += term;
        magnitude += std::fabs(term);
    }
};

template <typename T>
struct ExactSums {
    using W = Wide<T>;
    Exact<W> l2_squared, inner_product, l1, aa, bb;

    void add(T a, T b) {
        const W x = value_of(a), y = value_of(b);
        l2_squared.add((x - y) * (x - y));
        inner_product.add(x * y);
        l1.add(std::fabs(x - y));
        aa.add(x * x);
        bb.add(y * y);
    }
    W cosine_distance() const { return 1 - inner_product.sum / std::sqrt(aa.sum * bb.sum); }
};

template <typename T>
ExactSums<T> exact(const T* a, const T* b, std::size_t n) {
    ExactSums<T> sums;
    for (std::size_t i = 0; i < n; ++i) sums.add(a[i], b[i]);
    return sums;
}

inline std::mt19937_64 generator(20260101);

// One of some thousand random numbers, which are drawn once: drawing takes long under an emulator.
template <typename T>
T normal() {
    static const auto numbers = vector_of<T>(5003, [] {
        static std::normal_distribution<double> distribution;
        return made<T>((std::is_same_v<T, std::int8_t> ? 40 : 1) * distribution(generator));
    });
    return numbers[generator() % numbers.size()];
}

inline std::vector<Simd> built() {
    std::vector<Simd> sets;
    for (const Simd simd : all_simd)
        if (is_built(simd)) sets.push_back(simd);
    return sets;
}

// A test that runs once for each instruction set that the library has.
class PerSet : public testing::TestWithParam<Simd> {
protected:
    void SetUp() override {
        if (kernels_of(GetParam()) == nullptr)
            GTEST_SKIP() << "not applicable: this processor lacks " << name_of(GetParam());
    }
    const Kernels& kernels() const { return *kernels_of(GetParam()); }
};

#define PERFKIT_FOR_EACH_SET(test)                               \
    INSTANTIATE_TEST_SUITE_P(, test, testing::ValuesIn(built()), \
                             [](const auto& tested) { return std::string(name_of(tested.param)); })

}  // namespace perfkit::distance

#include <algorithm>

#include "support.hpp"

namespace perfkit::distance {
namespace {

class Distance : public PerSet {
protected:
    // Where long double is double (macOS), the reference for doubles has errors and a range of its own.
    static constexpr bool wide_reference = std::numeric_limits<long double>::max_exponent > 2000;

    // All functions against the reference, which has added up the same vectors.
    template <typename T>
    void expect_right(const T* a, const T* b, std::size_t n, const ExactSums<T>& sums) const {
        using W = Wide<T>;
        const W bound = error_bound<T>(n);
        const auto expect_near = [&](double found, W wanted, W magnitude, const char* what) {
            if (std::fabs(wanted) > std::numeric_limits<double>::max()) {
                EXPECT_EQ(found, std::copysign(infinity<double>, wanted)) << what << ", n = " << n;
            } else {
                // Plus the rounding of a subnormal result.
                EXPECT_LE(std::fabs(found - wanted), bound * magnitude + smallest<double>) << what << ", n = " << n;
            }
        };
        const auto& k = kernels();
        const W l2_exact = std::sqrt(sums.l2_squared.sum), norm_exact = std::sqrt(sums.aa.sum);
        expect_near(l2_squared(k, a, b, n), sums.l2_squared.sum, sums.l2_squared.magnitude, "l2_squared");
        expect_near(l2(k, a, b, n), l2_exact, l2_exact, "l2");
        expect_near(inner_product(k, a, b, n), sums.inner_product.sum, sums.inner_product.magnitude, "inner_product");
        expect_near(l1(k, a, b, n), sums.l1.sum, sums.l1.magnitude, "l1");
        expect_near(norm(k, a, n), norm_exact, norm_exact, "norm");
        if (sums.aa.sum != 0 && sums.bb.sum != 0)
            expect_near(cosine_distance(k, a, b, n), sums.cosine_distance(), 2, "cosine_distance");
    }
    template <typename T>
    void expect_right(const Vector<T>& a, const Vector<T>& b) const {
        expect_right(a.data(), b.data(), a.size(), exact(a.data(), b.data(), a.size()));
    }

    template <typename T>
    void every_length(std::size_t apart = 1);
    template <typename T>
    void typical_error(double unit);
    template <typename T>
    void extremes(int lowest, int highest);
    template <typename T>
    void one_element();
    template <typename T>
    void nan_anywhere();
    template <typename T>
    void infinities();
    template <typename T>
    void zeros();
    template <typename T>
    void itself(int lowest, int highest);
};

// Each length at the end of readable memory and, misaligned in another way each time, at its begin.
// The vectors grow by one element each time, so that the reference does not start anew.  Where not every length is
// tried, those beyond a few rounds of the loops are `apart`, an odd number, so that each remainder comes up.
template <typename T>
void Distance::every_length(std::size_t apart) {
    constexpr std::size_t longest = 4100;
    const auto x = vector_of<T>(longest, normal<T>), y = vector_of<T>(longest, normal<T>);
    Fenced first((longest + 32) * sizeof(T)), second((longest + 32) * sizeof(T));
    ExactSums<T> sums;
    for (std::size_t n = 0; n <= longest; ++n) {
        if (n > 0) sums.add(x[n - 1], y[n - 1]);
        if (n > 300 && n % apart != 0) continue;
        T *a = first.last<T>(n), *b = second.last<T>(n);
        if (n % 2 == 1) {
            a = first.first<T>() + n / 2 % 17;
            b = second.first<T>() + n / 34 % 17;
        }
        std::copy_n(x.begin(), n, a);
        std::copy_n(y.begin(), n, b);
        expect_right(a, b, n, sums);
    }
}

TEST_P(Distance, IsRightForEveryLength) {
    every_length<float>();
    every_length<double>();
    every_length<Half>();
    every_length<Bfloat>(37);
    every_length<std::int8_t>(37);
}

// Random rounding errors cancel for the most part, so the bound is far away; this is the error that
// one meets, a few units in the last place.
template <typename T>
void Distance::typical_error(double unit) {
    for (const std::size_t n : {128, 768, 1536, 4096}) {
        double worst = 0;
        for (int i = 0; i < 40; ++i) {
            const auto a = vector_of<T>(n, normal<T>), b = vector_of<T>(n, normal<T>);
            Wide<T> wanted = 0;
            for (std::size_t k = 0; k < n; ++k) {
                const Wide<T> difference = Wide<T>(value_of(a[k])) - Wide<T>(value_of(b[k]));
                wanted += difference * difference;
            }
            const Wide<T> error = std::fabs(l2_squared(kernels(), a.data(), b.data(), n) - wanted);
            worst = std::max(worst, static_cast<double>(error / wanted));
        }
        EXPECT_LE(worst, 8 * unit) << "n = " << n;
    }
}

TEST_P(Distance, TypicalErrorIsAFewUnits) {
    typical_error<float>(0x1p-24);
    typical_error<Half>(0x1p-24);
    typical_error<Bfloat>(0x1p-24);
    if (wide_reference) typical_error<double>(0x1p-53);
}

// Elements between 2^lowest and 2^highest, the ends of the type's range, or parts of it.
template <typename T>
void Distance::extremes(int lowest, int highest) {
    const std::pair<int, int> ranges[] = {{lowest, highest},
                                          {lowest, lowest + 20},
                                          {highest - 20, highest},
                                          {lowest / 2 - 5, lowest / 2 + 5},
                                          {lowest * 2 / 5 - 5, lowest * 2 / 5 + 5},
                                          {highest / 2 - 5, highest / 2 + 5}};
    for (const std::size_t n : {1, 3, 4, 7, 8, 31, 32, 33, 100, 768, 1000}) {
        for (const auto& [low, high] : ranges) {
            std::uniform_int_distribution<int> exponent(low, high);
            const auto next = [&] { return made<T>(std::ldexp(value_of(normal<T>()) / 8.0, exponent(generator))); };
            expect_right(vector_of<T>(n, next), vector_of<T>(n, next));
        }
    }
    const Vector<T> tops(50, largest<T>), bottoms(50, smallest<T>), opposite(50, made<T>(-value_of(largest<T>)));
    expect_right(tops, tops);
    expect_right(tops, opposite);
    expect_right(tops, bottoms);
    expect_right(bottoms, bottoms);
    expect_right(bottoms, opposite);
    EXPECT_EQ(norm(kernels(), bottoms.data(), 1), value_of(smallest<T>));
    // Terms that overflow, with both signs, and cancel.
    const double huge = std::ldexp(1.0, highest - 2);
    const Vector<T> a{made<T>(huge), made<T>(huge)}, b{made<T>(huge), made<T>(-huge)};
    EXPECT_EQ(inner_product(kernels(), a.data(), b.data(), 2), 0);
    EXPECT_EQ(cosine_distance(kernels(), a.data(), b.data(), 2), 1);
}

TEST_P(Distance, NeitherOverflowsNorUnderflows) {
    extremes<float>(-149, 127);
    extremes<Bfloat>(-133, 127);
    if (wide_reference) extremes<double>(-1074, 1023);
}

template <typename T>
void Distance::one_element() {
    for (const std::size_t n : {1, 5, 31, 32, 64, 67, 200}) {
        for (std::size_t at = 0; at < n; ++at) {
            const Vector<T> zeros(n, T{}), ones(n, made<T>(1));
            Vector<T> unit(n, T{});
            unit[at] = made<T>(3);
            EXPECT_EQ(l2_squared(kernels(), unit.data(), zeros.data(), n), 9);
            EXPECT_EQ(l1(kernels(), zeros.data(), unit.data(), n), 3);
            EXPECT_EQ(inner_product(kernels(), unit.data(), ones.data(), n), 3);
            EXPECT_EQ(norm(kernels(), unit.data(), n), 3);
        }
    }
}

TEST_P(Distance, OneElementAnywhereCounts) {
    one_element<float>();
    one_element<double>();
    one_element<Half>();
    one_element<Bfloat>();
    one_element<std::int8_t>();
}

template <typename T>
void Distance::nan_anywhere() {
    for (const std::size_t n : {1, 4, 31, 32, 100}) {
        for (std::size_t at = 0; at < n; ++at) {
            const auto a = vector_of<T>(n, normal<T>);
            Vector<T> b(n, made<T>(1));
            b[at] = nan<T>;
            EXPECT_TRUE(std::isnan(l2(kernels(), a.data(), b.data(), n)));
            EXPECT_TRUE(std::isnan(inner_product(kernels(), b.data(), a.data(), n)));
            EXPECT_TRUE(std::isnan(cosine_distance(kernels(), a.data(), b.data(), n)));
            EXPECT_TRUE(std::isnan(l1(kernels(), b.data(), a.data(), n)));
            EXPECT_TRUE(std::isnan(norm(kernels(), b.data(), n)));
        }
    }
}

TEST_P(Distance, NanInAnyElementMakesNan) {
    nan_anywhere<float>();
    nan_anywhere<double>();
    nan_anywhere<Half>();
    nan_anywhere<Bfloat>();
}

template <typename T>
void Distance::infinities() {
    const T one = made<T>(1), zero{};
    const Vector<T> a{one, infinity<T>, largest<T>}, minus{one, minus_infinity<T>, one}, ones{one, one, one},
        zeros{zero, zero, zero};
    const auto& k = kernels();
    EXPECT_EQ(l2(k, a.data(), ones.data(), 3), infinity<double>);
    EXPECT_EQ(l2_squared(k, a.data(), minus.data(), 3), infinity<double>);
    EXPECT_TRUE(std::isnan(l2(k, a.data(), a.data(), 3)));
    EXPECT_EQ(inner_product(k, minus.data(), ones.data(), 3), -infinity<double>);
    EXPECT_TRUE(std::isnan(inner_product(k, a.data(), zeros.data(), 3)));
    EXPECT_EQ(l1(k, a.data(), ones.data(), 3), infinity<double>);
    EXPECT_TRUE(std::isnan(l1(k, minus.data(), minus.data(), 3)));
    EXPECT_EQ(norm(k, minus.data(), 3), infinity<double>);
    EXPECT_TRUE(std::isnan(cosine_distance(k, a.data(), ones.data(), 3)));
    const Vector<T> both{infinity<T>, minus_infinity<T>};
    EXPECT_TRUE(std::isnan(inner_product(k, both.data(), ones.data(), 2)));
    // An infinity is not lost among terms that overflow to the other one.
    const Vector<T> overflowing{largest<T>, infinity<T>}, against{made<T>(-value_of(largest<T>)), one};
    EXPECT_EQ(inner_product(k, overflowing.data(), against.data(), 2), infinity<double>);
}

TEST_P(Distance, InfinityFollowsIeee) {
    infinities<float>();
    infinities<double>();
    infinities<Half>();
    infinities<Bfloat>();
}

template <typename T>
void Distance::zeros() {
    const Vector<T> zeros(100, T{});
    const auto other = vector_of<T>(100, normal<T>);
    const T* const none = nullptr;
    const auto& k = kernels();
    EXPECT_EQ(l2(k, zeros.data(), zeros.data(), 100), 0);
    EXPECT_EQ(inner_product(k, zeros.data(), other.data(), 100), 0);
    EXPECT_TRUE(std::isnan(cosine_distance(k, zeros.data(), other.data(), 100)));
    EXPECT_TRUE(std::isnan(cosine_distance(k, other.data(), zeros.data(), 100)));
    EXPECT_EQ(l2(k, none, none, 0), 0);
    EXPECT_EQ(inner_product(k, none, none, 0), 0);
    EXPECT_EQ(l1(k, none, none, 0), 0);
    EXPECT_EQ(norm(k, none, 0), 0);
    EXPECT_TRUE(std::isnan(cosine_distance(k, none, none, 0)));
}

TEST_P(Distance, ZeroAndEmptyVectors) {
    zeros<float>();
    zeros<double>();
    zeros<Half>();
    zeros<Bfloat>();
    zeros<std::int8_t>();
}

template <typename T>
void Distance::itself(int lowest, int highest) {
    for (const std::size_t n : {1, 3, 17, 768, 1000, 1536}) {
        for (const int exponent : {lowest, lowest / 2, 0, highest / 2, highest}) {
            const auto a = vector_of<T>(n, [&] { return made<T>(std::ldexp(value_of(normal<T>()), exponent)); });
            EXPECT_EQ(l2(kernels(), a.data(), a.data(), n), 0);
            EXPECT_EQ(l1(kernels(), a.data(), a.data(), n), 0);
            EXPECT_EQ(cosine_distance(kernels(), a.data(), a.data(), n), 0) << n << " " << exponent;
        }
    }
}

TEST_P(Distance, OfAVectorToItselfIsZero) {
    itself<float>(-140, 120);
    itself<Bfloat>(-128, 120);
    itself<std::int8_t>(0, 0);
    itself<double>(-1050, 1010);
}

TEST_P(Distance, CosineStaysInItsRange) {
    for (const std::size_t n : {2, 768}) {
        for (int i = 0; i < 200; ++i) {
            const auto a = vector_of<float>(n, normal<float>);
            const float factor = normal<float>();
            auto b = a;
            for (float& value : b) value *= factor;
            const double found = cosine_distance(kernels(), a.data(), b.data(), n);
            EXPECT_GE(found, 0);
            EXPECT_LE(found, 2);
            EXPECT_NEAR(found, factor > 0 ? 0 : 2, 2 * error_bound<float>(n));
        }
    }
}

TEST_P(Distance, EveryHalfIsConvertedRight) {
    const Vector<Half> ones(40, made<Half>(1));
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const auto half = static_cast<Half>(bits);
        Vector<Half> row(40, Half{0});
        row[bits % 40] = half;
        const int exponent = static_cast<int>(bits >> 10 & 0x1f);
        const double fraction = bits & 0x3ff, sign = bits >> 15 ? -1 : 1;
        double wanted = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
        if (exponent == 31) wanted = fraction == 0 ? infinity<double> : nan<double>;
        const double found = inner_product(kernels(), row.data(), ones.data(), 40);
        if (std::isnan(wanted))
            EXPECT_TRUE(std::isnan(found) && std::isnan(to_float(half))) << bits;
        else
            EXPECT_TRUE(found == sign * wanted && to_float(half) == found) << bits;
    }
}

TEST_P(Distance, EveryBfloatIsConvertedRight) {
    const Vector<Bfloat> ones(40, made<Bfloat>(1));
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        Vector<Bfloat> row(40, Bfloat{0});
        row[bits % 40] = static_cast<Bfloat>(bits);
        const int exponent = static_cast<int>(bits >> 7 & 0xff);
        const double fraction = bits & 0x7f, sign = bits >> 15 ? -1 : 1;
        double wanted = exponent == 0 ? std::ldexp(fraction, -133) : std::ldexp(fraction + 128, exponent - 134);
        if (exponent == 255) wanted = fraction == 0 ? infinity<double> : nan<double>;
        const double found = inner_product(kernels(), row.data(), ones.data(), 40);
        if (std::isnan(wanted))
            EXPECT_TRUE(std::isnan(found)) << bits;
        else
            EXPECT_EQ(found, sign * wanted) << bits;
    }
}

// The largest halves over the longest vectors stay in the range of floats.
TEST_P(Distance, HalvesDoNotOverflow) {
    const std::size_t n = 16000;
    const Vector<Half> tops(n, largest<Half>), opposite(n, made<Half>(-value_of(largest<Half>)));
    EXPECT_NEAR(l2_squared(kernels(), tops.data(), opposite.data(), n) / (n * 131008.0 * 131008.0), 1, 1e-4);
    const Vector<Half> bottoms(n, Half{1}), zeros(n, Half{0});
    EXPECT_NEAR(norm(kernels(), bottoms.data(), n) / (std::sqrt(n) * 0x1p-24), 1, 1e-4);
    EXPECT_EQ(cosine_distance(kernels(), bottoms.data(), bottoms.data(), n), 0);
}

PERFKIT_FOR_EACH_SET(Distance);

}  // namespace
}  // namespace perfkit::distance

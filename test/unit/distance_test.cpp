#include "perfkit/core/distance/distance.hpp"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <vector>

namespace perfkit::distance {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

// A vector that ends where its allocation ends and begins `offset` floats after a multiple of 64
// bytes, so that AddressSanitizer sees a read past either end.
class Vector {
public:
    Vector(std::size_t n, std::size_t offset, const std::function<float()>& next)
        : storage_(new float[n + offset]), data_(storage_.get() + offset), size_(n) {
        for (std::size_t i = 0; i < n; ++i) data_[i] = next();
    }
    Vector(std::initializer_list<float> values)
        : storage_(new float[values.size()]), data_(storage_.get()), size_(values.size()) {
        std::copy(values.begin(), values.end(), data_);
    }
    const float* data() const { return data_; }
    std::size_t size() const { return size_; }
    float operator[](std::size_t i) const { return data_[i]; }

private:
    std::unique_ptr<float[]> storage_;
    float* data_;
    std::size_t size_;
};

// A sum in long double, and the sum of its terms' magnitudes, by which its error is judged.
struct Exact {
    long double sum = 0, magnitude = 0;
    void add(long double term) {
        sum += term;
        magnitude += std::fabs(term);
    }
};

struct ExactSums {
    Exact l2_squared, inner_product, l1, aa, bb;
    long double cosine_distance() const { return 1 - inner_product.sum / std::sqrt(aa.sum * bb.sum); }
};

ExactSums exact(const Vector& a, const Vector& b) {
    ExactSums sums;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const long double x = a[i], y = b[i];
        sums.l2_squared.add((x - y) * (x - y));
        sums.inner_product.add(x * y);
        sums.l1.add(std::fabs(x - y));
        sums.aa.add(x * x);
        sums.bb.add(y * y);
    }
    return sums;
}

class Distance : public testing::TestWithParam<Simd> {
protected:
    void SetUp() override {
        if (kernels_of(GetParam()) == nullptr) GTEST_SKIP() << "this processor lacks " << name_of(GetParam());
    }
    const Kernels& kernels() const { return *kernels_of(GetParam()); }

    // All functions against the reference in long double.
    void expect_right(const Vector& a, const Vector& b) const {
        const std::size_t n = a.size();
        const ExactSums sums = exact(a, b);
        const long double bound = error_bound(n);
        const auto expect_near = [&](double found, const Exact& wanted, const char* what) {
            EXPECT_LE(std::fabs(found - wanted.sum), bound * wanted.magnitude) << what << ", n = " << n;
        };
        expect_near(l2_squared(kernels(), a.data(), b.data(), n), sums.l2_squared, "l2_squared");
        expect_near(inner_product(kernels(), a.data(), b.data(), n), sums.inner_product, "inner_product");
        expect_near(l1(kernels(), a.data(), b.data(), n), sums.l1, "l1");
        const long double l2_exact = std::sqrt(sums.l2_squared.sum), norm_exact = std::sqrt(sums.aa.sum);
        EXPECT_LE(std::fabs(l2(kernels(), a.data(), b.data(), n) - l2_exact), bound * l2_exact) << "l2, n = " << n;
        EXPECT_LE(std::fabs(norm(kernels(), a.data(), n) - norm_exact), bound * norm_exact) << "norm, n = " << n;
        if (sums.aa.sum != 0 && sums.bb.sum != 0) {
            EXPECT_LE(std::fabs(cosine_distance(kernels(), a.data(), b.data(), n) - sums.cosine_distance()), 2 * bound)
                << "cosine_distance, n = " << n;
        }
    }
};

std::mt19937_64 generator(20260101);

float normal() {
    static std::normal_distribution<float> distribution;
    return distribution(generator);
}

float any_exponent(int lowest, int highest) {
    std::uniform_int_distribution<int> exponent(lowest, highest);
    return std::ldexp(normal(), exponent(generator));
}

TEST_P(Distance, IsRightForEveryLength) {
    for (std::size_t n = 0; n <= 4100; ++n) {
        const Vector a(n, n % 17, normal), b(n, n / 17 % 17, normal);
        expect_right(a, b);
    }
}

// Random signs let rounding errors cancel, so the bound above is far away; here is the error that
// one meets, a few units in the last place.
TEST_P(Distance, TypicalErrorIsAFewUnits) {
    for (const std::size_t n : {128, 768, 1536, 4096}) {
        double worst = 0;
        for (int i = 0; i < 200; ++i) {
            const Vector a(n, 0, normal), b(n, 0, normal);
            const ExactSums sums = exact(a, b);
            const long double error = std::fabs(l2_squared(kernels(), a.data(), b.data(), n) - sums.l2_squared.sum);
            worst = std::max(worst, static_cast<double>(error / sums.l2_squared.sum));
        }
        EXPECT_LE(worst, 8 * 0x1p-24) << "n = " << n;
    }
}

TEST_P(Distance, NeitherOverflowsNorUnderflows) {
    for (const std::size_t n : {1, 3, 4, 7, 8, 31, 32, 33, 100, 768, 1000}) {
        for (const auto& [lowest, highest] : {std::pair{100, 125}, {-149, -120}, {-149, 125}, {-80, -70}, {60, 66}}) {
            const auto next = [low = lowest, high = highest] { return any_exponent(low, high); };
            const Vector a(n, 1, next), b(n, 2, next);
            expect_right(a, b);
        }
    }
    const Vector largest(50, 0, [] { return FLT_MAX; }), smallest(50, 0, [] { return FLT_TRUE_MIN; }),
        opposite(50, 0, [] { return -FLT_MAX; });
    expect_right(largest, largest);
    expect_right(largest, opposite);
    expect_right(largest, smallest);
    expect_right(smallest, smallest);
    expect_right(smallest, opposite);
    EXPECT_EQ(norm(kernels(), smallest.data(), 1), double{FLT_TRUE_MIN});
    EXPECT_EQ(l2(kernels(), largest.data(), opposite.data(), 1), 2 * double{FLT_MAX});
    // Terms that overflow f32 with both signs and cancel.
    const Vector huge{1e30f, 1e30f, 1.0f}, signs{1e30f, -1e30f, 1.0f};
    EXPECT_EQ(inner_product(kernels(), huge.data(), signs.data(), 3), 1);
}

TEST_P(Distance, OneElementAnywhereCounts) {
    for (const std::size_t n : {1, 5, 31, 32, 64, 67, 200}) {
        for (std::size_t at = 0; at < n; ++at) {
            std::size_t i = 0;
            const Vector zeros(n, 0, [] { return 0.0f; }), ones(n, 0, [] { return 1.0f; });
            const Vector unit(n, 0, [&] { return i++ == at ? 3.0f : 0.0f; });
            EXPECT_EQ(l2_squared(kernels(), unit.data(), zeros.data(), n), 9);
            EXPECT_EQ(l1(kernels(), zeros.data(), unit.data(), n), 3);
            EXPECT_EQ(inner_product(kernels(), unit.data(), ones.data(), n), 3);
            EXPECT_EQ(norm(kernels(), unit.data(), n), 3);
        }
    }
}

TEST_P(Distance, NanInAnyElementMakesNan) {
    for (const std::size_t n : {1, 4, 31, 32, 100}) {
        for (std::size_t at = 0; at < n; ++at) {
            std::size_t i = 0;
            const Vector a(n, 0, [&] { return i++ == at ? nan : 1.0f; }), b(n, 0, normal);
            EXPECT_TRUE(std::isnan(l2(kernels(), a.data(), b.data(), n)));
            EXPECT_TRUE(std::isnan(inner_product(kernels(), b.data(), a.data(), n)));
            EXPECT_TRUE(std::isnan(cosine_distance(kernels(), a.data(), b.data(), n)));
            EXPECT_TRUE(std::isnan(l1(kernels(), b.data(), a.data(), n)));
            EXPECT_TRUE(std::isnan(norm(kernels(), a.data(), n)));
        }
    }
}

TEST_P(Distance, InfinityFollowsIeee) {
    const Vector a{1, infinity, 2}, ones{1, 1, 1}, zeros{0, 0, 0}, minus{1, -infinity, 2};
    EXPECT_EQ(l2(kernels(), a.data(), ones.data(), 3), infinity);
    EXPECT_EQ(l2(kernels(), a.data(), minus.data(), 3), infinity);
    EXPECT_TRUE(std::isnan(l2(kernels(), a.data(), a.data(), 3)));
    EXPECT_EQ(inner_product(kernels(), minus.data(), ones.data(), 3), -infinity);
    EXPECT_TRUE(std::isnan(inner_product(kernels(), a.data(), zeros.data(), 3)));
    EXPECT_EQ(l1(kernels(), a.data(), ones.data(), 3), infinity);
    EXPECT_TRUE(std::isnan(l1(kernels(), minus.data(), minus.data(), 3)));
    EXPECT_EQ(norm(kernels(), minus.data(), 3), infinity);
    EXPECT_TRUE(std::isnan(cosine_distance(kernels(), a.data(), ones.data(), 3)));
    const Vector both{infinity, -infinity};
    EXPECT_TRUE(std::isnan(inner_product(kernels(), both.data(), ones.data(), 2)));
}

TEST_P(Distance, ZeroAndEmptyVectors) {
    const Vector zeros(100, 0, [] { return 0.0f; }), other(100, 0, normal);
    EXPECT_EQ(l2(kernels(), zeros.data(), zeros.data(), 100), 0);
    EXPECT_EQ(inner_product(kernels(), zeros.data(), other.data(), 100), 0);
    EXPECT_TRUE(std::isnan(cosine_distance(kernels(), zeros.data(), other.data(), 100)));
    EXPECT_TRUE(std::isnan(cosine_distance(kernels(), other.data(), zeros.data(), 100)));
    EXPECT_EQ(l2(kernels(), nullptr, nullptr, 0), 0);
    EXPECT_EQ(inner_product(kernels(), nullptr, nullptr, 0), 0);
    EXPECT_EQ(l1(kernels(), nullptr, nullptr, 0), 0);
    EXPECT_EQ(norm(kernels(), nullptr, 0), 0);
    EXPECT_TRUE(std::isnan(cosine_distance(kernels(), nullptr, nullptr, 0)));
}

TEST_P(Distance, OfAVectorToItselfIsZero) {
    for (const std::size_t n : {1, 3, 17, 768, 1000, 1536}) {
        for (const int exponent : {-140, -70, 0, 66, 120}) {
            const Vector a(n, 0, [&] { return std::ldexp(normal(), exponent); });
            EXPECT_EQ(l2(kernels(), a.data(), a.data(), n), 0);
            EXPECT_EQ(l1(kernels(), a.data(), a.data(), n), 0);
            EXPECT_EQ(cosine_distance(kernels(), a.data(), a.data(), n), 0);
        }
    }
}

TEST_P(Distance, CosineStaysInItsRange) {
    for (const std::size_t n : {2, 768}) {
        for (int i = 0; i < 1000; ++i) {
            const Vector a(n, 0, normal);
            std::size_t j = 0;
            const float factor = normal();
            const Vector b(n, 0, [&] { return factor * a[j++]; });
            const double found = cosine_distance(kernels(), a.data(), b.data(), n);
            EXPECT_GE(found, 0);
            EXPECT_LE(found, 2);
            EXPECT_NEAR(found, factor > 0 ? 0 : 2, 2 * error_bound(n));
        }
    }
}

std::vector<Simd> built() {
    std::vector<Simd> sets;
    for (const Simd simd : all_simd)
        if (is_built(simd)) sets.push_back(simd);
    return sets;
}

INSTANTIATE_TEST_SUITE_P(, Distance, testing::ValuesIn(built()),
                         [](const auto& tested) { return std::string(name_of(tested.param)); });

FeatureSet features(std::initializer_list<Feature> present) {
    FeatureSet set;
    for (const Feature feature : present) set.set(feature, true);
    return set;
}

TEST(Simd, TheBestIsWhatTheProcessorRunsWell) {
    EXPECT_EQ(best_simd(features({})), Simd::scalar);
    EXPECT_EQ(best_simd(features({Feature::avx2})), Simd::scalar);
    EXPECT_EQ(best_simd(features({Feature::avx2, Feature::fma})), Simd::avx2);
    const FeatureSet first_avx512 = features({Feature::avx2, Feature::fma, Feature::avx512});
    EXPECT_EQ(best_simd(first_avx512), Simd::avx2);
    EXPECT_TRUE(can_run(Simd::avx512, first_avx512));
    EXPECT_EQ(best_simd(features({Feature::avx2, Feature::fma, Feature::avx512, Feature::avx512_vbmi2})), Simd::avx512);
    EXPECT_EQ(best_simd(features({Feature::neon})), Simd::neon);
    EXPECT_EQ(best_kernels().simd, best_simd(cpu_features()));
}

}  // namespace
}  // namespace perfkit::distance

#include "perfkit/core/distance/kernels.hpp"

#include <gtest/gtest.h>

namespace perfkit::distance {
namespace {

FeatureSet features(std::initializer_list<Feature> present) {
    FeatureSet set;
    for (const Feature feature : present) set.set(feature, true);
    return set;
}

TEST(Simd, TheBestIsWhatTheProcessorRunsWell) {
    EXPECT_EQ(best_simd(features({})), Simd::scalar);
    EXPECT_EQ(best_simd(features({Feature::avx2})), Simd::scalar);
    EXPECT_EQ(best_simd(features({Feature::avx2, Feature::fma, Feature::f16c})), Simd::avx2);
    const FeatureSet first_avx512 = features({Feature::avx2, Feature::fma, Feature::f16c, Feature::avx512});
    EXPECT_EQ(best_simd(first_avx512), Simd::avx2);
    EXPECT_TRUE(can_run(Simd::avx512, first_avx512));
    EXPECT_EQ(best_simd(features({Feature::avx2, Feature::fma, Feature::f16c, Feature::avx512, Feature::avx512_vbmi2})),
              Simd::avx512);
    EXPECT_EQ(best_simd(features({Feature::neon})), Simd::neon);
    EXPECT_EQ(best_kernels().simd, best_simd(cpu_features()));
}

}  // namespace
}  // namespace perfkit::distance

#include "perfkit/core/distance/kernels.hpp"

#include "units.hpp"

namespace perfkit::distance {

namespace {

constexpr Simd fastest_first[] = {Simd::avx512, Simd::avx2, Simd::neon, Simd::scalar};

constexpr Kernels scalar = {Simd::scalar, &scalar_f32, &scalar_f64, &scalar_f16};
#if defined(__x86_64__)
constexpr Kernels avx2 = {Simd::avx2, &avx2_f32, &avx2_f64, &avx2_f16};
constexpr Kernels avx512 = {Simd::avx512, &avx512_f32, &avx512_f64, &avx512_f16};
#elif defined(__aarch64__)
constexpr Kernels neon = {Simd::neon, &neon_f32, &neon_f64, &neon_f16};
#endif

}  // namespace

const char* name_of(Simd simd) {
    switch (simd) {
        case Simd::scalar:
            return "scalar";
        case Simd::neon:
            return "neon";
        case Simd::avx2:
            return "avx2";
        case Simd::avx512:
            return "avx512";
    }
    return "";
}

bool is_built([[maybe_unused]] Simd simd) {
#if defined(__x86_64__)
    return simd != Simd::neon;
#elif defined(__aarch64__)
    return simd == Simd::scalar || simd == Simd::neon;
#else
    return simd == Simd::scalar;
#endif
}

bool can_run(Simd simd, const FeatureSet& features) {
    switch (simd) {
        case Simd::scalar:
            return true;
        case Simd::neon:
            return features.has(Feature::neon);
        case Simd::avx2:
            return features.has(Feature::avx2) && features.has(Feature::fma) && features.has(Feature::f16c);
        case Simd::avx512:
            return features.has(Feature::avx512) && can_run(Simd::avx2, features);
    }
    return false;
}

Simd best_simd(const FeatureSet& features) {
    for (const Simd simd : fastest_first) {
        // The first processors with AVX-512 lower their clock for it; those that came with VBMI2
        // (Ice Lake, Zen 4) do not.
        if (simd == Simd::avx512 && !features.has(Feature::avx512_vbmi2)) continue;
        if (can_run(simd, features)) return simd;
    }
    return Simd::scalar;
}

const Kernels* kernels_of(Simd simd) {
    if (!is_built(simd) || !can_run(simd, cpu_features())) return nullptr;
    switch (simd) {
        case Simd::scalar:
            return &scalar;
#if defined(__x86_64__)
        case Simd::avx2:
            return &avx2;
        case Simd::avx512:
            return &avx512;
#elif defined(__aarch64__)
        case Simd::neon:
            return &neon;
#endif
        default:
            return nullptr;
    }
}

const Kernels& best_kernels() {
    static const Kernels& best = *kernels_of(best_simd(cpu_features()));
    return best;
}

}  // namespace perfkit::distance

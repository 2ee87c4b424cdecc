#include "perfkit/core/distance/kernels.hpp"

#include "units.hpp"

namespace perfkit::distance {

namespace {

constexpr Simd fastest_first[] = {Simd::avx512, Simd::avx2, Simd::neon, Simd::scalar};

constexpr Kernels scalar = {Simd::scalar, &scalar_f32, &scalar_f64, &scalar_f16,
                            &scalar_bf16, &scalar_i8,  &scalar_bits};
#if defined(__x86_64__)
constexpr Kernels avx2 = {Simd::avx2, &avx2_f32, &avx2_f64, &avx2_f16, &avx2_bf16, &avx2_i8, &avx2_bits};

// What a processor may have beyond the set.
const Kernels& avx512() {
    static const Kernels best = {
        Simd::avx512,
        &avx512_f32,
        &avx512_f64,
        &avx512_f16,
        &avx512_bf16,
        cpu_features().has(Feature::avx512_vnni) ? &avx512_vnni_i8 : &avx512_i8,
        cpu_features().has(Feature::avx512_vpopcntdq) ? &avx512_popcnt_bits : &avx512_bits,
    };
    return best;
}
#elif defined(__aarch64__)
const Kernels& neon() {
    static const KernelsOf<Half> fhm = with_fhm(neon_f16);
    static const Kernels best = {
        Simd::neon, &neon_f32,
        &neon_f64,  cpu_features().has(Feature::fhm) ? &fhm : &neon_f16,
        &neon_bf16, cpu_features().has(Feature::dotprod) ? &neon_dotprod_i8 : &neon_i8,
        &neon_bits,
    };
    return best;
}
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
            return &avx512();
#elif defined(__aarch64__)
        case Simd::neon:
            return &neon();
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

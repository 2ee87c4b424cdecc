#include "library.hpp"

// Its conversions from halves instead of the compiler's types, which g++ 12 does not have.
#define SIMSIMD_NATIVE_F16 0
#define SIMSIMD_NATIVE_BF16 0
// Each function has a target of its own, as in its dynamic library.
#define SIMSIMD_TARGET_HASWELL 1
#define SIMSIMD_TARGET_SKYLAKE 1
#define SIMSIMD_TARGET_ICE 1
#define SIMSIMD_TARGET_GENOA 1
#define SIMSIMD_TARGET_SAPPHIRE 1
#if __has_include(<simsimd/simsimd.h>)
#include <simsimd/simsimd.h>
#define HAS_SIMSIMD
#endif

namespace library {

using perfkit::distance::Bfloat;
using perfkit::distance::Half;
using perfkit::distance::Metric;
using perfkit::distance::Simd;

#ifdef HAS_SIMSIMD

namespace {

int allowed_for(Simd simd) {
    switch (simd) {
        case Simd::avx2:
            return simsimd_cap_haswell_k;
        case Simd::avx512:
            return simsimd_cap_haswell_k | simsimd_cap_skylake_k | simsimd_cap_ice_k | simsimd_cap_genoa_k |
                   simsimd_cap_sapphire_k;
        case Simd::neon:
            return simsimd_cap_neon_k | simsimd_cap_neon_f16_k | simsimd_cap_neon_bf16_k | simsimd_cap_neon_i8_k;
        default:
            return 0;
    }
}

simsimd_metric_kind_t kind_of(Metric metric) {
    switch (metric) {
        case Metric::l2_squared:
            return simsimd_metric_l2sq_k;
        case Metric::inner_product:
            return simsimd_metric_dot_k;
        case Metric::cosine:
            return simsimd_metric_cos_k;
        default:
            return simsimd_metric_unknown_k;
    }
}

template <typename T>
constexpr simsimd_datatype_t datatype = simsimd_datatype_unknown_k;
template <>
constexpr simsimd_datatype_t datatype<float> = simsimd_datatype_f32_k;
template <>
constexpr simsimd_datatype_t datatype<double> = simsimd_datatype_f64_k;
template <>
constexpr simsimd_datatype_t datatype<Half> = simsimd_datatype_f16_k;
template <>
constexpr simsimd_datatype_t datatype<Bfloat> = simsimd_datatype_bf16_k;
template <>
constexpr simsimd_datatype_t datatype<std::int8_t> = simsimd_datatype_i8_k;

}  // namespace

template <typename T>
Function function(Simd simd, Metric metric) {
    if (kind_of(metric) == simsimd_metric_unknown_k) return nullptr;
    simsimd_kernel_punned_t kernel = nullptr;
    simsimd_capability_t used = simsimd_cap_serial_k;
    simsimd_find_kernel_punned(kind_of(metric), datatype<T>, simsimd_capabilities(),
                               static_cast<simsimd_capability_t>(allowed_for(simd)), &kernel, &used);
    return used == simsimd_cap_serial_k ? nullptr : reinterpret_cast<Function>(reinterpret_cast<void (*)()>(kernel));
}

#else

template <typename T>
Function function(Simd, Metric) {
    return nullptr;
}

#endif

template Function function<float>(Simd, Metric);
template Function function<double>(Simd, Metric);
template Function function<Half>(Simd, Metric);
template Function function<Bfloat>(Simd, Metric);
template Function function<std::int8_t>(Simd, Metric);

}  // namespace library

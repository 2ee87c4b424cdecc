// What this machine's processor can do, as far as the distance kernels ask.
#pragma once

#include <bitset>
#include <cstddef>

namespace perfkit::distance {

enum class Feature {
    // x86-64; each one only where the operating system saves its registers
    popcnt,
    avx2,
    fma,
    f16c,
    avx512,  // F, BW, DQ and VL together
    avx512_vnni,
    avx512_vbmi2,
    avx512_vpopcntdq,
    avx512_bf16,
    // arm64
    neon,
    fhm,
    dotprod,
    bf16,
    i8mm,
    count_
};
inline constexpr std::size_t feature_count = static_cast<std::size_t>(Feature::count_);

class FeatureSet {
public:
    bool has(Feature feature) const { return bits_[static_cast<std::size_t>(feature)]; }
    void set(Feature feature, bool present) { bits_[static_cast<std::size_t>(feature)] = present; }

private:
    std::bitset<feature_count> bits_;
};

const char* name_of(Feature feature);

// False for the features of the other architecture: they are not worth telling.
bool of_this_architecture(Feature feature);

// Asks the processor (CPUID) or the operating system (HWCAP, sysctl).
FeatureSet detect_features();

// What detect_features found the first time.
const FeatureSet& cpu_features();

}  // namespace perfkit::distance

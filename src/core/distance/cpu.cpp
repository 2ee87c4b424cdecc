#include "perfkit/core/distance/cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace perfkit::distance {

const char* name_of(Feature feature) {
    switch (feature) {
        case Feature::popcnt:
            return "popcnt";
        case Feature::avx2:
            return "avx2";
        case Feature::fma:
            return "fma";
        case Feature::f16c:
            return "f16c";
        case Feature::avx512:
            return "avx512";
        case Feature::avx512_vnni:
            return "avx512_vnni";
        case Feature::avx512_vbmi2:
            return "avx512_vbmi2";
        case Feature::avx512_vpopcntdq:
            return "avx512_vpopcntdq";
        case Feature::avx512_bf16:
            return "avx512_bf16";
        case Feature::neon:
            return "neon";
        case Feature::fhm:
            return "fhm";
        case Feature::dotprod:
            return "dotprod";
        case Feature::bf16:
            return "bf16";
        case Feature::i8mm:
            return "i8mm";
        case Feature::count_:
            break;
    }
    return "";
}

bool of_this_architecture([[maybe_unused]] Feature feature) {
#if defined(__x86_64__)
    return feature < Feature::neon;
#elif defined(__aarch64__)
    return feature >= Feature::neon;
#else
    return false;
#endif
}

const FeatureSet& cpu_features() {
    static const FeatureSet features = detect_features();
    return features;
}

#if defined(__x86_64__)

namespace {

struct Registers {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Zeros where the processor does not know the leaf.
Registers cpuid(unsigned leaf, unsigned subleaf) {
    Registers r;
    __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
    return r;
}

bool bit(unsigned word, int position) { return word >> position & 1; }

// XCR0: which registers the operating system saves when it switches tasks.
unsigned saved_registers() {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

}  // namespace

FeatureSet detect_features() {
    const Registers basic = cpuid(1, 0), extended = cpuid(7, 0);
    const unsigned saved = bit(basic.ecx, 27) ? saved_registers() : 0;
    const bool ymm = (saved & 0x06) == 0x06;  // SSE and AVX state
    const bool zmm = (saved & 0xe6) == 0xe6;  // and opmask, upper halves of ZMM0-15, ZMM16-31
    const bool avx512 =
        zmm && bit(extended.ebx, 16) && bit(extended.ebx, 17) && bit(extended.ebx, 30) && bit(extended.ebx, 31);

    FeatureSet found;
    found.set(Feature::popcnt, bit(basic.ecx, 23));
    found.set(Feature::avx2, ymm && bit(extended.ebx, 5));
    found.set(Feature::fma, ymm && bit(basic.ecx, 12));
    found.set(Feature::f16c, ymm && bit(basic.ecx, 29));
    found.set(Feature::avx512, avx512);
    found.set(Feature::avx512_vnni, avx512 && bit(extended.ecx, 11));
    found.set(Feature::avx512_vbmi2, avx512 && bit(extended.ecx, 6));
    found.set(Feature::avx512_vpopcntdq, avx512 && bit(extended.ecx, 14));
    // The subleaf is there only where subleaf 0 says so.
    found.set(Feature::avx512_bf16, avx512 && extended.eax >= 1 && bit(cpuid(7, 1).eax, 5));
    return found;
}

#elif defined(__aarch64__) && defined(__linux__)

FeatureSet detect_features() {
    // Bits of the kernel's interface (arch/arm64/include/uapi/asm/hwcap.h), which older C libraries lack in part.
    const unsigned long capabilities = getauxval(AT_HWCAP), more = getauxval(AT_HWCAP2);
    FeatureSet found;
    found.set(Feature::neon, capabilities >> 1 & 1);
    found.set(Feature::dotprod, capabilities >> 20 & 1);
    found.set(Feature::fhm, capabilities >> 23 & 1);
    found.set(Feature::i8mm, more >> 13 & 1);
    found.set(Feature::bf16, more >> 14 & 1);
    return found;
}

#elif defined(__aarch64__) && defined(__APPLE__)

namespace {

bool system_says(const char* name) {
    int value = 0;
    std::size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

}  // namespace

FeatureSet detect_features() {
    FeatureSet found;
    found.set(Feature::neon, true);
    found.set(Feature::dotprod, system_says("hw.optional.arm.FEAT_DotProd"));
    found.set(Feature::fhm, system_says("hw.optional.arm.FEAT_FHM"));
    found.set(Feature::i8mm, system_says("hw.optional.arm.FEAT_I8MM"));
    found.set(Feature::bf16, system_says("hw.optional.arm.FEAT_BF16"));
    return found;
}

#else

FeatureSet detect_features() { return {}; }

#endif

}  // namespace perfkit::distance

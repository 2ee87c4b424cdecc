#include "limits.hpp"

// The rows' lengths are multiples of 64 bytes, but for what a row of an odd dimension has beyond that.
#define TIMES_16(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11) x(12) x(13) x(14) x(15)

namespace limits {

using perfkit::distance::Simd;

namespace {

#if defined(__x86_64__)

__attribute__((target("avx2"))) void load_avx2(const char* p, std::size_t bytes) {
    std::size_t at = 0;
    for (; at + 256 <= bytes; at += 256)
        __asm__ volatile(
            "vmovups (%0),%%ymm0\n vmovups 32(%0),%%ymm1\n vmovups 64(%0),%%ymm2\n vmovups 96(%0),%%ymm3\n"
            "vmovups 128(%0),%%ymm4\n vmovups 160(%0),%%ymm5\n vmovups 192(%0),%%ymm6\n vmovups 224(%0),%%ymm7" ::"r"(
                p + at)
            : "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7");
    for (; at + 64 <= bytes; at += 64)
        __asm__ volatile("vmovups (%0),%%ymm0\n vmovups 32(%0),%%ymm1" ::"r"(p + at) : "ymm0", "ymm1");
}

__attribute__((target("avx512f"))) void load_avx512(const char* p, std::size_t bytes) {
    std::size_t at = 0;
    for (; at + 256 <= bytes; at += 256)
        __asm__ volatile(
            "vmovups (%0),%%zmm0\n vmovups 64(%0),%%zmm1\n vmovups 128(%0),%%zmm2\n vmovups 192(%0),%%zmm3" ::"r"(p +
                                                                                                                  at)
            : "zmm0", "zmm1", "zmm2", "zmm3");
    for (; at + 64 <= bytes; at += 64) __asm__ volatile("vmovups (%0),%%zmm0" ::"r"(p + at) : "zmm0");
}

#define FMA_YMM(r) "vfmadd231ps %%ymm" #r ",%%ymm" #r ",%%ymm" #r "\n"
#define FMA_ZMM(r) "vfmadd231ps %%zmm" #r ",%%zmm" #r ",%%zmm" #r "\n"
#define CLOBBER_YMM                                                                                            \
    "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", "ymm11", "ymm12", \
        "ymm13", "ymm14", "ymm15"

// All registers start at 0 and stay there: what is multiplied does not matter.
__attribute__((target("avx2,fma"))) void fma_avx2(std::size_t rounds) {
    __asm__ volatile("vzeroall" ::: CLOBBER_YMM);
    for (std::size_t i = 0; i < rounds; ++i) __asm__ volatile(TIMES_16(FMA_YMM)::: CLOBBER_YMM);
}

__attribute__((target("avx512f"))) void fma_avx512(std::size_t rounds) {
    __asm__ volatile("vzeroall" ::: CLOBBER_YMM);
    for (std::size_t i = 0; i < rounds; ++i) __asm__ volatile(TIMES_16(FMA_ZMM)::: CLOBBER_YMM);
}

#elif defined(__aarch64__)

void load_neon(const char* p, std::size_t bytes) {
    std::size_t at = 0;
    for (; at + 256 <= bytes; at += 256)
        __asm__ volatile(
            "ldp q0,q1,[%0]\n ldp q2,q3,[%0,32]\n ldp q4,q5,[%0,64]\n ldp q6,q7,[%0,96]\n"
            "ldp q0,q1,[%0,128]\n ldp q2,q3,[%0,160]\n ldp q4,q5,[%0,192]\n ldp q6,q7,[%0,224]" ::"r"(p + at)
            : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7");
    for (; at + 64 <= bytes; at += 64)
        __asm__ volatile("ldp q0,q1,[%0]\n ldp q2,q3,[%0,32]" ::"r"(p + at) : "v0", "v1", "v2", "v3");
}

#define FMA_V(r) "fmla v" #r ".4s,v" #r ".4s,v" #r ".4s\n"
#define ZERO_V(r) "movi v" #r ".4s,0\n"
#define CLOBBER_V "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15"

void fma_neon(std::size_t rounds) {
    __asm__ volatile(TIMES_16(ZERO_V)::: CLOBBER_V);
    for (std::size_t i = 0; i < rounds; ++i) __asm__ volatile(TIMES_16(FMA_V)::: CLOBBER_V);
}

#endif

}  // namespace

void load_rows([[maybe_unused]] Simd simd, const char* const* rows, std::size_t count, std::size_t bytes) {
    for (std::size_t i = 0; i < count; ++i) {
#if defined(__x86_64__)
        simd == Simd::avx512 ? load_avx512(rows[i], bytes) : load_avx2(rows[i], bytes);
#elif defined(__aarch64__)
        load_neon(rows[i], bytes);
#endif
    }
}

double multiply_add([[maybe_unused]] Simd simd, std::size_t rounds) {
#if defined(__x86_64__)
    simd == Simd::avx512 ? fma_avx512(rounds) : fma_avx2(rounds);
    return static_cast<double>(rounds) * 16 * (simd == Simd::avx512 ? 16 : 8);
#elif defined(__aarch64__)
    fma_neon(rounds);
    return static_cast<double>(rounds) * 16 * 4;
#endif
}

}  // namespace limits

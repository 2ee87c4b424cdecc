// AVX-512 with VNNI: products of 16 bits are added in pairs to 32 bits in one instruction.
#if defined(__x86_64__)

#include <immintrin.h>

#include "units.hpp"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))
#define INLINE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma"), always_inline)) inline

#include "avx512_whole.hpp"

namespace perfkit::distance {
namespace {

struct I8 : Bytes {
    INLINE static Total fma(V a, V b, Total total) { return _mm512_dpwssd_epi32(total, a, b); }
    INLINE static Total add_squared_difference(Total total, V a, V b) {
        const V difference = _mm512_sub_epi16(a, b);
        return fma(difference, difference, total);
    }
    INLINE static Total add_absolute_difference(Total total, V a, V b) {
        return fma(_mm512_abs_epi16(_mm512_sub_epi16(a, b)), _mm512_set1_epi16(1), total);
    }
};

}  // namespace

constinit const KernelsOf<std::int8_t> avx512_vnni_i8 = kernels_over_bytes<I8, WholeShape>("avx512+vnni");

}  // namespace perfkit::distance

#endif

// AVX-512 with VPOPCNTDQ, which counts the bits of 64 at a time.
#if defined(__x86_64__)

#include <immintrin.h>

#include "units.hpp"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,fma")))
#define INLINE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,fma"), always_inline)) inline

#include "avx512_whole.hpp"

namespace perfkit::distance {
namespace {

struct Bits : BitWords {
    INLINE static Total add_differing(Total total, V a, V b) { return add(total, counted(_mm512_xor_si512(a, b))); }
    INLINE static Total add_both(Total total, V a, V b) { return add(total, counted(_mm512_and_si512(a, b))); }
    INLINE static Total add_either(Total total, V a, V b) { return add(total, counted(_mm512_or_si512(a, b))); }

private:
    INLINE static Total counted(V bits) { return _mm512_popcnt_epi64(bits); }
};

}  // namespace

constinit const KernelsOfBits avx512_popcnt_bits = kernels_over_bits<Bits, WholeShape>("avx512+vpopcntdq");

}  // namespace perfkit::distance

#endif

// arm64 with DotProd, as every M-series and Neoverse core has it: four products of bytes are added to 32 bits in one
// instruction.  (I8MM's matrix products would give twice as many, half of them for a second query, which there is not.)
#if defined(__aarch64__)

#include <arm_neon.h>

#include "units.hpp"

#define TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#define INLINE __attribute__((target("arch=armv8.2-a+dotprod"), always_inline)) inline

#include "neon_whole.hpp"

namespace perfkit::distance {
namespace {

struct I8 : Bytes {
    INLINE static Total fma(V a, V b, Total total) { return vdotq_s32(total, a, b); }
    INLINE static Total add_squared_difference(Total total, V a, V b) {
        const uint8x16_t d = difference(a, b);
        return vreinterpretq_s32_u32(vdotq_u32(vreinterpretq_u32_s32(total), d, d));
    }
    INLINE static Total add_absolute_difference(Total total, V a, V b) {
        return vreinterpretq_s32_u32(vdotq_u32(vreinterpretq_u32_s32(total), difference(a, b), vdupq_n_u8(1)));
    }
};

}  // namespace

constinit const KernelsOf<std::int8_t> neon_dotprod_i8 = kernels_over_bytes<I8, WholeShape>("neon+dotprod");

}  // namespace perfkit::distance

#endif

// The distance kernels: a table of functions per instruction set, and the choice among them.
//
// These are the raw sums.  Those of the SIMD sets multiply and add in their elements' own type, so very
// large and very small values leave its range; distance.hpp has the functions that notice this and are
// right for all input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "perfkit/core/distance/cpu.hpp"
#include "perfkit/core/distance/half.hpp"

namespace perfkit::distance {

enum class Simd { scalar, neon, avx2, avx512 };
inline constexpr Simd all_simd[] = {Simd::scalar, Simd::neon, Simd::avx2, Simd::avx512};

const char* name_of(Simd simd);

// The sums that make a cosine.
struct CosineSums {
    double ab, aa, bb;
};

// Kernels over elements of type T.  Those over whole numbers (std::int8_t) are exact.  Pointers are aligned as T is, no
// more; n may be 0; nothing outside [p, p + n) is read.
template <typename T>
struct KernelsOf {
    const char* variant;
    double (*l2_squared)(const T* a, const T* b, std::size_t n);
    double (*inner_product)(const T* a, const T* b, std::size_t n);
    double (*l1)(const T* a, const T* b, std::size_t n);
    double (*squared_norm)(const T* a, std::size_t n);
    CosineSums (*cosine)(const T* a, const T* b, std::size_t n);

    // One query against many rows, out[i] for rows[i].
    void (*l2_squared_many)(const T* query, const T* const* rows, std::size_t count, std::size_t n, double* out);
    void (*inner_product_many)(const T* query, const T* const* rows, std::size_t count, std::size_t n, double* out);
    void (*l1_many)(const T* query, const T* const* rows, std::size_t count, std::size_t n, double* out);
    void (*cosine_many)(const T* query, const T* const* rows, std::size_t count, std::size_t n, CosineSums* out);
};

// How many bits are set in both vectors, and in either.
struct BitSums {
    double both, either;
};

// Kernels over bits, packed into bytes; those of the last byte that do not belong to the vector are 0.
struct KernelsOfBits {
    const char* variant;
    double (*differing)(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes);
    BitSums (*overlap)(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes);
    void (*differing_many)(const std::uint8_t* query, const std::uint8_t* const* rows, std::size_t count,
                           std::size_t bytes, double* out);
    void (*overlap_many)(const std::uint8_t* query, const std::uint8_t* const* rows, std::size_t count,
                         std::size_t bytes, BitSums* out);
};

struct Kernels {
    Simd simd;
    const KernelsOf<float>* f32;
    const KernelsOf<double>* f64;
    const KernelsOf<Half>* f16;
    const KernelsOf<Bfloat>* bf16;
    const KernelsOf<std::int8_t>* i8;
    const KernelsOfBits* bits;

    template <typename T>
    const KernelsOf<T>& over() const {
        if constexpr (std::is_same_v<T, float>)
            return *f32;
        else if constexpr (std::is_same_v<T, double>)
            return *f64;
        else if constexpr (std::is_same_v<T, Half>)
            return *f16;
        else if constexpr (std::is_same_v<T, Bfloat>)
            return *bf16;
        else
            return *i8;
    }
};

// Whether the library has a set's kernels: those of its own architecture.
bool is_built(Simd simd);

// Whether a processor with these features can run a set, and which set is fastest there.
bool can_run(Simd simd, const FeatureSet& features);
Simd best_simd(const FeatureSet& features);

// The kernels of one instruction set; null where this processor lacks it.
const Kernels* kernels_of(Simd simd);

// The fastest that this processor has.
const Kernels& best_kernels();

}  // namespace perfkit::distance

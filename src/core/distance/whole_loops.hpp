// The loops over whole numbers: bytes and bits.  Their sums are exact, so that all instruction sets agree to the last
// bit, and rows may be summed in any order.
//
// Included as loops.hpp is.  A class of lanes has `fma` and `add` as there, and instead of `sub` and `abs`
//
//   over bytes   Total add_squared_difference(Total, V a, V b), add_absolute_difference(Total, V a, V b)
//   over bits    Total add_differing(Total, V a, V b), add_both(Total, V a, V b), add_either(Total, V a, V b)
//
// Sums over bytes may have 32 bits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "loops.hpp"

namespace perfkit::distance {
namespace {

template <typename Lanes>
struct WholeSquaredDifference {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 1;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        totals[0] = Lanes::add_squared_difference(totals[0], a, b);
    }
};

template <typename Lanes>
struct WholeAbsoluteDifference {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 1;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        totals[0] = Lanes::add_absolute_difference(totals[0], a, b);
    }
};

template <typename Lanes>
struct Differing {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 1;
    INLINE static void step(Total (&totals)[sums], V a, V b) { totals[0] = Lanes::add_differing(totals[0], a, b); }
};

template <typename Lanes>
struct BothAndEither {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 2;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        totals[0] = Lanes::add_both(totals[0], a, b);
        totals[1] = Lanes::add_either(totals[1], a, b);
    }
};

// So many bytes at a time: their sum is below 2^31, even of the squares of the largest differences, 255^2.
constexpr std::size_t block = 32768;
static_assert(block * 255 * 255 < 1ull << 31);

// result[s]: sum s over a pair of any length.
template <typename Lanes, template <typename> typename Term, std::size_t Chains>
INLINE void sum_blocks(const std::int8_t* a, const std::int8_t* b, std::size_t n, double (&result)[Term<Lanes>::sums]) {
    for (double& sum : result) sum = 0;
    for (std::size_t at = 0; at < n; at += block) {
        double part[1][Term<Lanes>::sums];
        Loop<Lanes, Term, 1, Chains>::run(a + at, {b + at}, std::min(block, n - at), part);
        for (std::size_t s = 0; s < Term<Lanes>::sums; ++s) result[s] += part[0][s];
    }
}

template <typename Lanes, template <typename> typename Term, std::size_t Chains>
TARGET double pair_of_bytes(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
    double result[1];
    sum_blocks<Lanes, Term, Chains>(a, b, n, result);
    return result[0];
}

template <typename Lanes, std::size_t Chains>
TARGET double square_of_bytes(const std::int8_t* a, std::size_t n) {
    return pair_of_bytes<Lanes, Product, Chains>(a, a, n);
}

template <typename Lanes, std::size_t Chains>
TARGET CosineSums cosine_of_bytes(const std::int8_t* a, const std::int8_t* b, std::size_t n) {
    double result[3];
    sum_blocks<Lanes, ProductAndSquares, Chains>(a, b, n, result);
    return {result[0], result[1], result[2]};
}

template <typename Lanes, template <typename> typename Term, std::size_t Rows, std::size_t Chains>
TARGET void many_of_bytes(const std::int8_t* query, const std::int8_t* const* rows, std::size_t count, std::size_t n,
                          double* out) {
    if (n <= block)
        Many<Lanes, Term, Rows, Chains>::run(query, rows, count, n, StoreSum{out});
    else
        for (std::size_t i = 0; i < count; ++i) out[i] = pair_of_bytes<Lanes, Term, Chains>(query, rows[i], n);
}

template <typename Lanes, std::size_t Rows, std::size_t Chains>
TARGET void cosine_many_of_bytes(const std::int8_t* query, const std::int8_t* const* rows, std::size_t count,
                                 std::size_t n, CosineSums* out) {
    if (n <= block)
        Many<Lanes, ProductAndSquare, Rows, Chains>::run(query, rows, count, n,
                                                         StoreCosine{out, square_of_bytes<Lanes, Chains>(query, n)});
    else
        for (std::size_t i = 0; i < count; ++i) out[i] = cosine_of_bytes<Lanes, Chains>(query, rows[i], n);
}

template <typename Lanes, typename Shape>
constexpr KernelsOf<std::int8_t> kernels_over_bytes(const char* variant) {
    return {
        variant,
        pair_of_bytes<Lanes, WholeSquaredDifference, Shape::pair_chains>,
        pair_of_bytes<Lanes, Product, Shape::pair_chains>,
        pair_of_bytes<Lanes, WholeAbsoluteDifference, Shape::pair_chains>,
        square_of_bytes<Lanes, Shape::norm_chains>,
        cosine_of_bytes<Lanes, Shape::cosine_chains>,
        many_of_bytes<Lanes, WholeSquaredDifference, Shape::rows, Shape::row_chains>,
        many_of_bytes<Lanes, Product, Shape::rows, Shape::row_chains>,
        many_of_bytes<Lanes, WholeAbsoluteDifference, Shape::rows, Shape::row_chains>,
        cosine_many_of_bytes<Lanes, Shape::cosine_rows, Shape::cosine_row_chains>,
    };
}

struct StoreOverlap {
    BitSums* out;
    INLINE void operator()(std::size_t i, const double (&sums)[2]) const { out[i] = {sums[0], sums[1]}; }
};

template <typename Lanes, std::size_t Chains>
TARGET double differing(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
    return pair<Lanes, Differing, Chains>(a, b, bytes);
}

template <typename Lanes, std::size_t Chains>
TARGET BitSums overlap(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes) {
    double result[1][2];
    Loop<Lanes, BothAndEither, 1, Chains>::run(a, {b}, bytes, result);
    return {result[0][0], result[0][1]};
}

template <typename Lanes, std::size_t Rows, std::size_t Chains>
TARGET void overlap_many(const std::uint8_t* query, const std::uint8_t* const* rows, std::size_t count,
                         std::size_t bytes, BitSums* out) {
    Many<Lanes, BothAndEither, Rows, Chains>::run(query, rows, count, bytes, StoreOverlap{out});
}

template <typename Lanes, typename Shape>
constexpr KernelsOfBits kernels_over_bits(const char* variant) {
    return {
        variant,
        differing<Lanes, Shape::pair_chains>,
        overlap<Lanes, Shape::cosine_chains>,
        many<Lanes, Differing, Shape::rows, Shape::row_chains>,
        overlap_many<Lanes, Shape::cosine_rows, Shape::cosine_row_chains>,
    };
}

}  // namespace
}  // namespace perfkit::distance

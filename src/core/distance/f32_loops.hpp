// The f32 kernels' loops, written once for all instruction sets.
//
// A unit that includes this file has first defined, in an unnamed namespace of perfkit::distance,
// its vector type and what it can do:
//
//   TARGET            function attribute: the instruction set
//   INLINE            the same, for functions that are inlined into such functions
//   V, width          the vector type, and how many floats it holds
//   zero(), load(p), load_first(p, count), add(a, b), sub(a, b), abs(a), fma(a, b, total), sum(a)
//
// load_first reads count < width floats and fills up with zeros, which add nothing to any sum here.
//
// Each loop keeps several chains of additions under way, since an addition takes several cycles and
// several fit into each.  That is good for the rounding too: a partial sum has only
// n / (width * chains) terms.
//
// Lambdas are avoided: GCC gives them no target attribute.
#pragma once

#include <utility>

namespace perfkit::distance {
namespace {

// What is summed over the elements of a pair.
struct SquaredDifference {
    static constexpr std::size_t sums = 1;
    INLINE static void step(V (&totals)[sums], V a, V b) {
        const V difference = sub(a, b);
        totals[0] = fma(difference, difference, totals[0]);
    }
};

struct Product {
    static constexpr std::size_t sums = 1;
    INLINE static void step(V (&totals)[sums], V a, V b) { totals[0] = fma(a, b, totals[0]); }
};

struct AbsoluteDifference {
    static constexpr std::size_t sums = 1;
    INLINE static void step(V (&totals)[sums], V a, V b) { totals[0] = add(totals[0], abs(sub(a, b))); }
};

struct ProductAndSquares {
    static constexpr std::size_t sums = 3;
    INLINE static void step(V (&totals)[sums], V a, V b) {
        totals[0] = fma(a, b, totals[0]);
        totals[1] = fma(a, a, totals[1]);
        totals[2] = fma(b, b, totals[2]);
    }
};

// The partial sums of one query and several rows, `Chains` for each.
template <typename Term, std::size_t Rows, std::size_t Chains>
struct Totals {
    V of[Chains][Rows][Term::sums];
};

// Written out as a fold, here and below: GCC turns a loop into a call of memset, and whatever a loop
// indexes stays in memory.
template <typename Term, std::size_t Rows, std::size_t Chains, std::size_t... I>
INLINE void clear(Totals<Term, Rows, Chains>& totals, std::index_sequence<I...>) {
    ((totals.of[I / Term::sums / Rows][I / Term::sums % Rows][I % Term::sums] = zero()), ...);
}

// One vector of the query, and of each row, into one chain.
template <typename Term, std::size_t... R>
INLINE void step_rows(V (&chain)[sizeof...(R)][Term::sums], const float* query,
                      const float* const (&rows)[sizeof...(R)], std::size_t at, std::index_sequence<R...>) {
    const V q = load(query + at);
    (Term::step(chain[R], q, load(rows[R] + at)), ...);
}

template <typename Term, std::size_t... R>
INLINE void step_part_of_rows(V (&chain)[sizeof...(R)][Term::sums], const float* query,
                              const float* const (&rows)[sizeof...(R)], std::size_t at, std::size_t count,
                              std::index_sequence<R...>) {
    const V q = load_first(query + at, count);
    (Term::step(chain[R], q, load_first(rows[R] + at, count)), ...);
}

template <typename Term, std::size_t Rows, std::size_t... C>
INLINE void step_chains(Totals<Term, Rows, sizeof...(C)>& totals, const float* query, const float* const (&rows)[Rows],
                        std::size_t at, std::index_sequence<C...>) {
    (step_rows<Term>(totals.of[C], query, rows, at + C * width, std::make_index_sequence<Rows>()), ...);
}

// What is left over: less than one vector for each chain.
template <typename Term, std::size_t C = 0, std::size_t Rows, std::size_t Chains>
INLINE void step_rest(Totals<Term, Rows, Chains>& totals, const float* query, const float* const (&rows)[Rows],
                      std::size_t at, std::size_t n) {
    if constexpr (C < Chains) {
        if (at + width <= n) {
            step_rows<Term>(totals.of[C], query, rows, at, std::make_index_sequence<Rows>());
            step_rest<Term, C + 1>(totals, query, rows, at + width, n);
        } else if (at < n) {
            step_part_of_rows<Term>(totals.of[C], query, rows, at, n - at, std::make_index_sequence<Rows>());
        }
    }
}

// Adds the chains up as a tree.
template <std::size_t First, std::size_t Count, typename Term, std::size_t Rows, std::size_t Chains>
INLINE V joined(const Totals<Term, Rows, Chains>& totals, std::size_t row, std::size_t which) {
    if constexpr (Count == 1)
        return totals.of[First][row][which];
    else
        return add(joined<First, Count / 2>(totals, row, which),
                   joined<First + Count / 2, Count - Count / 2>(totals, row, which));
}

template <typename Term, std::size_t Rows, std::size_t Chains, std::size_t... I>
INLINE void finish(const Totals<Term, Rows, Chains>& totals, double (&result)[Rows][Term::sums],
                   std::index_sequence<I...>) {
    ((result[I / Term::sums][I % Term::sums] = sum(joined<0, Chains>(totals, I / Term::sums, I % Term::sums))), ...);
}

// result[r][s]: the sums of Term over the pair of query and rows[r].
template <typename Term, std::size_t Chains, std::size_t Rows>
INLINE void sums_over(const float* query, const float* const (&rows)[Rows], std::size_t n,
                      double (&result)[Rows][Term::sums]) {
    Totals<Term, Rows, Chains> totals;
    clear(totals, std::make_index_sequence<Chains * Rows * Term::sums>());
    std::size_t at = 0;
    for (; at + Chains * width <= n; at += Chains * width)
        step_chains<Term>(totals, query, rows, at, std::make_index_sequence<Chains>());
    step_rest<Term>(totals, query, rows, at, n);
    finish(totals, result, std::make_index_sequence<Rows * Term::sums>());
}

// The table's functions.
template <typename Term, std::size_t Chains>
TARGET double pair(const float* a, const float* b, std::size_t n) {
    double result[1][1];
    sums_over<Term, Chains>(a, {b}, n, result);
    return result[0][0];
}

template <std::size_t Chains>
TARGET double square(const float* a, std::size_t n) {
    return pair<Product, Chains>(a, a, n);
}

template <std::size_t Chains>
TARGET CosineSums cosine(const float* a, const float* b, std::size_t n) {
    double result[1][3];
    sums_over<ProductAndSquares, Chains>(a, {b}, n, result);
    return {result[0][0], result[0][1], result[0][2]};
}

}  // namespace
}  // namespace perfkit::distance

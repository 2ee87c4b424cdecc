// The kernels' loops, written once for all instruction sets and element types.
//
// A unit that includes this file has first defined two function attributes,
//
//   TARGET    the instruction set
//   INLINE    the same, for functions that are inlined into such functions
//
// and gives Loops a class with its vector type and what it can do:
//
//   struct Lanes {
//       using Element = float;                    what is read
//       using V = ...;                            a vector of `width` numbers to compute with
//       using Total = V;                          a vector of sums
//       static constexpr std::size_t width = ...;
//       static Total zero();
//       static V load(const Element* p);
//       static V load_first(const Element* p, std::size_t count);    count < width; the rest are zeros,
//                                                                    which add nothing to any sum here
//       static V sub(V a, V b), abs(V a);
//       static Total add(Total a, Total b), fma(V a, V b, Total total);
//       static double sum(Total a);
//   };
//
// and a Shape: how many chains of additions, and how many rows at once, suit the instruction set.
//
// Each loop keeps several chains of additions under way, since an addition takes several cycles and
// several fit into each.  That is good for the rounding too: a partial sum has only
// n / (width * chains) terms.
//
// Lambdas are avoided: GCC gives them no target attribute.
#pragma once

#include <cstddef>
#include <utility>

namespace perfkit::distance {
namespace {

// What is summed over the elements of a pair.
template <typename Lanes>
struct SquaredDifference {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 1;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        const V difference = Lanes::sub(a, b);
        totals[0] = Lanes::fma(difference, difference, totals[0]);
    }
};

template <typename Lanes>
struct Product {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 1;
    INLINE static void step(Total (&totals)[sums], V a, V b) { totals[0] = Lanes::fma(a, b, totals[0]); }
};

template <typename Lanes>
struct AbsoluteDifference {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 1;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        totals[0] = Lanes::add(totals[0], Lanes::abs(Lanes::sub(a, b)));
    }
};

template <typename Lanes>
struct ProductAndSquares {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 3;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        totals[0] = Lanes::fma(a, b, totals[0]);
        totals[1] = Lanes::fma(a, a, totals[1]);
        totals[2] = Lanes::fma(b, b, totals[2]);
    }
};

// What a cosine needs of a row where the query's square is known.
template <typename Lanes>
struct ProductAndSquare {
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    static constexpr std::size_t sums = 2;
    INLINE static void step(Total (&totals)[sums], V a, V b) {
        totals[0] = Lanes::fma(a, b, totals[0]);
        totals[1] = Lanes::fma(b, b, totals[1]);
    }
};

// The sums of Term<Lanes> over one query and several rows at once, in `Chains` chains for each row.
template <typename Lanes, template <typename> typename Term, std::size_t Rows, std::size_t Chains>
class Loop {
public:
    using Element = typename Lanes::Element;
    static constexpr std::size_t sums = Term<Lanes>::sums;

    // result[r][s]: sum s over the pair of query and rows[r].
    INLINE static void run(const Element* query, const Element* const (&rows)[Rows], std::size_t n,
                           double (&result)[Rows][sums]) {
        Totals totals;
        clear(totals, all);
        std::size_t at = 0;
        for (; at + Chains * width <= n; at += Chains * width)
            step_chains(totals, query, rows, at, std::make_index_sequence<Chains>());
        step_rest<0>(totals, query, rows, at, n);
        finish(totals, result, std::make_index_sequence<Rows * sums>());
    }

private:
    using V = typename Lanes::V;
    using Total = typename Lanes::Total;
    using Totals = Total[Chains][Rows][sums];
    static constexpr std::size_t width = Lanes::width;
    static constexpr auto all = std::make_index_sequence<Chains * Rows * sums>();
    static constexpr auto each_row = std::make_index_sequence<Rows>();

    // Written out as folds, here and below: GCC turns such a loop into a call of memset, and whatever
    // a loop indexes stays in memory.
    template <std::size_t... I>
    INLINE static void clear(Totals& totals, std::index_sequence<I...>) {
        ((totals[I / sums / Rows][I / sums % Rows][I % sums] = Lanes::zero()), ...);
    }

    // One vector of the query, and of each row, into one chain.
    template <std::size_t... R>
    INLINE static void step(Total (&chain)[Rows][sums], const Element* query, const Element* const (&rows)[Rows],
                            std::size_t at, std::index_sequence<R...>) {
        const V q = Lanes::load(query + at);
        (Term<Lanes>::step(chain[R], q, Lanes::load(rows[R] + at)), ...);
    }

    template <std::size_t... R>
    INLINE static void step_part(Total (&chain)[Rows][sums], const Element* query, const Element* const (&rows)[Rows],
                                 std::size_t at, std::size_t count, std::index_sequence<R...>) {
        const V q = Lanes::load_first(query + at, count);
        (Term<Lanes>::step(chain[R], q, Lanes::load_first(rows[R] + at, count)), ...);
    }

    template <std::size_t... C>
    INLINE static void step_chains(Totals& totals, const Element* query, const Element* const (&rows)[Rows],
                                   std::size_t at, std::index_sequence<C...>) {
        ((step(totals[C], query, rows, at + C * width, each_row), keep_order()), ...);
    }

    // With several rows, the registers are just enough if each load is used at once.  Compilers, which
    // like to load early, are held back by this; the processor is not.
    INLINE static void keep_order() {
        if constexpr (Rows > 1) __asm__ volatile("" ::: "memory");
    }

    // What is left over: less than one vector for each chain.
    template <std::size_t C>
    INLINE static void step_rest(Totals& totals, const Element* query, const Element* const (&rows)[Rows],
                                 std::size_t at, std::size_t n) {
        if constexpr (C < Chains) {
            if (at + width <= n) {
                step(totals[C], query, rows, at, each_row);
                step_rest<C + 1>(totals, query, rows, at + width, n);
            } else if (at < n) {
                step_part(totals[C], query, rows, at, n - at, each_row);
            }
        }
    }

    // Adds the chains up as a tree.
    template <std::size_t First, std::size_t Count>
    INLINE static Total joined(const Totals& totals, std::size_t row, std::size_t which) {
        if constexpr (Count == 1)
            return totals[First][row][which];
        else
            return Lanes::add(joined<First, Count / 2>(totals, row, which),
                              joined<First + Count / 2, Count - Count / 2>(totals, row, which));
    }

    template <std::size_t... I>
    INLINE static void finish(const Totals& totals, double (&result)[Rows][sums], std::index_sequence<I...>) {
        ((result[I / sums][I % sums] = Lanes::sum(joined<0, Chains>(totals, I / sums, I % sums))), ...);
    }
};

// The table's functions over a pair.
template <typename Lanes, template <typename> typename Term, std::size_t Chains>
TARGET double pair(const typename Lanes::Element* a, const typename Lanes::Element* b, std::size_t n) {
    double result[1][1];
    Loop<Lanes, Term, 1, Chains>::run(a, {b}, n, result);
    return result[0][0];
}

template <typename Lanes, std::size_t Chains>
TARGET double square(const typename Lanes::Element* a, std::size_t n) {
    return pair<Lanes, Product, Chains>(a, a, n);
}

template <typename Lanes, std::size_t Chains>
TARGET CosineSums cosine(const typename Lanes::Element* a, const typename Lanes::Element* b, std::size_t n) {
    double result[1][3];
    Loop<Lanes, ProductAndSquares, 1, Chains>::run(a, {b}, n, result);
    return {result[0][0], result[0][1], result[0][2]};
}

// One query against many rows, several at once, so that each part of the query is loaded once for all
// of them.  While a block is under way, the beginnings of the next block's rows are fetched; what
// follows them, the processor fetches by itself.  A row is summed in the same order whether it is in a
// block or left over, so its result does not depend on its neighbours.
template <typename Lanes, template <typename> typename Term, std::size_t Rows, std::size_t Chains>
class Many {
public:
    using Element = typename Lanes::Element;
    static constexpr std::size_t sums = Term<Lanes>::sums;

    // store(i, sums) takes the sums of row i.
    template <typename Store>
    INLINE static void run(const Element* query, const Element* const* rows, std::size_t count, std::size_t n,
                           Store store) {
        std::size_t i = 0;
        for (; i + Rows <= count; i += Rows) {
            if (i + 2 * Rows <= count) fetch(rows + i + Rows, n, each_row);
            block(query, rows + i, n, i, store, each_row);
        }
        for (; i < count; ++i) {
            double result[1][sums];
            Loop<Lanes, Term, 1, Chains>::run(query, {rows[i]}, n, result);
            store(i, result[0]);
        }
    }

private:
    static constexpr auto each_row = std::make_index_sequence<Rows>();
    static constexpr std::size_t line = 64 / sizeof(Element), most_lines = 4;

    template <std::size_t... R>
    INLINE static void fetch(const Element* const* rows, std::size_t n, std::index_sequence<R...>) {
        for (std::size_t at = 0; at < n && at < most_lines * line; at += line) (__builtin_prefetch(rows[R] + at), ...);
    }

    template <typename Store, std::size_t... R>
    INLINE static void block(const Element* query, const Element* const* rows, std::size_t n, std::size_t first,
                             Store store, std::index_sequence<R...>) {
        double result[Rows][sums];
        Loop<Lanes, Term, Rows, Chains>::run(query, {rows[R]...}, n, result);
        (store(first + R, result[R]), ...);
    }
};

struct StoreSum {
    double* out;
    INLINE void operator()(std::size_t i, const double (&sums)[1]) const { out[i] = sums[0]; }
};

struct StoreCosine {
    CosineSums* out;
    double aa;
    INLINE void operator()(std::size_t i, const double (&sums)[2]) const { out[i] = {sums[0], aa, sums[1]}; }
};

template <typename Lanes, template <typename> typename Term, std::size_t Rows, std::size_t Chains>
TARGET void many(const typename Lanes::Element* query, const typename Lanes::Element* const* rows, std::size_t count,
                 std::size_t n, double* out) {
    Many<Lanes, Term, Rows, Chains>::run(query, rows, count, n, StoreSum{out});
}

template <typename Lanes, std::size_t Rows, std::size_t Chains>
TARGET void cosine_many(const typename Lanes::Element* query, const typename Lanes::Element* const* rows,
                        std::size_t count, std::size_t n, CosineSums* out) {
    // In the same order as the rows, so that the query's distance to itself is 0 exactly.
    double square[1][2];
    Loop<Lanes, ProductAndSquare, 1, Chains>::run(query, {query}, n, square);
    Many<Lanes, ProductAndSquare, Rows, Chains>::run(query, rows, count, n, StoreCosine{out, square[0][1]});
}

template <typename Lanes, typename Shape>
constexpr KernelsOf<typename Lanes::Element> kernels_over(const char* variant) {
    return {
        variant,
        pair<Lanes, SquaredDifference, Shape::pair_chains>,
        pair<Lanes, Product, Shape::pair_chains>,
        pair<Lanes, AbsoluteDifference, Shape::pair_chains>,
        square<Lanes, Shape::norm_chains>,
        cosine<Lanes, Shape::cosine_chains>,
        many<Lanes, SquaredDifference, Shape::rows, Shape::row_chains>,
        many<Lanes, Product, Shape::rows, Shape::row_chains>,
        many<Lanes, AbsoluteDifference, Shape::rows, Shape::row_chains>,
        cosine_many<Lanes, Shape::cosine_rows, Shape::cosine_row_chains>,
    };
}

}  // namespace
}  // namespace perfkit::distance

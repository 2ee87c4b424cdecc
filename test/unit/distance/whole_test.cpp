// Bytes and bits, over which every instruction set is exact.
#include <algorithm>
#include <bit>

#include "perfkit/core/distance/bits.hpp"
#include "support.hpp"

namespace perfkit::distance {
namespace {

class Whole : public PerSet {
protected:
    struct Sums {
        std::int64_t squares = 0, product = 0, absolute = 0, aa = 0, bb = 0;
        void add(int x, int y) {
            squares += (x - y) * (x - y);
            product += x * y;
            absolute += std::abs(x - y);
            aa += x * x;
            bb += y * y;
        }
    };

    void expect_exact(const std::int8_t* a, const std::int8_t* b, std::size_t n, const Sums& sums) const {
        const auto& k = *kernels().i8;
        const auto same = [n](double found, std::int64_t wanted, const char* what) {
            EXPECT_EQ(found, static_cast<double>(wanted)) << what << ", n = " << n;
        };
        same(k.l2_squared(a, b, n), sums.squares, "squares");
        same(k.inner_product(a, b, n), sums.product, "product");
        same(k.l1(a, b, n), sums.absolute, "absolute");
        same(k.squared_norm(a, n), sums.aa, "norm");
        const CosineSums cosine = k.cosine(a, b, n);
        same(cosine.ab, sums.product, "cosine, ab");
        same(cosine.aa, sums.aa, "cosine, aa");
        same(cosine.bb, sums.bb, "cosine, bb");
        // Beside other rows, of which there are enough for a block.
        const std::int8_t* const rows[]{b, a, b, a, b, b};
        double out[6];
        CosineSums cosines[6];
        k.l2_squared_many(a, rows, 6, n, out);
        for (const int i : {0, 2, 4, 5}) same(out[i], sums.squares, "squares of many");
        same(out[1], 0, "squares of itself");
        k.inner_product_many(a, rows, 6, n, out);
        for (const int i : {0, 2, 4, 5}) same(out[i], sums.product, "products of many");
        same(out[3], sums.aa, "product with itself");
        k.l1_many(a, rows, 6, n, out);
        for (const int i : {0, 2, 4, 5}) same(out[i], sums.absolute, "absolute of many");
        k.cosine_many(a, rows, 6, n, cosines);
        for (const int i : {0, 2, 4, 5}) {
            same(cosines[i].ab, sums.product, "cosines of many, ab");
            same(cosines[i].aa, sums.aa, "cosines of many, aa");
            same(cosines[i].bb, sums.bb, "cosines of many, bb");
        }
    }
    void expect_exact(const Vector<std::int8_t>& a, const Vector<std::int8_t>& b) const {
        Sums sums;
        for (std::size_t i = 0; i < a.size(); ++i) sums.add(a[i], b[i]);
        expect_exact(a.data(), b.data(), a.size(), sums);
    }
};

// Any byte, the extremes often.
std::int8_t any_byte() {
    const auto random = generator();
    return static_cast<std::int8_t>(random % 4 == 0 ? (random >> 8 & 1 ? 127 : -128) : random >> 16);
}

TEST_P(Whole, BytesOfEveryLength) {
    constexpr std::size_t longest = 4100;
    const auto x = vector_of<std::int8_t>(longest, any_byte), y = vector_of<std::int8_t>(longest, any_byte);
    Fenced first(longest + 64), second(longest + 64);
    Sums sums;
    for (std::size_t n = 0; n <= longest; ++n) {
        if (n > 0) sums.add(x[n - 1], y[n - 1]);
        if (n > 700 && n % 37 != 0) continue;
        auto *a = first.last<std::int8_t>(n), *b = second.last<std::int8_t>(n);
        if (n % 2 == 1) {
            a = first.first<std::int8_t>() + n / 2 % 33;
            b = second.first<std::int8_t>() + n / 66 % 33;
        }
        std::copy_n(x.begin(), n, a);
        std::copy_n(y.begin(), n, b);
        expect_exact(a, b, n, sums);
    }
}

// Longer than what 32 bits can add up.
TEST_P(Whole, LongVectorsOfExtremes) {
    const std::int8_t extremes[] = {-128, 127, 0, -1};
    for (const std::size_t n : {32767, 32768, 32769, 70001})
        for (const std::int8_t x : extremes)
            for (const std::int8_t y : extremes) expect_exact(Vector<std::int8_t>(n, x), Vector<std::int8_t>(n, y));
}

TEST_P(Whole, EachPairOfBytes) {
    for (int x = -128; x < 128; ++x) {
        Vector<std::int8_t> a(256, static_cast<std::int8_t>(x)), b;
        for (int y = -128; y < 128; ++y) b.push_back(static_cast<std::int8_t>(y));
        expect_exact(a, b);
    }
}

// Each length in bytes; what is set is counted by itself.
TEST_P(Whole, BitsOfEveryLength) {
    constexpr std::size_t longest = 2100;
    const auto& k = *kernels().bits;
    Fenced first(longest + 64), second(longest + 64);
    const auto next = [] { return static_cast<std::uint8_t>(generator() % 3 == 0 ? 255 : generator()); };
    const auto x = vector_of<std::uint8_t>(longest, next), y = vector_of<std::uint8_t>(longest, next);
    std::int64_t differ = 0, both = 0, either = 0;
    for (std::size_t n = 0; n <= longest; ++n) {
        if (n > 0) {
            differ += std::popcount(static_cast<std::uint8_t>(x[n - 1] ^ y[n - 1]));
            both += std::popcount(static_cast<std::uint8_t>(x[n - 1] & y[n - 1]));
            either += std::popcount(static_cast<std::uint8_t>(x[n - 1] | y[n - 1]));
        }
        if (n > 700 && n % 37 != 0) continue;
        auto *a = first.last<std::uint8_t>(n), *b = second.last<std::uint8_t>(n);
        if (n % 2 == 1) {
            a = first.first<std::uint8_t>() + n / 2 % 65;
            b = second.first<std::uint8_t>() + n / 130 % 65;
        }
        std::copy_n(x.begin(), n, a);
        std::copy_n(y.begin(), n, b);
        EXPECT_EQ(k.differing(a, b, n), static_cast<double>(differ)) << n;
        const BitSums overlap = k.overlap(a, b, n);
        EXPECT_EQ(overlap.both, static_cast<double>(both)) << n;
        EXPECT_EQ(overlap.either, static_cast<double>(either)) << n;
        const std::uint8_t* const rows[]{b, a, b, b, b, a, b};
        double out[8] = {};
        BitSums overlaps[7];
        out[7] = -7;
        k.differing_many(a, rows, 7, n, out);
        k.overlap_many(a, rows, 7, n, overlaps);
        for (const int i : {0, 2, 3, 4, 6}) {
            EXPECT_EQ(out[i], static_cast<double>(differ)) << n;
            EXPECT_EQ(overlaps[i].both, static_cast<double>(both)) << n;
            EXPECT_EQ(overlaps[i].either, static_cast<double>(either)) << n;
        }
        EXPECT_EQ(out[1], 0);
        EXPECT_EQ(out[7], -7) << "written past the end";
    }
}

TEST_P(Whole, HammingAndJaccard) {
    const std::uint8_t a[] = {0b11110000, 0b1}, b[] = {0b11000011, 0b1}, none[] = {0, 0};
    EXPECT_EQ(hamming_distance(kernels(), a, b, 2), 4);
    EXPECT_EQ(jaccard_distance(kernels(), a, b, 2), 1 - 3 / 7.0);
    EXPECT_EQ(jaccard_distance(kernels(), a, a, 2), 0);
    EXPECT_EQ(jaccard_distance(kernels(), a, none, 2), 1);
    EXPECT_EQ(jaccard_distance(kernels(), none, none, 2), 1);
    EXPECT_EQ(hamming_distance(kernels(), none, none, 0), 0);
    EXPECT_EQ(jaccard_distance(kernels(), none, none, 0), 1);
}

PERFKIT_FOR_EACH_SET(Whole);

}  // namespace
}  // namespace perfkit::distance

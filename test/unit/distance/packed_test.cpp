#include "perfkit/core/distance/packed.hpp"

#include <cstring>

#include "support.hpp"

namespace perfkit::distance {
namespace {

constexpr Format all_formats[] = {Format::f16, Format::bf16, Format::int8, Format::int8_scaled};
constexpr Metric metrics[] = {Metric::l2, Metric::l2_squared, Metric::inner_product, Metric::cosine, Metric::l1};

// Bytes with a packed vector in them, at an address as in a bytea.
struct Bytes {
    Vector<unsigned char> bytes;
    Packed vector;

    Bytes(Format format, const Vector<float>& elements) : bytes(packed_bytes(format, elements.size())) {
        EXPECT_EQ(pack(format, elements.data(), elements.size(), bytes.data()), elements.size());
        vector = *packed_in(bytes.data(), bytes.size(), format);
    }
};

std::size_t first_bad(Format format, const Vector<float>& elements) {
    Vector<unsigned char> bytes(packed_bytes(format, elements.size()));
    return pack(format, elements.data(), elements.size(), bytes.data());
}

Vector<float> through(Format format, const Vector<float>& elements) {
    const Bytes packed(format, elements);
    Vector<float> found(packed.vector.size);
    unpack(packed.vector, found.data());
    return found;
}

// Each number of two bytes comes back; what lies between two goes to the nearer, or to the even one.
template <typename T, typename Round>
void expect_nearest(Round round, unsigned infinite) {
    for (unsigned bits = 0; bits < infinite; ++bits) {
        const float here = to_float(static_cast<T>(bits));
        EXPECT_EQ(static_cast<unsigned>(round(here)), bits);
        EXPECT_EQ(static_cast<unsigned>(round(-here)), bits | 0x8000);
        if (bits + 1 == infinite) break;
        const float next = to_float(static_cast<T>(bits + 1)), middle = here + (next - here) / 2;
        if (middle == here || middle == next) continue;  // no float lies between
        EXPECT_EQ(static_cast<unsigned>(round(middle)), bits + bits % 2) << bits;
        EXPECT_EQ(static_cast<unsigned>(round(std::nextafter(middle, 0.0f))), bits) << bits;
        EXPECT_EQ(static_cast<unsigned>(round(std::nextafter(middle, next * 2 + 1))), bits + 1) << bits;
    }
    EXPECT_EQ(static_cast<unsigned>(round(infinity<float>)), infinite);
    EXPECT_EQ(static_cast<unsigned>(round(minus_infinity<float>)), infinite | 0x8000);
    EXPECT_TRUE(std::isnan(to_float(round(nan<float>))));
    EXPECT_TRUE(std::isnan(to_float(round(std::bit_cast<float>(0x7f800001)))));
    EXPECT_EQ(static_cast<unsigned>(round(largest<float>)), infinite);
}

TEST(Packed, NumbersOfTwoBytesAreTheNearest) {
    expect_nearest<Half>(to_half, 0x7c00);
    expect_nearest<Bfloat>(to_bfloat, 0x7f80);
    EXPECT_EQ(static_cast<unsigned>(to_half(65519.996f)), 0x7bffu);
    EXPECT_EQ(static_cast<unsigned>(to_half(65520)), 0x7c00u);
    EXPECT_EQ(static_cast<unsigned>(to_half(0x1p-25f)), 0u);
    EXPECT_EQ(static_cast<unsigned>(to_half(0x1.000002p-25f)), 1u);
}

TEST(Packed, FormatsHaveNames) {
    EXPECT_EQ(format_named("f16"), Format::f16);
    EXPECT_EQ(format_named("bf16"), Format::bf16);
    EXPECT_EQ(format_named("int8"), Format::int8);
    EXPECT_EQ(format_named("int8_scaled"), Format::int8_scaled);
    for (const char* wrong : {"", "F16", "int8 ", "int"}) EXPECT_FALSE(format_named(wrong));
}

TEST(Packed, KeepsWhatTheFormatHolds) {
    const Vector<float> whole{0, 1, -1, 127, -127, 64, 3};
    for (const Format format : all_formats) {
        EXPECT_EQ(through(format, whole), whole);
        EXPECT_EQ(through(format, {}), Vector<float>());
    }
    EXPECT_EQ(through(Format::int8, {-128, 0.5, 1.5, -2.5, 126.9}), (Vector<float>{-128, 0, 2, -2, 127}));
    EXPECT_EQ(through(Format::f16, {infinity<float>, 1e-9f}), (Vector<float>{infinity<float>, 0}));
    EXPECT_EQ(through(Format::bf16, {minus_infinity<float>, 0x1p-133f}),
              (Vector<float>{minus_infinity<float>, 0x1p-133f}));
}

TEST(Packed, SaysWhichElementIsBeyond) {
    EXPECT_EQ(first_bad(Format::f16, {1, 65520, 3}), 1u);
    EXPECT_EQ(first_bad(Format::bf16, {1, 3, -3.4e38f}), 2u);
    EXPECT_EQ(first_bad(Format::int8, {128, 3}), 0u);
    EXPECT_EQ(first_bad(Format::int8, {1, -128.6f}), 1u);
    for (const float wrong : {nan<float>, infinity<float>, minus_infinity<float>}) {
        EXPECT_EQ(first_bad(Format::int8, {1, wrong}), 1u);
        EXPECT_EQ(first_bad(Format::int8_scaled, {1, wrong, 3}), 1u);
        EXPECT_EQ(first_bad(Format::f16, {1, wrong}), 2u);
        EXPECT_EQ(first_bad(Format::bf16, {1, wrong}), 2u);
    }
}

// The largest size becomes 127, and nothing is off by more than half a step, at the ends of the range as well.
TEST(Packed, ScalesToTheLargest) {
    for (const float size : {1.0f, 3e-5f, 1e30f, largest<float>, 0x1p-126f, 1000 * smallest<float>,
                             190 * smallest<float>, 100 * smallest<float>, 63 * smallest<float>, smallest<float>}) {
        const Vector<float> elements{size, -size / 3, 0, -size, size / 300};
        const Bytes packed(Format::int8_scaled, elements);
        const auto* const codes = packed.vector.as<std::int8_t>();
        EXPECT_LE(codes[0], 127);
        EXPECT_EQ(codes[3], -codes[0]);
        EXPECT_EQ(codes[2], 0);
        if (size >= 0x1p-126f) {
            EXPECT_EQ(codes[0], 127);
        }
        EXPECT_GT(packed.vector.scale, 0);
        for (std::size_t i = 0; i < elements.size(); ++i)
            EXPECT_LE(std::fabs(static_cast<double>(packed.vector.scale) * codes[i] - elements[i]),
                      packed.vector.scale * 0.50001);
    }
    EXPECT_EQ(Bytes(Format::int8_scaled, {0, 0}).vector.scale, 0);
}

TEST(Packed, WrongBytesAreNoVector) {
    alignas(4) unsigned char bytes[12] = {};
    EXPECT_FALSE(packed_in(bytes, 3, Format::f16));
    EXPECT_FALSE(packed_in(bytes, 1, Format::bf16));
    EXPECT_TRUE(packed_in(bytes, 4, Format::f16));
    EXPECT_TRUE(packed_in(bytes, 0, Format::int8));
    EXPECT_EQ(packed_in(bytes, 7, Format::int8)->size, 7u);
    for (std::size_t count = 0; count < 4; ++count) EXPECT_FALSE(packed_in(bytes, count, Format::int8_scaled));
    EXPECT_EQ(packed_in(bytes, 4, Format::int8_scaled)->size, 0u);
    for (const float wrong : {nan<float>, infinity<float>, -1.0f, -0.0f, minus_infinity<float>}) {
        std::memcpy(bytes, &wrong, sizeof wrong);
        EXPECT_FALSE(packed_in(bytes, 8, Format::int8_scaled)) << wrong;
    }
}

class PackedDistance : public PerSet {
protected:
    // Of what the bytes stand for, in long double, or in double where that is wide enough.
    void expect_right(const Packed& a, const Packed& b) const {
        using W = long double;
        const std::size_t n = a.size;
        const auto element = [](const Packed& v, std::size_t i) -> W {
            if (v.format == Format::f16) return to_float(v.as<Half>()[i]);
            if (v.format == Format::bf16) return to_float(v.as<Bfloat>()[i]);
            return W(v.scale) * v.as<std::int8_t>()[i];
        };
        Exact<W> l2_squared, product, l1, aa, bb;
        for (std::size_t i = 0; i < n; ++i) {
            const W x = element(a, i), y = element(b, i);
            l2_squared.add((x - y) * (x - y));
            product.add(x * y);
            l1.add(std::fabs(x - y));
            aa.add(x * x);
            bb.add(y * y);
        }
        const bool whole = a.format == Format::int8 || a.format == Format::int8_scaled;
        const W bound = whole ? 0x1p-48 : error_bound<float>(n);
        const auto near = [&](Metric metric, W wanted, W magnitude) {
            EXPECT_LE(std::fabs(distance(kernels(), metric, a, b) - wanted), bound * magnitude + smallest<double>)
                << static_cast<int>(metric) << ", n = " << n << ", scales " << a.scale << " " << b.scale;
        };
        const W l2 = std::sqrt(l2_squared.sum);
        near(Metric::l2, l2, l2);
        near(Metric::l2_squared, l2_squared.sum, l2_squared.sum);
        near(Metric::inner_product, product.sum, product.magnitude);
        near(Metric::l1, l1.sum, l1.sum);
        if (aa.sum > 0 && bb.sum > 0) near(Metric::cosine, 1 - product.sum / std::sqrt(aa.sum * bb.sum), 2);
        EXPECT_LE(std::fabs(norm(kernels(), a) - std::sqrt(aa.sum)), bound * std::sqrt(aa.sum) + smallest<double>);
    }
};

TEST_P(PackedDistance, IsRight) {
    for (const std::size_t n : {0, 1, 3, 16, 31, 100, 768, 1111}) {
        const auto a = vector_of<float>(n, normal<float>), b = vector_of<float>(n, normal<float>);
        for (const Format format : all_formats) expect_right(Bytes(format, a).vector, Bytes(format, b).vector);
    }
}

// Scales far apart, at the ends of the range, equal; and vectors that are the same but for the last digits of theirs.
TEST_P(PackedDistance, ScalesAreTakenIn) {
    if (std::numeric_limits<long double>::digits < 60) GTEST_SKIP() << "not applicable: long double is double";
    const float scales[] = {1, 0.75f, 0x1.fffffep-1f, 3e-3f, 1e-20f, 1e20f, largest<float>, smallest<float>, 0};
    const auto codes = vector_of<std::int8_t>(101, normal<std::int8_t>),
               others = vector_of<std::int8_t>(101, normal<std::int8_t>);
    const auto packed = [](const Vector<std::int8_t>& of, float scale) {
        return Packed{Format::int8_scaled, reinterpret_cast<const unsigned char*>(of.data()), of.size(), scale};
    };
    for (const float x : scales)
        for (const float y : scales) expect_right(packed(codes, x), packed(others, y));
    // What cancels is no more than rounding by double.
    const double near = distance(kernels(), Metric::l2, packed(codes, 1), packed(codes, 0x1.000002p0f));
    EXPECT_NEAR(near / (norm(kernels(), packed(codes, 1)) * 0x1p-23), 1, 1e-9);
    EXPECT_EQ(distance(kernels(), Metric::l1, packed(codes, 1), packed(codes, 0x1.000002p0f)),
              0x1p-23 * l1(kernels(), codes.data(), Vector<std::int8_t>(101, 0).data(), 101));
}

TEST_P(PackedDistance, OfAVectorToItselfIsZero) {
    for (const Format format : all_formats) {
        const Bytes a(format, vector_of<float>(100, normal<float>)), zero(format, Vector<float>(100, 0));
        for (const Metric metric : metrics)
            if (metric != Metric::inner_product) {
                EXPECT_EQ(distance(kernels(), metric, a.vector, a.vector), 0);
            }
        EXPECT_TRUE(std::isnan(distance(kernels(), Metric::cosine, a.vector, zero.vector)));
        EXPECT_EQ(distance(kernels(), Metric::l2, zero.vector, zero.vector), 0);
        EXPECT_EQ(norm(kernels(), zero.vector), 0);
    }
}

// To the last bit: a primary and its standby agree.
TEST_P(PackedDistance, WholeNumbersAreTheSameInEverySet) {
    for (const Format format : {Format::int8, Format::int8_scaled}) {
        const auto next = [] { return 30 * normal<float>(); };
        const Bytes a(format, vector_of<float>(333, next)), b(format, vector_of<float>(333, next));
        for (const Metric metric : metrics)
            EXPECT_EQ(distance(kernels(), metric, a.vector, b.vector),
                      distance(*kernels_of(Simd::scalar), metric, a.vector, b.vector));
    }
}

PERFKIT_FOR_EACH_SET(PackedDistance);

}  // namespace
}  // namespace perfkit::distance

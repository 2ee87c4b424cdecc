#include <algorithm>

#include "support.hpp"

namespace perfkit::distance {
namespace {

constexpr Metric metrics[] = {Metric::l2, Metric::l2_squared, Metric::inner_product, Metric::cosine, Metric::l1};

class Many : public PerSet {
protected:
    // What a distance's error is measured by: the sum of its terms' magnitudes.
    template <typename T>
    static double magnitude(Metric metric, const T* a, const T* b, std::size_t n, double distance) {
        if (metric == Metric::cosine) return 2;
        return metric == Metric::inner_product ? static_cast<double>(exact(a, b, n).inner_product.magnitude) : distance;
    }

    template <typename T>
    void expect_as_pairs(const T* query, const Vector<const T*>& rows, std::size_t n) const {
        for (const Metric metric : metrics) {
            Vector<double> found(rows.size() + 1, -7);
            distances(kernels(), metric, query, rows.data(), rows.size(), n, found.data());
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const double wanted = distance(kernels(), metric, query, rows[i], n);
                if (std::isnan(wanted)) {
                    EXPECT_TRUE(std::isnan(found[i])) << n << " " << i;
                } else if (std::isinf(wanted)) {
                    EXPECT_EQ(found[i], wanted) << n << " " << i;
                } else {
                    const double bound = 2 * error_bound<T>(n) * magnitude(metric, query, rows[i], n, wanted);
                    EXPECT_NEAR(found[i], wanted, bound + smallest<double>) << n << " " << i;
                }
            }
            EXPECT_EQ(found.back(), -7) << "written past the end";
        }
    }

    template <typename T>
    void as_pairs();
    template <typename T>
    void neighbours();
    template <typename T>
    void extremes();
    template <typename T>
    void strided();
};

// Each row ends where its memory ends, and each count leaves another number of rows over.
template <typename T>
void Many::as_pairs() {
    constexpr std::size_t most = 9;
    std::vector<std::unique_ptr<Fenced>> memory;
    for (std::size_t i = 0; i <= most; ++i) memory.push_back(std::make_unique<Fenced>(2000 * sizeof(T)));
    for (std::size_t n = 0; n < 300; n += n < 140 ? 1 : 23) {
        Vector<T*> rows;
        for (const auto& fenced : memory) {
            rows.push_back(fenced->template last<T>(n));
            std::generate_n(rows.back(), n, normal<T>);
        }
        for (std::size_t count = 0; count <= most; ++count)
            expect_as_pairs<T>(rows[most], {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count)}, n);
    }
}

TEST_P(Many, AreAsPairs) {
    as_pairs<float>();
    as_pairs<double>();
    as_pairs<Half>();
    as_pairs<Bfloat>();
    as_pairs<std::int8_t>();
}

// More rows than are done at a time; each one's result is the same to the last bit wherever it stands.
template <typename T>
void Many::neighbours() {
    const std::size_t n = 100, count = 203;
    const auto query = vector_of<T>(n, normal<T>);
    const auto all = vector_of<T>(n * count, normal<T>);
    Vector<const T*> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back(all.data() + i * n);
    expect_as_pairs(query.data(), rows, n);
    for (const Metric metric : metrics) {
        Vector<double> together(count);
        distances(kernels(), metric, query.data(), rows.data(), count, n, together.data());
        for (std::size_t i = 0; i < count; ++i) {
            double alone;
            distances(kernels(), metric, query.data(), &rows[i], 1, n, &alone);
            EXPECT_EQ(alone, together[i]) << i;
        }
    }
}

TEST_P(Many, DoNotDependOnNeighbours) {
    neighbours<float>();
    neighbours<double>();
    neighbours<Half>();
    neighbours<Bfloat>();
    neighbours<std::int8_t>();
}

// Rows that need care beside rows that do not; and the query among the rows has distance 0.
template <typename T>
void Many::extremes() {
    const std::size_t n = 37;
    const Vector<T> ordinary(n, made<T>(1.5)), tops(n, largest<T>), zeros(n, T{}), nans(n, nan<T>),
        infinite(n, infinity<T>);
    const Vector<T> queries[] = {ordinary, tops, zeros, vector_of<T>(n, normal<T>)};
    for (const Vector<T>& query : queries) {
        const Vector<const T*> rows{ordinary.data(), tops.data(),     zeros.data(), query.data(),
                                    nans.data(),     infinite.data(), tops.data(),  query.data()};
        expect_as_pairs(query.data(), rows, n);
        Vector<double> found(rows.size());
        distances(kernels(), Metric::l2, query.data(), rows.data(), rows.size(), n, found.data());
        EXPECT_EQ(found[3], 0);
        EXPECT_EQ(found[7], 0);
        if (query == zeros) continue;
        distances(kernels(), Metric::cosine, query.data(), rows.data(), rows.size(), n, found.data());
        EXPECT_EQ(found[3], 0);
        EXPECT_EQ(found[7], 0);
    }
}

TEST_P(Many, ExtremesAreAsPairs) {
    extremes<float>();
    extremes<double>();
    extremes<Half>();
    extremes<Bfloat>();
}

template <typename T>
void Many::strided() {
    const std::size_t n = 20, stride = 27, count = 150;
    const auto all = vector_of<T>(stride * count, normal<T>);
    Vector<const T*> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back(all.data() + i * stride);
    for (const Metric metric : metrics) {
        Vector<double> gathered(count), found(count);
        distances(kernels(), metric, all.data() + stride, rows.data(), count, n, gathered.data());
        distances(kernels(), metric, all.data() + stride, all.data(), stride, count, n, found.data());
        EXPECT_EQ(found, gathered);
    }
}

TEST_P(Many, MayLieAtAStride) {
    strided<float>();
    strided<double>();
    strided<Half>();
    strided<Bfloat>();
    strided<std::int8_t>();
}

PERFKIT_FOR_EACH_SET(Many);

}  // namespace
}  // namespace perfkit::distance

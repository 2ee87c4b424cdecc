#include "perfkit/core/distance/nearest.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace perfkit::distance {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The k nearest of all, nearest first, whose ids are their positions.
std::vector<Neighbour> nearest(const std::vector<double>& distances, std::size_t k) {
    std::vector<Neighbour> heap(k);
    std::size_t count = 0;
    for (std::size_t i = 0; i < distances.size(); ++i) {
        if (!belongs(heap.data(), count, k, distances[i])) continue;
        if (count < k)
            add_neighbour(heap.data(), count, {distances[i], i});
        else
            replace_farthest(heap.data(), count, {distances[i], i});
    }
    sort_neighbours(heap.data(), count);
    heap.resize(count);
    return heap;
}

TEST(Nearest, AreTheFirstOfTheSorted) {
    std::mt19937 generator(7);
    for (const std::size_t n : {0, 1, 2, 10, 100, 1000}) {
        std::vector<double> distances(n);
        for (double& distance : distances) distance = static_cast<double>(generator() % 500);
        auto sorted = distances;
        std::sort(sorted.begin(), sorted.end());
        for (const std::size_t k : {1, 2, 3, 10, 100, 2000}) {
            const auto found = nearest(distances, k);
            ASSERT_EQ(found.size(), std::min(k, n));
            for (std::size_t i = 0; i < found.size(); ++i) {
                EXPECT_EQ(found[i].distance, sorted[i]) << n << " " << k;
                EXPECT_EQ(distances[found[i].id], found[i].distance);
            }
        }
    }
}

TEST(Nearest, NanIsFarthest) {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> distances{nan, 3, infinity, nan, -infinity, 1};
    const auto four = nearest(distances, 4);
    EXPECT_EQ(four[0].id, 4u);
    EXPECT_EQ(four[1].id, 5u);
    EXPECT_EQ(four[2].id, 1u);
    EXPECT_EQ(four[3].id, 2u);
    const auto five = nearest(distances, 5);
    EXPECT_EQ(five[3].id, 2u);
    EXPECT_TRUE(std::isnan(five[4].distance));
    EXPECT_EQ(nearest({nan, 2}, 1)[0].id, 1u);
    EXPECT_EQ(nearest({2, nan}, 1)[0].id, 0u);
}

TEST(Nearest, TheFarthestMakesRoom) {
    Neighbour heap[2];
    std::size_t count = 0;
    add_neighbour(heap, count, {5, 50});
    add_neighbour(heap, count, {9, 90});
    EXPECT_FALSE(belongs(heap, count, 2, 9));
    EXPECT_TRUE(belongs(heap, count, 2, 8.5));
    EXPECT_EQ(replace_farthest(heap, count, {8.5, 85}), 90u);
    EXPECT_EQ(replace_farthest(heap, count, {1, 10}), 85u);
}

}  // namespace
}  // namespace perfkit::distance

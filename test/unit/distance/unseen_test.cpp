#include "perfkit/core/distance/unseen.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

namespace perfkit::distance {

TEST(Unseen, LiesAboutWhereThePointsDo) {
    const std::vector<Point> near{{0, 0}, {4, 2}, {0, 2}, {4, 0}};
    std::mt19937_64 random(1);
    constexpr int count = 20'000;
    double mean[2] = {}, square[2] = {};
    for (int i = 0; i < count; ++i) {
        const Point point = unseen_point(near, random);
        mean[0] += point[0] / count;
        mean[1] += point[1] / count;
        square[0] += (point[0] - 2) * (point[0] - 2) / count;
        square[1] += (point[1] - 1) * (point[1] - 1) / count;
    }
    EXPECT_NEAR(mean[0], 2, 0.1);
    EXPECT_NEAR(mean[1], 1, 0.1);
    // Their variance by n - 1, and 1 / (n - 1) more, since half go one way and half the other.
    EXPECT_NEAR(square[0], 16.0 / 3 * 4 / 3, 0.2);
    EXPECT_NEAR(square[1], 4.0 / 3 * 4 / 3, 0.1);
}

// In many dimensions any two of them are as far from each other: so it is to be from each, and none is what it is made
// of.
TEST(Unseen, IsAsFarFromEachAsTheyAreFromEachOther) {
    constexpr std::size_t dimensions = 400;
    std::mt19937_64 random(3);
    std::normal_distribution<float> normal;
    std::vector<Point> near(8, Point(dimensions));
    for (Point& point : near)
        for (float& x : point) x = normal(random);
    const auto distance = [](const Point& a, const Point& b) {
        double squares = 0;
        for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
        return std::sqrt(squares);
    };
    const double usual = std::sqrt(2.0 * dimensions);
    for (int i = 0; i < 20; ++i) {
        const Point point = unseen_point(near, random);
        for (const Point& one : near) EXPECT_NEAR(distance(point, one) / usual, 1, 0.3);
    }
}

TEST(Unseen, StaysInTheSpaceOfThePointsNear) {
    const std::vector<Point> line{{1, 2, 3}, {2, 4, 6}, {3, 6, 9}, {7, 14, 21}};
    std::mt19937_64 random(1);
    const Point first = unseen_point(line, random), second = unseen_point(line, random);
    EXPECT_NE(first, second);
    for (const Point& point : {first, second}) {
        EXPECT_NEAR(point[1], 2 * point[0], 1e-5);
        EXPECT_NEAR(point[2], 3 * point[0], 1e-5);
    }
}

TEST(Unseen, IsTheSameOnceMore) {
    const std::vector<Point> near{{1, 2}, {3, 5}, {8, 1}};
    std::mt19937_64 random(7), again(7);
    EXPECT_EQ(unseen_point(near, random), unseen_point(near, again));
}

TEST(Unseen, OfOnePointOrOfEqualOnesIsThatPoint) {
    std::mt19937_64 random;
    EXPECT_EQ(unseen_point(std::vector<Point>{{1, -2}}, random), (Point{1, -2}));
    EXPECT_EQ(unseen_point(std::vector<Point>(4, {1, -2}), random), (Point{1, -2}));
}

TEST(Unseen, OfTheLargestNumbersIsFinite) {
    constexpr float most = std::numeric_limits<float>::max();
    const std::vector<Point> near{{most, -most}, {-most, most}, {most, most}};
    std::mt19937_64 random;
    for (int i = 0; i < 100; ++i)
        for (const float x : unseen_point(near, random)) EXPECT_TRUE(std::isfinite(x));
}

TEST(Unseen, LengthIsCommonWhereAllHaveIt) {
    EXPECT_NEAR(common_length(std::vector<Point>{{3, 4}, {5, 0}, {0, -5.01f}}), 5.005, 1e-3);
    EXPECT_EQ(common_length(std::vector<Point>{{3, 4}, {5, 1}}), 0);
    EXPECT_EQ(common_length(std::vector<Point>{{3, 4}, {0, 0}}), 0);
    EXPECT_EQ(common_length({}), 0);
}

TEST(Unseen, IsScaledInItsDirection) {
    Point point{3, 4};
    scale_to(point, 1);
    EXPECT_FLOAT_EQ(point[0], 0.6f);
    EXPECT_FLOAT_EQ(point[1], 0.8f);
    Point none{0, 0};
    scale_to(none, 1);
    EXPECT_EQ(none, (Point{0, 0}));
}

}  // namespace perfkit::distance

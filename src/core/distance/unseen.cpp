#include "perfkit/core/distance/unseen.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace perfkit::distance {

namespace {

double length_of(const Point& point) {
    double squares = 0;
    for (const double x : point) squares += x * x;
    return std::sqrt(squares);
}

float to_float(double x) {
    constexpr double most = std::numeric_limits<float>::max();
    return static_cast<float>(std::clamp(x, -most, most));
}

}  // namespace

// As far from their mean as the points are, towards half of them and away from the others: all count alike, so that the
// outcome is near to none, as it would be if one weighed more.
Point unseen_point(std::span<const Point> near, std::mt19937_64& random) {
    const std::size_t dimensions = near.front().size();
    const auto n = static_cast<double>(near.size());
    std::vector<double> mean(dimensions);
    for (const Point& point : near)
        for (std::size_t i = 0; i < dimensions; ++i) mean[i] += point[i] / n;

    std::vector<std::size_t> order(near.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<double> made = mean;
    double weight = 1 / std::sqrt(std::max(1.0, n - 1));
    for (const std::size_t place : order) {
        for (std::size_t i = 0; i < dimensions; ++i) made[i] += weight * (near[place][i] - mean[i]);
        weight = -weight;
    }
    Point result(dimensions);
    std::transform(made.begin(), made.end(), result.begin(), to_float);
    return result;
}

double common_length(std::span<const Point> points) {
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (const Point& point : points) {
        const double length = length_of(point);
        least = std::min(least, length);
        most = std::max(most, length);
    }
    return !points.empty() && most <= least * 1.01 ? (least + most) / 2 : 0;
}

void scale_to(Point& point, double length) {
    const double now = length_of(point);
    if (!(now > 0)) return;
    for (float& x : point) x = to_float(x * (length / now));
}

}  // namespace perfkit::distance

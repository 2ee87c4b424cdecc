// Queries that no row is, from where rows lie.
#pragma once

#include <random>
#include <span>
#include <vector>

namespace perfkit::distance {

using Point = std::vector<float>;

// Made of points that lie near each other, which are not none and have the same number of elements: about where they
// lie, in the space that their differences span, and as far from each as they are from one another.  Of one point alone
// it is that point.
Point unseen_point(std::span<const Point> near, std::mt19937_64& random);

// The length that all the points have, to a hundredth; else, and where it is none, 0.
double common_length(std::span<const Point> points);

// Makes the point that long, in its direction; one without a direction is left as it is.
void scale_to(Point& point, double length);

}  // namespace perfkit::distance

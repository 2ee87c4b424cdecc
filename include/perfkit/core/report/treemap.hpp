// Squarified treemaps: M. Bruls, K. Huizing, J. van Wijk, "Squarified Treemaps", 2000.
#pragma once

#include <span>
#include <vector>

namespace perfkit::report {

struct Rectangle {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
};

// A rectangle for each size, in their order, of areas in proportion to the sizes; together they fill the frame.  Sizes
// that do not increase make them as square as can be.  What has no size, or none that is finite, gets no area.
std::vector<Rectangle> treemap(std::span<const double> sizes, const Rectangle& frame);

}  // namespace perfkit::report

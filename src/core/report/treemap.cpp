#include "perfkit/core/report/treemap.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace perfkit::report {

namespace {

// The worst ratio of sides of a row of areas that is laid along a side.
double worst_ratio(double sum, double least, double most, double side) {
    if (least <= 0) return std::numeric_limits<double>::infinity();
    const double squared = sum * sum;
    return std::max(side * side * most / squared, squared / (side * side * least));
}

// Lays areas as a row along the shorter side, and takes the row's place off the frame.
void lay(std::span<const double> areas, Rectangle& frame, std::vector<Rectangle>& places) {
    const double sum = std::accumulate(areas.begin(), areas.end(), 0.0);
    const bool upright = frame.width >= frame.height;
    const double side = upright ? frame.height : frame.width;
    const double thickness = side > 0 ? std::min(sum / side, upright ? frame.width : frame.height) : 0;
    double offset = 0;
    for (const double area : areas) {
        const double length = sum > 0 ? side * area / sum : 0;
        places.push_back(upright ? Rectangle{frame.x, frame.y + offset, thickness, length}
                                 : Rectangle{frame.x + offset, frame.y, length, thickness});
        offset += length;
    }
    if (upright) {
        frame.x += thickness;
        frame.width -= thickness;
    } else {
        frame.y += thickness;
        frame.height -= thickness;
    }
}

}  // namespace

std::vector<Rectangle> treemap(std::span<const double> sizes, const Rectangle& frame) {
    std::vector<double> areas(sizes.begin(), sizes.end());
    for (double& area : areas)
        if (!std::isfinite(area) || area < 0) area = 0;
    const double sum = std::accumulate(areas.begin(), areas.end(), 0.0);
    const double scale = sum > 0 && std::isfinite(sum) ? frame.width * frame.height / sum : 0;
    for (double& area : areas) area *= scale;

    std::vector<Rectangle> places;
    places.reserve(areas.size());
    Rectangle rest = frame;
    std::size_t begin = 0;
    while (begin < areas.size()) {
        const double side = std::min(rest.width, rest.height);
        double row_sum = areas[begin], least = areas[begin], most = areas[begin];
        std::size_t end = begin + 1;
        // The row takes in areas as long as its worst rectangle gets no worse.
        while (end < areas.size()) {
            const double wider = row_sum + areas[end];
            const double least_then = std::min(least, areas[end]), most_then = std::max(most, areas[end]);
            if (areas[end] > 0 &&
                worst_ratio(wider, least_then, most_then, side) > worst_ratio(row_sum, least, most, side))
                break;
            row_sum = wider;
            // What has no area changes no ratio.
            if (areas[end] > 0) least = least_then;
            most = most_then;
            ++end;
        }
        lay(std::span(areas).subspan(begin, end - begin), rest, places);
        begin = end;
    }
    return places;
}

}  // namespace perfkit::report

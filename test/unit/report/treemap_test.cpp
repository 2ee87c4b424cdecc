#include "perfkit/core/report/treemap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace perfkit::report {

namespace {

double worst_shape(const std::vector<Rectangle>& places) {
    double worst = 1;
    for (const Rectangle& r : places) worst = std::max({worst, r.width / r.height, r.height / r.width});
    return worst;
}

void expect_fills(const std::vector<double>& sizes, const Rectangle& frame) {
    const auto places = treemap(sizes, frame);
    ASSERT_EQ(places.size(), sizes.size());
    double sum = 0;
    for (const double size : sizes) sum += std::max(size, 0.0);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const Rectangle& r = places[i];
        EXPECT_NEAR(r.width * r.height, frame.width * frame.height * std::max(sizes[i], 0.0) / sum, 1e-6);
        EXPECT_GE(r.x, frame.x - 1e-9);
        EXPECT_GE(r.y, frame.y - 1e-9);
        EXPECT_LE(r.x + r.width, frame.x + frame.width + 1e-6);
        EXPECT_LE(r.y + r.height, frame.y + frame.height + 1e-6);
        for (std::size_t j = 0; j < i; ++j) {
            const Rectangle& o = places[j];
            const double overlap = std::max(0.0, std::min(r.x + r.width, o.x + o.width) - std::max(r.x, o.x)) *
                                   std::max(0.0, std::min(r.y + r.height, o.y + o.height) - std::max(r.y, o.y));
            EXPECT_LT(overlap, 1e-6) << i << " and " << j;
        }
    }
}

}  // namespace

// The example of the paper.
TEST(Treemap, AsInThePaper) {
    const auto places = treemap(std::vector<double>{6, 6, 4, 3, 2, 2, 1}, {0, 0, 6, 4});
    ASSERT_EQ(places.size(), 7u);
    EXPECT_NEAR(places[0].width, 3, 1e-9);
    EXPECT_NEAR(places[0].height, 2, 1e-9);
    EXPECT_NEAR(places[1].y, 2, 1e-9);
    EXPECT_NEAR(places[2].x, 3, 1e-9);
    EXPECT_NEAR(places[2].width, 12.0 / 7, 1e-9);
    EXPECT_NEAR(places[2].height, 7.0 / 3, 1e-9);
    EXPECT_NEAR(places[3].width, 9.0 / 7, 1e-9);
    EXPECT_LT(worst_shape(places), 3);
}

TEST(Treemap, FillsItsFrameWithoutOverlap) {
    expect_fills({5}, {10, 20, 300, 100});
    expect_fills({100, 50, 25, 12, 6, 3, 1, 1, 1}, {0, 0, 1000, 420});
    std::vector<double> sizes;
    for (int i = 60; i > 0; --i) sizes.push_back(std::pow(1.2, i));
    sizes.push_back(1e4);  // the others, at the end whatever their size
    expect_fills(sizes, {0, 0, 360, 520});
}

TEST(Treemap, WhatHasNoSizeHasNoArea) {
    expect_fills({3, 0, 0}, {0, 0, 10, 10});
    const auto none = treemap(std::vector<double>{0, 0}, {0, 0, 10, 10});
    ASSERT_EQ(none.size(), 2u);
    EXPECT_EQ(none[0].width * none[0].height, 0);
    EXPECT_TRUE(treemap(std::vector<double>{}, {0, 0, 1, 1}).empty());
    for (const double odd : {std::nan(""), std::numeric_limits<double>::infinity(), -5.0}) {
        const auto places = treemap(std::vector<double>{2, odd, 1}, {0, 0, 3, 1});
        ASSERT_EQ(places.size(), 3u);
        EXPECT_NEAR(places[0].width * places[0].height, 2, 1e-9);
        EXPECT_NEAR(places[1].width * places[1].height, 0, 1e-9);
        EXPECT_NEAR(places[2].width * places[2].height, 1, 1e-9);
    }
}

}  // namespace perfkit::report

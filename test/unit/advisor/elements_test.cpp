#include "perfkit/core/advisor/elements.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace perfkit {
namespace {

using advisor::element_groups;
using advisor::ElementGroup;
using advisor::ValueSample;

constexpr double endless = std::numeric_limits<double>::infinity();

struct Sum {
    double elements = 0, share = 0;
};

Sum sum_of(const std::vector<ElementGroup>& groups) {
    Sum sum;
    for (const ElementGroup& group : groups) {
        sum.elements += group.elements;
        sum.share += group.elements * group.share;
    }
    return sum;
}

// A hundred values, each for a hundredth of the rows.
std::vector<ValueSample> hundred(std::string (*second)(int)) {
    std::vector<ValueSample> values;
    for (int i = 0; i < 100; ++i) values.push_back({0.01, false, {"everywhere", second(i)}});
    return values;
}

TEST(Elements, WhatEveryValueHasIsOneElementOfAllRows) {
    const auto groups = element_groups(hundred([](int) { return std::string("too"); }), 1e6, endless, true);
    ASSERT_EQ(groups.size(), 2U);
    for (const ElementGroup& group : groups) {
        EXPECT_EQ(group.elements, 1);
        EXPECT_NEAR(group.share, 1, 1e-9);
    }
}

TEST(Elements, WhatIsNeverSeenTwiceIsDifferentInEveryRow) {
    const auto values = hundred([](int i) { return std::to_string(i); });
    EXPECT_NEAR(sum_of(element_groups(values, 50000, endless, true)).elements, 50001, 1);
    EXPECT_NEAR(sum_of(element_groups(values, 50000, endless, true)).share, 2, 1e-9);
    EXPECT_NEAR(sum_of(element_groups(values, 50000, 2000, true)).elements, 2001, 1);
}

TEST(Elements, WhatIsSeenTwiceNowAndThenIsOfSoMany) {
    // 20 of 100 draws meet another: as of about 250 different ones.
    const auto values = hundred([](int i) { return std::to_string(i < 20 ? i / 2 : i); });
    const Sum sum = sum_of(element_groups(values, 1e6, endless, true));
    EXPECT_GT(sum.elements, 200);
    EXPECT_LT(sum.elements, 700);
    EXPECT_NEAR(sum.share, 2, 1e-9);
}

TEST(Elements, ACommonValueStandsForItselfAlone) {
    const std::vector<ValueSample> values{{0.7, true, {"a", "b"}}, {0.2, true, {"a", "c", "c"}}};
    const auto groups = element_groups(values, 1e6, endless, false);
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_NEAR(groups[0].share, 0.9, 1e-9);
    EXPECT_NEAR(groups[1].share, 0.7, 1e-9);
    EXPECT_NEAR(groups[2].share, 0.2, 1e-9);
    EXPECT_TRUE(element_groups({}, 10, endless, true).empty());
}

}  // namespace
}  // namespace perfkit

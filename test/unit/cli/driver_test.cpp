#include "driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace perfkit::cli {

TEST(Driver, ArrivalsAreAPoissonProcess) {
    const auto times = arrival_times(100, 100, 42);
    EXPECT_NEAR(static_cast<double>(times.size()), 10'000, 300);  // three standard deviations
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    EXPECT_GE(times.front(), 0);
    EXPECT_LT(times.back(), 100);
    // Gaps longer than the mean have a share of 1/e; evenly spaced ones would have none.
    int longer = 0;
    for (std::size_t i = 1; i < times.size(); ++i) longer += times[i] - times[i - 1] > 0.01;
    EXPECT_NEAR(longer / static_cast<double>(times.size()), std::exp(-1), 0.02);
}

TEST(Driver, ArrivalsDependOnTheSeedAlone) {
    EXPECT_EQ(arrival_times(10, 10, 1), arrival_times(10, 10, 1));
    EXPECT_NE(arrival_times(10, 10, 1), arrival_times(10, 10, 2));
    // A longer run begins like a shorter one.
    const auto longer = arrival_times(10, 20, 1);
    const auto shorter = arrival_times(10, 10, 1);
    EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

}  // namespace perfkit::cli

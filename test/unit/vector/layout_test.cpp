#include "perfkit/core/vector/layout.hpp"

#include <gtest/gtest.h>

namespace perfkit::vectors {

TEST(VectorLayout, HnswGrowsWithRowsAndDimensions) {
    const auto pages = [](double rows, int dimensions, int m = 16) {
        return hnsw_pages(rows, value_bytes(Type::vector, dimensions), {m, 64});
    };
    EXPECT_EQ(pages(0, 3), 2);
    EXPECT_NEAR(pages(1e6, 128) / pages(1e5, 128), 10, 0.1);
    EXPECT_LT(pages(1e5, 128), pages(1e5, 129) + 1);
    EXPECT_LT(pages(1e5, 128, 8), pages(1e5, 128));
    // An element of 768 dimensions has 3152 bytes, its neighbours 200: two fit on a page.
    EXPECT_NEAR(pages(1e5, 768), 5e4, 500);
    // One that leaves no room for its neighbours takes two pages.
    EXPECT_NEAR(pages(1e4, 2000), 2e4, 10);
}

TEST(VectorLayout, IvfflatHoldsTheValuesAndAList) {
    const std::size_t value = value_bytes(Type::vector, 768);
    // Two entries of 3088 bytes on a page, and half a page for each list's last.
    EXPECT_NEAR(ivfflat_pages(1e5, value, 100), 5e4 + 100 * 0.5 + 50 + 1, 10);
    EXPECT_NEAR(ivfflat_pages(0, value, 100), 151, 1);
    EXPECT_GT(ivfflat_pages(1000, value, 1000), 1000 + 500);
}

TEST(VectorLayout, MemoryOfABuild) {
    const std::size_t value = value_bytes(Type::vector, 768);
    const double alone = hnsw_build_bytes(1e5, value, {}, false, 8);
    EXPECT_GT(alone, 1e5 * 3800);
    EXPECT_LT(alone, 1e5 * 3900);
    EXPECT_LT(alone, hnsw_build_bytes(1e5, value, {}, false, 24));
    EXPECT_NEAR(hnsw_build_bytes(1e5, value, {}, true, 8) / alone, 1, 0.02);
    // Elkan's lower bounds: 50,000 samples by 1,000 lists.
    EXPECT_NEAR(ivfflat_build_bytes(1e6, value, 768, 1000), 4.0 * 50'000 * 1'000 + 50'000 * 3080, 20e6);
}

TEST(VectorLayout, ListsFollowTheRows) {
    EXPECT_EQ(fitting_lists(0), 1);
    EXPECT_EQ(fitting_lists(100'000), 100);
    EXPECT_EQ(fitting_lists(1e6), 1000);
    EXPECT_EQ(fitting_lists(4e6), 2000);
    EXPECT_EQ(fitting_lists(1e12), most_lists);
    EXPECT_EQ(fitting_probes(100), 10);
    EXPECT_EQ(fitting_probes(1), 1);
}

}  // namespace perfkit::vectors

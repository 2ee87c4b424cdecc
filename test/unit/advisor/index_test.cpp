#include "perfkit/core/advisor/index.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace perfkit {
namespace {

using advisor::covers;
using advisor::IndexKey;
using advisor::IndexSpec;
using advisor::Method;
using advisor::Predicate;

using advisor::united;

IndexSpec btree(std::vector<IndexKey> keys, std::vector<int> include = {}) {
    return {1, Method::btree, std::move(keys), std::move(include), {}};
}

TEST(United, TakesTheLongerKeysAndWhatEitherIncludes) {
    const IndexSpec a = btree({{1}}, {4, 7}), b = btree({{1}}, {3, 5});
    EXPECT_EQ(united(a, b), btree({{1}}, {3, 4, 5, 7}));
    EXPECT_EQ(united(b, a), united(a, b));
    EXPECT_EQ(united(btree({{1}}, {2, 9}), btree({{1}, {2}}, {8})), btree({{1}, {2}}, {8, 9}));
    EXPECT_EQ(united(btree({{1}, {2}}, {8}), btree({{1}}, {2, 9})), btree({{1}, {2}}, {8, 9}));
    EXPECT_EQ(united(a, btree({{1}, {2}, {4}, {7}})), btree({{1}, {2}, {4}, {7}}));
}

TEST(United, CoversBoth) {
    const std::vector<IndexSpec> some{btree({{1}}, {2}),
                                      btree({{1}, {2, 0, true, true}}, {3}),
                                      btree({{1, 0, true, true}}, {4}),
                                      btree({{1, 0, true, true}, {2}}, {5}),
                                      btree({{1, 0, true}}, {6}),
                                      btree({{2}}, {1})};
    int found = 0;
    for (const IndexSpec& a : some)
        for (const IndexSpec& b : some)
            if (const auto both = united(a, b)) {
                ++found;
                EXPECT_TRUE(covers(*both, a));
                EXPECT_TRUE(covers(*both, b));
            }
    // Each with itself; 0, 1, 2 and 3 by direction or its mirror, but for 0 with 4, which sorts nulls elsewhere, and
    // 1 with 3: neither's order is the other's, nor its mirror.
    EXPECT_EQ(found, 6 + 2 * 6);
}

TEST(United, OnlyOfOneKind) {
    const IndexSpec a = btree({{1}}, {4});
    EXPECT_EQ(united(a, btree({{2}, {1}}, {3})), std::nullopt);
    EXPECT_EQ(united(a, btree({{1, 77}}, {3})), std::nullopt);
    EXPECT_EQ(united(a, {2, Method::btree, {{1}}, {3}, {}}), std::nullopt);
    EXPECT_EQ(united({1, Method::hash, {{1}}, {}, {}}, {1, Method::hash, {{1}}, {}, {}}), std::nullopt);
    EXPECT_EQ(united(a, {1, Method::btree, {{1}}, {3}, Predicate{5, advisor::Test::is_null}}), std::nullopt);
    std::vector<int> many, more;
    for (int i = 2; i <= 17; ++i) many.push_back(i), more.push_back(i + 16);
    EXPECT_EQ(united(btree({{1}}, many), btree({{1}}, more)), std::nullopt);
    more.pop_back();
    EXPECT_TRUE(united(btree({{1}}, many), btree({{1}}, more)));
}

}  // namespace
}  // namespace perfkit

#include "perfkit/core/advisor/size.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace perfkit {
namespace {

using advisor::ColumnFacts;
using advisor::ElementGroup;
using advisor::IndexSize;
using advisor::Method;
using advisor::size_of;
using advisor::TableFacts;

IndexSize gin_of(double rows, double pages, double key_bytes, std::vector<ElementGroup> groups, double nulls = 0) {
    TableFacts table;
    table.rows = rows;
    table.pages = pages;
    ColumnFacts column;
    column.null_fraction = nulls;
    column.elements.push_back({7, key_bytes, std::move(groups)});
    table.columns.emplace(1, column);
    return size_of({0, Method::gin, {{1, 7}}, {}, {}}, table);
}

// Beside what PostgreSQL 15 built.
TEST(GinSize, OfElementsThatManyRowsHave) {
    const IndexSize size = gin_of(100000, 834, 7, {{1, 1}, {2, 0.5}});
    EXPECT_NEAR(size.pages, 32, 2);
    EXPECT_DOUBLE_EQ(size.elements, 2);
}

TEST(GinSize, OfElementsThatOneRowHas) { EXPECT_NEAR(gin_of(100000, 637, 8, {{100000, 1e-5}}).pages, 685, 20); }

TEST(GinSize, GrowsWithRowsKeysAndNulls) {
    const auto pages = [](double keys, double nulls = 0) {
        return gin_of(1e6, 10000, 8, {{keys, 1 / keys}}, nulls).pages;
    };
    EXPECT_LT(pages(10), pages(100000));
    EXPECT_LT(pages(100000), pages(1000000));
    EXPECT_LT(pages(10) + 30, pages(10, 0.5));
    EXPECT_GE(gin_of(0, 0, 8, {}).pages, 2);
}

}  // namespace
}  // namespace perfkit

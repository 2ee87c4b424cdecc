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

TEST(BrinSize, RangesGrowWithTheTable) {
    TableFacts table;
    table.columns.emplace(1, ColumnFacts{});
    table.columns[1].width = 8;
    const auto best = [&](double pages) {
        table.pages = pages;
        return advisor::best_pages_per_range(1, table);
    };
    EXPECT_EQ(best(0), 4);
    EXPECT_EQ(best(20'000), 8);
    EXPECT_EQ(best(1e6), 64);
    EXPECT_EQ(best(1e8), 512);
    EXPECT_EQ(best(8e9), 4096);
}

// Beside what PostgreSQL 15 built: of 4096 pages, by 1 and by 128.
TEST(BrinSize, OfOneKeyOfEightBytes) {
    TableFacts table;
    table.rows = 200'000;
    table.pages = 4096;
    table.columns.emplace(1, ColumnFacts{});
    table.columns[1].width = 8;
    const auto pages = [&](int range) { return size_of({0, Method::brin, {{1}}, {}, {}, range}, table).pages; };
    EXPECT_EQ(pages(1), 20);
    EXPECT_EQ(pages(0), 3);
    EXPECT_EQ(pages(128), pages(0));
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

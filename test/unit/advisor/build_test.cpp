#include "perfkit/core/advisor/build.hpp"

#include <gtest/gtest.h>

namespace perfkit::advisor {

namespace {

constexpr double mb = 1024 * 1024;

// Three million rows of an int: entries of 16 bytes and a line pointer.
BuildForecast build(Method method, bool concurrent, double memory, bool parallel = false) {
    IndexSpec spec;
    spec.method = method;
    IndexSize size;
    size.entries = 3e6;
    size.pages = 8200;
    size.entry_bytes = 20;
    TableFacts table;
    table.pages = 20000;
    return forecast_build(spec, size, table, {concurrent, parallel, memory});
}

}  // namespace

TEST(Build, ReadsTheTableTwiceWhereOthersWrite) {
    EXPECT_EQ(build(Method::btree, false, 64 * mb).read_bytes, 20000 * 8192.0);
    EXPECT_EQ(build(Method::btree, true, 64 * mb).read_bytes, 2 * 20000 * 8192.0);
}

TEST(Build, SortsOnTapesWhatDoesNotFit) {
    EXPECT_EQ(build(Method::btree, true, 64 * mb).temp_bytes, 3e6 * 20);
    EXPECT_EQ(build(Method::btree, true, 1024 * mb).temp_bytes, 0);
    // The row pointers alone need less.
    EXPECT_EQ(build(Method::btree, true, 100 * mb).temp_bytes, 3e6 * 20);
    // Workers use files in any case.
    EXPECT_EQ(build(Method::btree, true, 1024 * mb, true).temp_bytes, 3e6 * 20);
    EXPECT_EQ(build(Method::hash, true, 1024 * mb, true).temp_bytes, 0);
    EXPECT_EQ(build(Method::gin, true, 64 * mb).temp_bytes, 3e6 * 12);
    EXPECT_EQ(build(Method::gin, false, 64 * mb).temp_bytes, 0);
    EXPECT_EQ(build(Method::brin, true, 1 * mb).temp_bytes, 0);
}

TEST(Build, LogsTheIndex) { EXPECT_EQ(build(Method::btree, true, 64 * mb).wal_bytes, 8200 * 8192.0); }

}  // namespace perfkit::advisor

#include "perfkit/core/workload/recent.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace perfkit::workload {

namespace {

using Table = Recent<int, int, 4>;

// All in one set, unless told.  What was found.
bool look_up(Table& table, int key, std::uint64_t hash = 0) {
    if (table.find(key, hash) != nullptr) return true;
    Table::Place& place = table.make_place(hash);
    place.key = key;
    place.value = 10 * key;
    return false;
}

}  // namespace

TEST(WorkloadRecent, KeepsFourOfASet) {
    Table table;
    for (int key = 0; key < 4; ++key) EXPECT_FALSE(look_up(table, key));
    for (int key = 0; key < 4; ++key) {
        auto* const place = table.find(key, 0);
        ASSERT_NE(place, nullptr);
        EXPECT_EQ(place->value, 10 * key);
    }
    EXPECT_EQ(table.find(1, 1), nullptr) << "another set";
}

TEST(WorkloadRecent, RareOnesDoNotDriveOutBusyOnes) {
    Table table;
    int missed = 0;
    for (int round = 0; round < 1000; ++round) {
        for (int busy = 0; busy < 3; ++busy) missed += look_up(table, busy) ? 0 : 1;
        look_up(table, 1000 + round);
    }
    EXPECT_EQ(missed, 3);
}

TEST(WorkloadRecent, MoreBusyOnesThanPlacesKeepThree) {
    Table table;
    int missed = 0;
    for (int round = 0; round < 1000; ++round)
        for (int busy = 0; busy < 5; ++busy) missed += look_up(table, busy) ? 0 : 1;
    EXPECT_LT(missed, 2100);
}

TEST(WorkloadRecent, WhatWasBusyOnceGoes) {
    Table table;
    for (int i = 0; i < 3'000'000; ++i) look_up(table, 1);
    for (int round = 0; round < 1000; ++round)
        for (int key = 2; key < 7; ++key) look_up(table, key);
    EXPECT_EQ(table.find(1, 0), nullptr);
}

TEST(WorkloadRecent, CountsUsesTogetherUpToALimit) {
    Table table;
    for (int key = 0; key < 2; ++key) look_up(table, key, static_cast<std::uint64_t>(key));
    Table::use(*table.find(1, 1), 5);
    EXPECT_EQ(table.least_used()->key, 0);
    Table::use(*table.find(0, 0), ~0u);
    EXPECT_EQ(table.least_used()->key, 1);
    Table::use(*table.find(1, 1), ~0u);
    Table::use(*table.find(1, 1), ~0u);
    EXPECT_EQ(table.find(1, 1)->uses, table.find(0, 0)->uses);
}

TEST(WorkloadRecent, TellsWhichIsUsedLeast) {
    Table table;
    EXPECT_EQ(table.least_used(), nullptr);
    for (int key = 0; key < 4; ++key)
        for (int uses = 0; uses <= (key + 2) % 4; ++uses) look_up(table, key, static_cast<std::uint64_t>(key));
    ASSERT_NE(table.least_used(), nullptr);
    EXPECT_EQ(table.least_used()->key, 2);
    table.clear();
    EXPECT_EQ(table.least_used(), nullptr);
}

}  // namespace perfkit::workload

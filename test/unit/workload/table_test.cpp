#include "perfkit/core/workload/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>

namespace perfkit::workload {

namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Free>;

Memory memory_for(std::uint32_t capacity) {
    return Memory(std::aligned_alloc(64, (Table::bytes(capacity) + 63) / 64 * 64));
}

Event event_of(std::int64_t queryid, std::uint64_t ns = 1000, Kind kind = Kind::success) {
    Event event;
    event.key = {queryid, 1, 2, 1};
    event.when = 100;
    event.nanoseconds = ns;
    event.kind = kind;
    return event;
}

}  // namespace

TEST(WorkloadTiming, MatchesTheTwoPassFormulas) {
    std::mt19937_64 random(5);
    std::lognormal_distribution<double> duration(12, 1.5);
    std::vector<double> all;
    Timing timing, half;
    for (int i = 0; i < 10'000; ++i) {
        const auto ns = static_cast<std::uint64_t>(duration(random));
        all.push_back(static_cast<double>(ns));
        (i % 3 == 0 ? half : timing).add(ns);
    }
    timing.merge(half);
    timing.merge(Timing{});
    double sum = 0, squares = 0;
    for (const double ns : all) sum += ns;
    const double mean = sum / static_cast<double>(all.size());
    for (const double ns : all) squares += (ns - mean) * (ns - mean);
    EXPECT_EQ(timing.count, all.size());
    EXPECT_DOUBLE_EQ(timing.mean(), mean);
    EXPECT_NEAR(timing.deviation() / std::sqrt(squares / static_cast<double>(all.size())), 1, 1e-9);
    EXPECT_EQ(static_cast<double>(timing.min), *std::min_element(all.begin(), all.end()));
    EXPECT_EQ(static_cast<double>(timing.max), *std::max_element(all.begin(), all.end()));
}

TEST(WorkloadTable, KindsHaveColumnsOfTheirOwn) {
    const Memory memory = memory_for(10);
    Table& table = *Table::create(memory.get(), 10);
    table.add(event_of(7, 100, Kind::plan));
    table.add(event_of(7, 2000));
    table.add(event_of(7, 30, Kind::failure));
    table.add(event_of(7, 4, Kind::cancel));
    const Entry* entry = table.find(event_of(7).key);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->counters.planning.total, 100u);
    EXPECT_EQ(entry->counters.execution.count, 1u);
    EXPECT_EQ(entry->counters.execution.total, 2000u);
    EXPECT_EQ(entry->counters.failures, 1u);
    EXPECT_EQ(entry->counters.cancels, 1u);
    EXPECT_EQ(entry->counters.lost_time, 34u);
    EXPECT_EQ(entry->latency.total(), 1u);
    EXPECT_EQ(table.find(event_of(8).key), nullptr);
}

TEST(WorkloadTable, FieldsGoToTheirPlaces) {
    const Memory memory = memory_for(1);
    Table& table = *Table::create(memory.get(), 1);
    Event event = event_of(1);
    event.rows = 3;
    event.set(Field::shared_hit, 11);
    event.set(Field::temp_written, 12);
    event.set(Field::wal_bytes, 13);
    table.add(event);
    table.add(event);
    const Counters& counters = table.find(event.key)->counters;
    EXPECT_EQ(counters.rows, 6u);
    for (std::size_t i = 0; i < field_count; ++i) {
        const auto field = static_cast<Field>(i);
        const std::uint64_t expected = field == Field::shared_hit     ? 22
                                       : field == Field::temp_written ? 24
                                       : field == Field::wal_bytes    ? 26
                                                                      : 0;
        EXPECT_EQ(counters[field], expected) << i;
    }
}

TEST(WorkloadTable, AllPartsOfTheKeyTellEntriesApart) {
    const Memory memory = memory_for(16);
    Table& table = *Table::create(memory.get(), 16);
    for (const Key& key : {Key{1, 1, 1, 1}, Key{2, 1, 1, 1}, Key{1, 2, 1, 1}, Key{1, 1, 2, 1}, Key{1, 1, 1, 0}}) {
        Event event = event_of(1);
        event.key = key;
        table.add(event);
    }
    EXPECT_EQ(table.size(), 5u);
    EXPECT_EQ(table.total(true).counters.execution.count, 4u);
    EXPECT_EQ(table.total(false).counters.execution.count, 1u);
}

TEST(WorkloadTable, KeepsTheBusyOnesAndTheTotals) {
    constexpr std::uint32_t capacity = 100;
    const Memory memory = memory_for(capacity);
    Table& table = *Table::create(memory.get(), capacity);
    for (int round = 0; round < 50; ++round)
        for (std::int64_t busy = 1; busy <= 50; ++busy) table.add(event_of(busy));
    for (std::int64_t once = 1000; once < 3000; ++once) table.add(event_of(once));
    for (std::int64_t busy = 1; busy <= 50; ++busy) EXPECT_NE(table.find(event_of(busy).key), nullptr) << busy;
    EXPECT_LE(table.size(), capacity);
    EXPECT_EQ(table.evictions() + table.size(), 50u + 2000u);
    EXPECT_EQ(table.total(true).latency.total(), 50u * 50u + 2000u);
}

TEST(WorkloadTable, OneEntryIsEnough) {
    const Memory memory = memory_for(1);
    Table& table = *Table::create(memory.get(), 1);
    for (std::int64_t id = 0; id < 10; ++id) table.add(event_of(id));
    EXPECT_EQ(table.size(), 1u);
    EXPECT_NE(table.find(event_of(9).key), nullptr);
    EXPECT_EQ(table.evictions(), 9u);
}

// Against a map, through insertions, removals, evictions and merges.
TEST(WorkloadTable, AgreesWithAMap) {
    constexpr std::uint32_t capacity = 61;
    const Memory memory = memory_for(capacity), other_memory = memory_for(capacity);
    Table& table = *Table::create(memory.get(), capacity);
    std::map<std::int64_t, std::uint64_t> calls;
    std::mt19937_64 random(9);
    for (int step = 0; step < 20'000; ++step) {
        const auto id = static_cast<std::int64_t>(random() % 55);
        switch (random() % 20) {
            case 0:
                EXPECT_EQ(table.remove_if([&](const Entry& entry) { return entry.key.queryid == id; }),
                          calls.erase(id));
                break;
            case 1: {
                Table& other = *Table::create(other_memory.get(), capacity);
                for (std::int64_t more = id; more < id + 3; ++more) {
                    other.add(event_of(more % 55));
                    ++calls[more % 55];
                }
                table.merge(other);
                break;
            }
            default:
                table.add(event_of(id));
                ++calls[id];
        }
        ASSERT_EQ(table.size(), calls.size());
    }
    for (const auto& [id, count] : calls) EXPECT_EQ(table.find(event_of(id).key)->counters.execution.count, count);
    table.clear();
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(table.find(event_of(1).key), nullptr);
    EXPECT_EQ(table.total(true).counters.execution.count, 0u);
}

TEST(WorkloadCounters, SeenSpansBothSides) {
    Counters one, two;
    Event event = event_of(1);
    event.when = 50;
    one.add(event);
    event.when = 20;
    two.add(event);
    event.when = 70;
    two.add(event);
    Counters none;
    none.merge(one);
    EXPECT_EQ(none.first_seen, 50);
    one.merge(two);
    EXPECT_EQ(one.first_seen, 20);
    EXPECT_EQ(one.last_seen, 70);
}

}  // namespace perfkit::workload

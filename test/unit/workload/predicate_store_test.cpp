#include "perfkit/core/workload/predicate_store.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::workload {

namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

class WorkloadPredicateStore : public ::testing::Test {
protected:
    static constexpr std::uint32_t places = 4;
    // The exact size, so that the sanitizer sees what goes beyond.
    std::unique_ptr<void, Free> memory_{std::malloc(PredicateStore::bytes(places))};
    PredicateStore& store_ = *PredicateStore::create(memory_.get(), places);

    static PredicateKey key(std::uint64_t hash, PredicateKind kind = PredicateKind::filter) {
        return {hash, 1, 2, kind, 0};
    }
    static Key statement(std::int64_t queryid) { return {queryid, 1, 2, 1}; }
    bool note(std::uint64_t hash, const PredicateSeen& seen = {1, 1, 1, -1}, std::int64_t queryid = 1) {
        return store_.note(key(hash), {}, seen, statement(queryid), ++when_);
    }
    struct Found {
        PredicateEntry entry;
        std::string text;
    };
    std::vector<Found> all() const {
        std::vector<Found> result;
        store_.for_each([&](const PredicateEntry& entry, std::string_view text) {
            result.push_back({entry, std::string(text)});
        });
        return result;
    }
    std::map<std::uint64_t, std::uint64_t> executions() const {
        std::map<std::uint64_t, std::uint64_t> result;
        for (const Found& found : all()) result[found.entry.key.hash] = found.entry.executions;
        return result;
    }
    std::int64_t when_ = 0;
};

}  // namespace

TEST_F(WorkloadPredicateStore, AddsUp) {
    PredicateParts parts;
    parts.add_column(5, 1);
    parts.add_column(5, 2);
    parts.add_column(5, 1);
    for (std::uint32_t i = 0; i < 20; ++i) parts.add_operator(i);
    for (std::uint32_t i = 0; i < 20; ++i) parts.add_clause({static_cast<std::int32_t>(i), 7});
    EXPECT_TRUE(store_.note(key(7), parts, {1, 100, 10, 20}, statement(1), 50));
    EXPECT_TRUE(store_.note(key(7), parts, {2, 50, 0, 0.5}, statement(2), 40)) << "as long as there is no text";
    store_.keep(key(7), "(a = ?)", false);
    EXPECT_FALSE(store_.note(key(7), parts, {3, 1, 1, -1}, statement(1), 60));
    ASSERT_EQ(all().size(), 1u);
    const Found found = all()[0];
    EXPECT_EQ(found.text, "(a = ?)");
    const PredicateEntry& entry = found.entry;
    EXPECT_EQ(entry.executions, 3u);
    EXPECT_EQ(entry.loops, 6);
    EXPECT_EQ(entry.rows_in, 151);
    EXPECT_EQ(entry.rows_out, 11);
    EXPECT_EQ(entry.compared, 2u);
    EXPECT_EQ(entry.estimated, 20.5);
    EXPECT_EQ(entry.actual, 10);
    EXPECT_EQ(entry.least_ratio, 1) << "none and half a row are a row";
    EXPECT_EQ(entry.greatest_ratio, 2);
    EXPECT_EQ(entry.first_seen, 50);
    EXPECT_EQ(entry.last_seen, 60);
    EXPECT_EQ(entry.parts.column_count, 2u);
    EXPECT_EQ(entry.parts.operator_count, PredicateParts::most);
    EXPECT_EQ(entry.parts.clause_count, 20u) << "so that a reader knows that some are not there";
    EXPECT_EQ(entry.parts.clauses.back().column, 7);
    ASSERT_EQ(entry.statement_count, 2u);
    EXPECT_EQ(entry.statements[0].queryid, 1) << "the latest";
    EXPECT_EQ(entry.statements[1].queryid, 2);
}

TEST_F(WorkloadPredicateStore, LatestComparisons) {
    const auto compare = [this](double estimate) { note(1, {1, 1, 2 * estimate, estimate}); };
    const auto nth = [this](std::size_t i) { return all()[0].entry.recent[i % PredicateEntry::most_recent]; };
    compare(5);
    note(1, {1, 1, 1, -1});
    compare(6);
    EXPECT_EQ(nth(0).estimated, 5);
    EXPECT_EQ(nth(0).when, 1);
    EXPECT_EQ(nth(1).estimated, 6);
    EXPECT_EQ(nth(1).actual, 12);
    EXPECT_EQ(nth(1).when, 3) << "what is not compared does not count";
    for (int i = 2; i < 20; ++i) compare(i);
    for (std::size_t i = 12; i < 20; ++i) EXPECT_EQ(nth(i).estimated, i);
}

TEST_F(WorkloadPredicateStore, KeysDiffer) {
    PredicateKey keys[] = {key(1), key(2), key(1, PredicateKind::join), key(1)};
    keys[3].database = 9;
    for (const PredicateKey& each : keys) store_.note(each, {}, {1, -1, 5, -1}, statement(1), 1);
    EXPECT_EQ(store_.size(), 4u);
    EXPECT_EQ(store_.evictions(), 0u);
    for (const Found& found : all()) {
        EXPECT_EQ(found.entry.executions, 1u);
        EXPECT_LT(found.entry.rows_in, 0) << "not known";
    }
}

TEST_F(WorkloadPredicateStore, WhatIsUsedLeastMakesRoom) {
    for (const std::uint64_t hash : {1, 1, 1, 2, 2, 3, 3, 4}) note(hash);
    note(5);  // 4 goes
    EXPECT_EQ(executions(), (std::map<std::uint64_t, std::uint64_t>{{1, 3}, {2, 2}, {3, 2}, {5, 1}}));
    note(6);  // the oldest of those with two
    EXPECT_EQ(executions(), (std::map<std::uint64_t, std::uint64_t>{{1, 3}, {3, 2}, {5, 1}, {6, 1}}));
    store_.keep(key(2), "gone", false);
    for (const Found& found : all()) EXPECT_EQ(found.text, "");
    EXPECT_EQ(store_.evictions(), 2u);
}

TEST_F(WorkloadPredicateStore, OldFameFades) {
    for (int i = 0; i < 1000; ++i) note(1);
    for (int i = 0; i < 5000; ++i) note(2 + static_cast<std::uint64_t>(i % 6));
    EXPECT_EQ(executions().count(1), 0u);
}

TEST_F(WorkloadPredicateStore, Statements) {
    for (std::int64_t i = 1; i <= 20; ++i) note(1, {1, 1, 1, -1}, i);
    note(1, {1, 1, 1, -1}, 15);
    note(2, {1, 1, 1, -1}, 99);
    for (const Found& found : all()) {
        if (found.entry.key.hash != 1) continue;
        std::vector<std::int64_t> ids;
        for (std::uint32_t i = 0; i < found.entry.statement_count; ++i)
            ids.push_back(found.entry.statements[i].queryid);
        EXPECT_EQ(ids, (std::vector<std::int64_t>{15, 20, 19, 18, 17, 16, 14, 13}));
    }
    store_.remove_if([](const Key& each) { return each.queryid == 99 || each.queryid == 20; });
    EXPECT_EQ(store_.size(), 1u);
    EXPECT_EQ(all()[0].entry.statement_count, 7u);
    store_.remove_if([](const Key&) { return true; });
    EXPECT_EQ(store_.size(), 0u);
}

TEST_F(WorkloadPredicateStore, LongTextsAreCut) {
    note(1);
    store_.keep(key(1), std::string(PredicateStore::longest_text + 1, 'x'), true);
    EXPECT_EQ(all()[0].text, std::string(PredicateStore::longest_text, 'x'));
    EXPECT_EQ(all()[0].entry.truncated, 1u);
}

TEST_F(WorkloadPredicateStore, StaysWhole) {
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        note(1 + random() % 10, {1, static_cast<double>(random() % 100), 1, -1},
             static_cast<std::int64_t>(random() % 20));
        if (random() % 50 == 0) store_.remove_if([&](const Key& each) { return each.queryid % 3 == 0; });
        ASSERT_LE(store_.size(), places);
        ASSERT_EQ(executions().size(), store_.size()) << "each once";
        for (const Found& found : all()) ASSERT_GE(found.entry.statement_count, 1u);
    }
}

}  // namespace perfkit::workload

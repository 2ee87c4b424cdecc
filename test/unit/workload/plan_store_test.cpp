#include "perfkit/core/workload/plan_store.hpp"

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

class WorkloadPlanStore : public ::testing::Test {
protected:
    static constexpr std::uint32_t places = 4, length = 64;
    // The exact size, so that the sanitizer sees what goes beyond.
    std::unique_ptr<void, Free> memory_{std::malloc(PlanStore::bytes(places, length))};
    PlanStore& store_ = *PlanStore::create(memory_.get(), places, length);

    static Key key(std::int64_t queryid) { return {queryid, 1, 2, 1}; }
    void keep(std::int64_t queryid, std::int64_t shape, const std::string& json, bool actual = false) {
        store_.keep(key(queryid), shape, {"outline " + std::to_string(shape), json, 5, actual, false});
    }
    struct Found {
        PlanEntry entry;
        std::string outline, json;
    };
    std::vector<Found> all() const {
        std::vector<Found> result;
        store_.for_each([&](const PlanEntry& entry, std::string_view outline, std::string_view json) {
            result.push_back({entry, std::string(outline), std::string(json)});
        });
        return result;
    }
    Found only() const {
        EXPECT_EQ(all().size(), 1u);
        return all().at(0);
    }
};

}  // namespace

TEST_F(WorkloadPlanStore, CountsAndKeepsTheSlowest) {
    EXPECT_TRUE(store_.note(key(1), 10, 100, 1000, false));
    EXPECT_TRUE(store_.note(key(1), 10, 50, 2000, false)) << "as long as there is none";
    store_.keep(key(1), 10, {"o", "{}", 50, false, true});
    EXPECT_FALSE(store_.note(key(1), 10, 56, 3000, false)) << "not for a little";
    EXPECT_TRUE(store_.note(key(1), 10, 57, 4000, false));
    store_.keep(key(1), 10, {"o", "{1}", 57, false, true});
    EXPECT_TRUE(store_.note(key(1), 10, 1, 5000, true)) << "actual rows are worth more";
    store_.keep(key(1), 10, {"o", "{2}", 1, true, false});
    EXPECT_FALSE(store_.note(key(1), 10, 1000, 6000, false)) << "and stay";
    const Found found = only();
    EXPECT_EQ(found.json, "{2}");
    EXPECT_EQ(found.outline, "o");
    EXPECT_EQ(found.entry.executions, 6u);
    EXPECT_EQ(found.entry.min, 1u);
    EXPECT_EQ(found.entry.max, 1000u);
    EXPECT_EQ(found.entry.total, 100u + 50 + 56 + 57 + 1 + 1000);
    EXPECT_EQ(found.entry.first_seen, 1000);
    EXPECT_EQ(found.entry.last_seen, 6000);
    EXPECT_EQ(found.entry.changes, 0u);
    EXPECT_EQ(found.entry.actual, 1u);
    EXPECT_EQ(found.entry.redacted, 0u);
}

TEST_F(WorkloadPlanStore, SeesChanges) {
    const std::int64_t shapes[] = {10, 10, 11, 10, 11, 11};
    std::int64_t when = 0;
    for (const std::int64_t shape : shapes) store_.note(key(1), shape, 1, ++when, false);
    store_.note(key(2), 10, 1, ++when, false);  // another statement
    std::map<std::int64_t, PlanEntry> of;
    for (const Found& found : all())
        if (found.entry.key == key(1)) of[found.entry.shape] = found.entry;
    ASSERT_EQ(of.size(), 2u);
    EXPECT_EQ(of[10].changes, 1u);
    EXPECT_EQ(of[10].previous_shape, 11);
    EXPECT_EQ(of[10].changed, 4);
    EXPECT_EQ(of[10].current, 0u);
    EXPECT_EQ(of[11].changes, 2u);
    EXPECT_EQ(of[11].previous_shape, 10);
    EXPECT_EQ(of[11].changed, 5);
    EXPECT_EQ(of[11].current, 1u);
    EXPECT_EQ(of[11].executions, 3u);
}

TEST_F(WorkloadPlanStore, OldestMakesRoom) {
    for (std::int64_t i = 1; i <= 4; ++i) store_.note(key(i), 1, 1, i, false);
    store_.note(key(1), 1, 1, 5, false);
    store_.note(key(5), 1, 1, 6, false);  // 2 goes
    EXPECT_EQ(store_.size(), 4u);
    std::map<std::int64_t, std::uint64_t> left;
    for (const Found& found : all()) left[found.entry.key.queryid] = found.entry.executions;
    EXPECT_EQ(left, (std::map<std::int64_t, std::uint64_t>{{1, 2}, {3, 1}, {4, 1}, {5, 1}}));
    keep(2, 1, "{}");  // nowhere
    for (const Found& found : all()) EXPECT_EQ(found.outline, "");
    store_.remove_if([](const Key& each) { return each.queryid > 3; });
    EXPECT_EQ(store_.size(), 2u);
}

TEST_F(WorkloadPlanStore, LongPlansLeaveTheirOutline) {
    store_.note(key(1), 1, 1, 1, false);
    keep(1, 1, std::string(length, 'x'));
    EXPECT_EQ(only().json, std::string(length, 'x'));
    keep(1, 1, std::string(length + 1, 'x'));
    EXPECT_EQ(only().json, "");
    EXPECT_EQ(only().outline, "outline 1");
    store_.keep(key(1), 1, {std::string(PlanStore::longest_outline + 1, 'o'), "{}", 1, false, false});
    EXPECT_EQ(only().outline.size(), PlanStore::longest_outline);
    EXPECT_EQ(only().json, "{}");
}

TEST_F(WorkloadPlanStore, AtMostOneShapeIsCurrent) {
    std::mt19937 random(1);
    for (std::int64_t when = 1; when <= 5000; ++when) {
        const std::int64_t queryid = random() % 3, shape = 1 + random() % 3;
        store_.note(key(queryid), shape, 1 + random() % 100, when, random() % 2 == 0);
        std::map<std::int64_t, int> current;
        for (const Found& found : all()) {
            current[found.entry.key.queryid] += static_cast<int>(found.entry.current);
            EXPECT_LE(found.entry.min * found.entry.executions, found.entry.total);
            EXPECT_GE(found.entry.max * found.entry.executions, found.entry.total);
        }
        for (const auto& [id, count] : current) ASSERT_LE(count, 1) << id;
        ASSERT_EQ(current[queryid], 1);
    }
}

}  // namespace perfkit::workload

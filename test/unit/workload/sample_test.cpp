#include "perfkit/core/workload/sample.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>

#include "perfkit/core/workload/sample_store.hpp"

namespace perfkit::workload {

namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

class SampleStoreTest : public testing::Test {
protected:
    SampleStore& make(std::uint32_t entries, std::uint32_t blocks) {
        memory_.reset(std::aligned_alloc(64, (SampleStore::bytes(entries, blocks) + 63) / 64 * 64));
        return *SampleStore::create(memory_.get(), entries, blocks);
    }
    std::unique_ptr<void, Free> memory_;
};

Key key_of(std::int64_t queryid) { return {queryid, 1, 2, 1}; }

// Bytes that tell whose they are.
std::string marked(std::int64_t queryid, std::size_t length) {
    std::string bytes(length, static_cast<char>('a' + queryid % 26));
    bytes.replace(0, sizeof(queryid), reinterpret_cast<const char*>(&queryid), sizeof(queryid));
    return bytes;
}

std::map<std::int64_t, int> found_in(const SampleStore& store) {
    std::map<std::int64_t, int> found;
    EXPECT_TRUE(store.for_each([&found](const Key& key, bool, std::string_view bytes) {
        EXPECT_EQ(bytes, marked(key.queryid, bytes.size()));
        ++found[key.queryid];
    }));
    return found;
}

}  // namespace

TEST(WorkloadSample, ComesBackAsItWent) {
    Sample sample;
    sample.when = 12345;
    sample.nanoseconds = 678;
    sample.text = "SELECT $1";
    sample.search_path = "a, b";
    sample.application = "psql";
    sample.settings = {"work_mem=1MB", ""};
    sample.parameters = {{23, ValueState::value, "7"}, {25, ValueState::null, ""}};
    const std::string bytes = pack(sample);
    const auto back = unpack(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(pack(*back), bytes);
    EXPECT_EQ(back->text, sample.text);
    EXPECT_EQ(back->settings, sample.settings);
    EXPECT_EQ(back->parameters[0].value, "7");
    EXPECT_TRUE(back->plannable());
    // No shorter or longer bytes are taken for a sample.
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(unpack(bytes.substr(0, length))) << length;
    EXPECT_FALSE(unpack(bytes + "x"));
}

TEST(WorkloadSample, DamagedBytesAreNoSampleAndNoCrash) {
    Sample sample;
    sample.text = "SELECT 1";
    sample.settings = {"a=b"};
    sample.parameters = {{23, ValueState::value, "7"}};
    const std::string bytes = pack(sample);
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string damaged = bytes;
        for (int n = 0; n < 3; ++n) damaged[random() % damaged.size()] = static_cast<char>(random());
        if (const auto read = unpack(damaged)) {
            EXPECT_LE(read->text.size(), bytes.size());
        }
    }
}

TEST(WorkloadSample, PlannableOnlyWithAllThereIs) {
    Sample sample;
    sample.parameters.resize(1);
    for (const auto& [state, plannable] : std::map<ValueState, bool>{{ValueState::value, true},
                                                                     {ValueState::null, true},
                                                                     {ValueState::truncated, false},
                                                                     {ValueState::redacted, false},
                                                                     {ValueState::omitted, false}}) {
        sample.parameters[0].state = state;
        EXPECT_EQ(sample.plannable(), plannable);
    }
    sample.parameters.clear();
    sample.truncated = true;
    EXPECT_FALSE(sample.plannable());
}

TEST_F(SampleStoreTest, KeepsEachExecutionWithTheSameChance) {
    std::mt19937_64 random(7);
    std::array<int, 20> stayed{};
    for (int round = 0; round < 4000; ++round) {
        SampleStore& store = make(10, 64);
        for (std::size_t i = 0; i < stayed.size(); ++i) store.offer(key_of(1), marked(1, 100 + i), 1, random());
        store.for_each([&](const Key&, bool, std::string_view bytes) { ++stayed[bytes.size() - 100]; });
    }
    // 3 of 20 of 4000: 600, sigma 22.6.
    for (const int count : stayed) EXPECT_NEAR(count, 600, 5 * 22.6);
}

TEST_F(SampleStoreTest, KeepsTheSlowest) {
    SampleStore& store = make(10, 64);
    for (const std::uint64_t ns : {5u, 9u, 7u}) store.offer_slowest(key_of(1), marked(1, 100 + ns), ns);
    store.for_each([](const Key&, bool slowest, std::string_view bytes) {
        EXPECT_TRUE(slowest);
        EXPECT_EQ(bytes.size(), 109u);
    });
}

TEST_F(SampleStoreTest, LongSamplesAreWholeAndTooLongOnesLeftOut) {
    SampleStore& store = make(10, 64);  // of 252 bytes each; at most 4 for one sample
    store.offer(key_of(1), marked(1, 900), 1, 0);
    store.offer(key_of(2), marked(2, 5000), 1, 0);
    EXPECT_EQ(found_in(store), (std::map<std::int64_t, int>{{1, 1}}));
}

TEST_F(SampleStoreTest, WhatIsExecutedMostStaysWhenRoomRunsOut) {
    SampleStore& store = make(50, 320);
    std::mt19937_64 random(11);
    // Statement 1 is offered seldom, but each time for many; what was executed often long ago goes in the end.
    store.offer(key_of(2), marked(2, 100), 20, random());
    for (std::int64_t i = 3; i < 3000; ++i) {
        if (i % 700 == 3) store.offer(key_of(1), marked(1, 8 + random() % 2000), 500, random());
        store.offer(key_of(i), marked(i, 8 + random() % 2000), 1, random());
        store.offer_slowest(key_of(i), marked(i, 8 + random() % 2000), 1 + random() % 1000);
        EXPECT_TRUE(i > 300 || found_in(store).contains(2));
    }
    const auto found = found_in(store);
    EXPECT_TRUE(found.contains(1));
    EXPECT_TRUE(found.contains(2999));
    EXPECT_FALSE(found.contains(2));
    EXPECT_LE(store.size(), 50u);
    store.remove_if([](const Key& key) { return key.queryid != 1; });
    EXPECT_EQ(store.size(), 1u);
    store.remove_if([](const Key&) { return true; });
    EXPECT_EQ(store.free_blocks(), store.block_capacity());  // no block was lost
    EXPECT_TRUE(found_in(store).empty());
}

TEST_F(SampleStoreTest, WhatTheReservoirDoesNotTakePushesNothingOut) {
    SampleStore& store = make(10, 64);
    for (std::int64_t id = 1; id <= 4; ++id) {  // four blocks each
        for (std::size_t i = 0; i < SampleStore::reservoir; ++i) store.offer(key_of(id), marked(id, 900), 1, 0);
        store.offer_slowest(key_of(id), marked(id, 900), 1);
    }
    ASSERT_EQ(store.free_blocks(), 0u);
    store.offer(key_of(1), marked(1, 900), 1, SampleStore::reservoir);  // drawn: the place after the last
    EXPECT_EQ(store.size(), 4u);
}

}  // namespace perfkit::workload

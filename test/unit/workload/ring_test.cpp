#include "perfkit/core/workload/ring.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

namespace perfkit::workload {

namespace {

struct Free {
    void operator()(void* memory) const { std::free(memory); }
};

class RingTest : public testing::Test {
protected:
    Ring& make(std::uint32_t capacity) {
        memory_.reset(std::aligned_alloc(64, (Ring::bytes(capacity) + 63) / 64 * 64));
        return *Ring::create(memory_.get(), capacity);
    }
    std::unique_ptr<void, Free> memory_;
};

// An event that tells its number in every part, with as many values as the number says.
Event numbered(std::uint64_t number) {
    Event event;
    event.key = {static_cast<std::int64_t>(number), 1, 2, 1};
    event.nanoseconds = number * 3;
    event.rows = number * 5;
    for (std::size_t field = 0; field < number % (field_count + 1); ++field)
        event.set(static_cast<Field>(field), number + field + 1);
    return event;
}

void expect_numbered(const Event& event, std::uint64_t number) {
    const Event expected = numbered(number);
    ASSERT_EQ(event.size(), expected.size());
    ASSERT_EQ(std::memcmp(&event, &expected, expected.size()), 0);
}

}  // namespace

TEST_F(RingTest, GivesBackWhatWasPutInAcrossTheEnd) {
    Ring& ring = make(1024);
    std::uint64_t put = 0, taken = 0;
    std::mt19937 random(3);
    for (int round = 0; round < 2000; ++round) {
        for (unsigned n = random() % 8; n-- > 0 && ring.push(numbered(put));) ++put;
        if (random() % 2 == 0) {
            ASSERT_TRUE(ring.drain([&](const Event& event) { expect_numbered(event, taken++); }));
        }
    }
    ring.drain([&](const Event& event) { expect_numbered(event, taken++); });
    EXPECT_EQ(put, taken);
    EXPECT_GT(put, 2000u);
    EXPECT_EQ(ring.used(), 0u);
}

TEST_F(RingTest, ZeroValuesTakeNoRoom) {
    Event event;
    event.set(Field::shared_hit, 0);
    event.set(Field::wal_bytes, 9);
    EXPECT_EQ(event.size(), event_head_size + 8);
}

TEST_F(RingTest, RefusesWhenFullAndGoesOnWhenDrained) {
    Ring& ring = make(1024);
    int fitted = 0;
    while (ring.push(numbered(1))) ++fitted;
    EXPECT_EQ(fitted, 1024 / 64);
    EXPECT_TRUE(ring.half_full());
    EXPECT_FALSE(ring.push(numbered(0)));
    int drained = 0;
    EXPECT_TRUE(ring.drain([&](const Event&) { ++drained; }));
    EXPECT_EQ(drained, fitted);
    EXPECT_TRUE(ring.push(numbered(1)));
}

TEST_F(RingTest, DamageEmptiesIt) {
    for (const std::size_t offset : {48u, 52u}) {  // the fields, the kind
        Ring& ring = make(1024);
        ring.push(numbered(4));
        ring.push(numbered(5));
        std::memset(static_cast<char*>(memory_.get()) + sizeof(Ring) + offset, 0xFF, 4);
        EXPECT_FALSE(ring.drain([](const Event&) { FAIL(); }));
        EXPECT_EQ(ring.used(), 0u);
        EXPECT_TRUE(ring.push(numbered(6)));
    }
}

TEST_F(RingTest, IsToldWhatOthersHaveToSay) {
    Ring& ring = make(1024);
    const std::uint32_t before = ring.told();
    ring.push(numbered(1));
    EXPECT_EQ(ring.told(), before);
    ring.tell();
    EXPECT_NE(ring.told(), before);
    EXPECT_TRUE(ring.drain([](const Event& event) { expect_numbered(event, 1); }));
}

TEST_F(RingTest, ProducerAndConsumerRunAtOnce) {
    Ring& ring = make(1024);
    constexpr std::uint64_t events = 30'000;
    std::thread producer([&] {
        for (std::uint64_t number = 0; number < events;)
            if (ring.push(numbered(number)))
                ++number;
            else
                std::this_thread::yield();
    });
    std::uint64_t taken = 0;
    while (taken < events) {
        ASSERT_TRUE(ring.drain([&](const Event& event) { expect_numbered(event, taken++); }));
        std::this_thread::yield();
    }
    producer.join();
}

}  // namespace perfkit::workload

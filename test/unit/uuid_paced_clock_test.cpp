#include <gtest/gtest.h>

#include "perfkit/core/uuid/paced_clock.hpp"

namespace perfkit {
namespace {

constexpr FineTick start = 1'700'000'000'000ull * fine_ticks_per_ms;
constexpr FineTick microsecond = fine_ticks_per_ms / 1000;
constexpr std::uint64_t pace = 20'000;

// A clock that counts its readings, and a counter of 1 GHz, both moved by hand.
struct Machine {
    PacedClock clock;
    FineTick time = start;
    std::uint64_t count = 1'000'000'000;
    int readings = 0;

    void pass(std::uint64_t microseconds) {
        time += microseconds * microsecond;
        count += microseconds * 1000;
    }
    FineTick now() {
        return clock.now([this] { return ++readings, time; }, [this] { return count; }, pace);
    }
};

}  // namespace

TEST(PacedClock, IsReadByEachCallThatStandsAlone) {
    Machine machine;
    for (int i = 1; i <= 10; ++i) {
        machine.pass(100);
        EXPECT_EQ(machine.now(), machine.time);
        EXPECT_EQ(machine.readings, i);
    }
}

TEST(PacedClock, IsReadOnceInAPaceByCallsThatFollowEachOther) {
    Machine machine;
    for (int i = 0; i < 1000; ++i) {
        machine.pass(1);
        const FineTick time = machine.now();
        EXPECT_LE(time, machine.time);
        EXPECT_GT(time + 20 * microsecond, machine.time);
    }
    EXPECT_LT(machine.readings, 1000 / 20 + 5);
}

TEST(PacedClock, IsReadAfterAPauseOfAnyLength) {
    for (const std::uint64_t pause : {20, 21, 100, 1'000'000}) {
        Machine machine;
        for (int i = 0; i < 100; ++i) {
            machine.pass(1);
            machine.now();
        }
        machine.pass(pause);
        EXPECT_EQ(machine.now(), machine.time) << pause;
    }
}

TEST(PacedClock, IsReadWhereTheCounterLagsOrStepsBack) {
    Machine machine;
    for (int i = 0; i < 100; ++i) machine.now();
    machine.pass(5'000);
    machine.count -= 6'000'000;
    EXPECT_EQ(machine.now(), machine.time);
}

TEST(PacedClock, FollowsAClockThatStepsBack) {
    Machine machine;
    for (int i = 0; i < 100; ++i) machine.now();
    machine.pass(30);
    machine.time -= 1'000'000 * microsecond;
    EXPECT_EQ(machine.now(), machine.time);
    machine.pass(30);
    EXPECT_EQ(machine.now(), machine.time);
}

TEST(PacedClock, WithoutACounterIsReadByEachCall) {
    Machine machine;
    for (int i = 1; i <= 10; ++i) {
        machine.clock.now([&] { return ++machine.readings, machine.time; }, [] { return 0; }, 0);
        EXPECT_EQ(machine.readings, i);
    }
}

TEST(PacedClock, CounterOfThisProcessorMovesOn) {
    if (counts_of_a_pace() == 0) GTEST_SKIP() << "not applicable: no counter is read on this processor";
    const std::uint64_t before = read_counter();
    for (int i = 0; i < 1'000'000 && read_counter() == before; ++i) continue;
    EXPECT_GT(read_counter(), before);
}

}  // namespace perfkit

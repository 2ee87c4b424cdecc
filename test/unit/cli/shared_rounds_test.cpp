#include "shared_rounds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <vector>

namespace perfkit::cli {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

// Rounds that last until they are let go; each gives its number.
class HeldRounds {
public:
    Round operator()(Clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        deadline_ = deadline;
        begun_ += 1;
        most_ = std::max(most_, ++at_once_);
        change_.notify_all();
        change_.wait_for(lock, minutes(1), [this] { return let_go_ >= begun_; });
        --at_once_;
        return {std::to_string(begun_), begun_ <= late_};
    }
    // False where it does not come to that.
    bool come_to(int begun) {
        std::unique_lock lock(mutex_);
        return change_.wait_for(lock, minutes(1), [&] { return begun_ >= begun; });
    }
    void let_go(int rounds) {
        const std::lock_guard lock(mutex_);
        let_go_ = rounds;
        change_.notify_all();
    }
    // The first so many are late.
    void be_late(int rounds) { late_ = rounds; }
    int begun() const { return begun_; }
    int most() const { return most_; }
    Clock::time_point deadline() const { return deadline_; }

private:
    std::mutex mutex_;
    std::condition_variable change_;
    int begun_ = 0, let_go_ = 0, at_once_ = 0, most_ = 0, late_ = 0;
    Clock::time_point deadline_;
};

void until_waiting(const SharedRounds& rounds, int many) {
    const auto limit = Clock::now() + minutes(1);
    while (rounds.waiting() != many && Clock::now() < limit) std::this_thread::sleep_for(milliseconds(1));
}

}  // namespace

TEST(SharedRounds, WhoComesWhileOneIsUnderWayShares) {
    HeldRounds held;
    SharedRounds rounds([&](Clock::time_point deadline) { return held(deadline); });
    std::vector<std::shared_ptr<const Round>> results(5);
    std::vector<std::thread> scrapers;
    const auto deadline = Clock::now() + hours(1);
    scrapers.emplace_back([&] { results[0] = rounds.next(deadline); });
    EXPECT_TRUE(held.come_to(1));
    for (int i = 1; i < 5; ++i) scrapers.emplace_back([&, i] { results[i] = rounds.next(deadline); });
    until_waiting(rounds, 5);
    held.let_go(1);
    for (auto& scraper : scrapers) scraper.join();
    for (const auto& result : results) EXPECT_EQ(result, results[0]);
    EXPECT_EQ(results[0]->text, "1");
    EXPECT_EQ(held.begun(), 1);

    held.let_go(2);
    EXPECT_EQ(rounds.next(deadline)->text, "2");
    EXPECT_EQ(held.most(), 1);
}

TEST(SharedRounds, NobodyWaitsLongerThanHisDeadline) {
    HeldRounds held;
    SharedRounds rounds([&](Clock::time_point deadline) { return held(deadline); });
    EXPECT_EQ(rounds.next(Clock::now() + milliseconds(1)), nullptr);
    EXPECT_EQ(rounds.waiting(), 0);
    held.let_go(1000);
}

TEST(SharedRounds, WhoHasMoreTimeTriesAgainAfterALateOne) {
    HeldRounds held;
    held.be_late(1);
    SharedRounds rounds([&](Clock::time_point deadline) { return held(deadline); });
    const auto soon = Clock::now();
    const auto later = Clock::now() + hours(1);
    EXPECT_EQ(rounds.next(soon), nullptr);
    std::shared_ptr<const Round> result;
    std::thread patient([&] { result = rounds.next(later); });
    until_waiting(rounds, 1);
    EXPECT_TRUE(held.come_to(1));
    held.let_go(1);
    EXPECT_TRUE(held.come_to(2));
    EXPECT_EQ(held.deadline(), later);
    held.let_go(2);
    patient.join();
    EXPECT_EQ(result->text, "2");
}

TEST(SharedRounds, StopInterruptsTheRoundAndLetsAllGo) {
    HeldRounds held;
    SharedRounds rounds([&](Clock::time_point deadline) { return held(deadline); });
    std::shared_ptr<const Round> result;
    std::thread scraper([&] { result = rounds.next(Clock::now() + hours(1)); });
    EXPECT_TRUE(held.come_to(1));
    int interrupts = 0;
    rounds.stop([&] {
        if (++interrupts == 2) held.let_go(1);  // the first may come too early
    });
    scraper.join();
    EXPECT_GE(interrupts, 2);
    EXPECT_EQ(rounds.next(Clock::now() + hours(1)), nullptr);
    EXPECT_EQ(held.begun(), 1);
}

}  // namespace perfkit::cli

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace perfkit::cli {

using Clock = std::chrono::steady_clock;

// What one round of asking the databases gave.
struct Round {
    std::string text;
    bool late = false;  // there was not enough time: somebody who has more may try again
};

// Rounds of work in a thread of its own, never two at once: whoever comes while one is under way shares its result.
class SharedRounds {
public:
    // work: is to end by the time it is given, may be late, and must not throw.
    explicit SharedRounds(std::function<Round(Clock::time_point)> work);
    // Waits for the round that is under way.
    ~SharedRounds();
    SharedRounds(const SharedRounds&) = delete;
    SharedRounds& operator=(const SharedRounds&) = delete;

    // The result of a round that ended after this call began; nullptr where there is none a moment after the deadline,
    // or after stop().
    std::shared_ptr<const Round> next(Clock::time_point deadline);

    // No more rounds: whoever waits goes empty-handed.  interrupt: called again and again until the round that is
    // under way has ended.
    void stop(const std::function<void()>& interrupt);

    // How many wait in next().
    int waiting() const;

private:
    void work_on();

    const std::function<Round(Clock::time_point)> work_;
    mutable std::mutex mutex_;
    std::condition_variable asked_;
    std::condition_variable ended_;
    std::optional<Clock::time_point> wanted_;  // of the round to come: the latest deadline of those who want it
    std::shared_ptr<const Round> last_;
    unsigned long long rounds_ = 0;
    int waiting_ = 0;
    bool under_way_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace perfkit::cli

#include "shared_rounds.hpp"

#include <algorithm>
#include <utility>

namespace perfkit::cli {
namespace {

// After the deadline the server ends the statement, which we then tell of.
constexpr auto a_moment = std::chrono::milliseconds(200);

}  // namespace

SharedRounds::SharedRounds(std::function<Round(Clock::time_point)> work)
    : work_(std::move(work)), thread_([this] { work_on(); }) {}

SharedRounds::~SharedRounds() {
    stop([] {});
    thread_.join();
}

void SharedRounds::work_on() {
    std::unique_lock lock(mutex_);
    while (true) {
        asked_.wait(lock, [this] { return stopped_ || wanted_; });
        if (stopped_) return;
        const Clock::time_point deadline = *std::exchange(wanted_, std::nullopt);
        under_way_ = true;
        lock.unlock();
        auto result = std::make_shared<const Round>(work_(deadline));
        lock.lock();
        last_ = std::move(result);
        ++rounds_;
        under_way_ = false;
        ended_.notify_all();
    }
}

std::shared_ptr<const Round> SharedRounds::next(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    std::shared_ptr<const Round> result;
    while (!stopped_) {
        const auto before = rounds_;
        if (!under_way_) {
            wanted_ = std::max(wanted_.value_or(deadline), deadline);
            asked_.notify_one();
        }
        const auto over = [&] { return stopped_ || rounds_ != before; };
        if (!ended_.wait_until(lock, deadline + a_moment, over) || rounds_ == before) break;
        result = last_;
        if (!result->late || Clock::now() >= deadline) break;
    }
    --waiting_;
    if (stopped_) result.reset();
    return result;
}

void SharedRounds::stop(const std::function<void()>& interrupt) {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    asked_.notify_all();
    ended_.notify_all();
    while (under_way_) {
        lock.unlock();
        interrupt();
        lock.lock();
        ended_.wait_for(lock, std::chrono::milliseconds(50), [this] { return !under_way_; });
    }
}

int SharedRounds::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
}

}  // namespace perfkit::cli

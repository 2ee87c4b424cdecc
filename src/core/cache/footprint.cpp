#include "perfkit/core/cache/footprint.hpp"

#include <algorithm>
#include <cmath>

namespace perfkit::cache {

namespace {

// Parts of an epoch, closer to each other near its begin, where the footprint grows fastest.
double part(std::size_t i, std::size_t points) {
    const double even = static_cast<double>(i) / static_cast<double>(points);
    return even * even;
}

template <typename Curve>
double when(const Curve& curve, double size) {
    const std::size_t last = curve.size() - 1;
    std::size_t i = 1;
    while (i < last && curve[i] < size) ++i;
    const double from = part(i - 1, last);
    const double to = part(i, last);
    if (curve[i] <= curve[i - 1]) return to;
    return from + (to - from) * std::min(1.0, (size - curve[i - 1]) / (curve[i] - curve[i - 1]));
}

// While the footprint grows from one size to another.
template <typename Curve>
double slope(const Curve& curve, double from, double to) {
    return (to - from) / std::max(when(curve, to) - when(curve, from), 1e-9);
}

}  // namespace

void Footprint::start(const Moment& now, std::size_t blocks) {
    in_epoch_ = true;
    last_ = now;
    began_ = now.time;
    quiet_ = idle_ = 0;
    followed_.clear();
    followed_.reserve(blocks);
    known_ = Places(2 * blocks);
    came_.assign(1, {0, 0});
    fresh_ = arrived_ = needed_ = saturated_ = saturated_seen_ = saturated_needed_ = 0;
    size_ = half_step_ = 0;
}

// What is just before the hand may be passed while it is looked at, and what is just behind it may not have been
// counted down yet.
bool Footprint::beside_hand(std::uint32_t buffer, std::uint64_t hand) const noexcept {
    const std::uint64_t behind = (hand + buffers_ - buffer) % buffers_;
    const std::uint64_t margin = std::min<std::uint64_t>(16, buffers_ / 64);
    return behind <= margin || buffers_ - behind <= margin + moved_ / 16;
}

// Of the hand over its buffer since the last look at it.
std::int64_t Footprint::passes(const Follow& block, std::uint64_t hand) const noexcept {
    const auto until = [&](std::uint64_t at) { return (at + buffers_ - 1 - block.buffer) / buffers_; };
    return static_cast<std::int64_t>(until(hand) - until(block.hand));
}

bool Footprint::tells(const Follow& block, std::uint64_t hand) const noexcept {
    if (block.state == State::open) return !beside_hand(block.buffer, hand);
    return block.state == State::unseen && passes(block, hand) > 0 && !beside_hand(block.buffer, hand);
}

void Footprint::follow(std::uint32_t buffer, const Seen& seen) {
    known_.set(seen.name, static_cast<std::uint32_t>(followed_.size()));
    Follow block;
    block.hand = last_.hand;
    block.start = last_.time;
    block.buffer = buffer;
    block.name = seen.name;
    block.usage = static_cast<std::uint8_t>(seen.usage);
    block.saturated = seen.usage >= highest_usage;
    block.state = block.saturated ? State::unseen : State::open;
    followed_.push_back(block);
    saturated_ += block.saturated;
}

void Footprint::arrived(std::uint32_t name) {
    if (!in_epoch_) return;
    ++arrived_;
    const std::uint32_t at = known_.find(name);
    if (at == Places::nowhere) {
        ++fresh_;
        known_.set(name, fresh);
        return;
    }
    if (at == fresh) return;
    Follow& block = followed_[at];
    if (block.state == State::open || block.state == State::gone) {
        block.unneeded = std::max(block.unneeded, last_.time - idle_ - block.start);
        block.state = State::back;
    } else if (block.state == State::unseen) {
        block.state = State::lost;
    }
}

void Footprint::need(Follow& block, double time) {
    block.needed = std::max(time - block.start, block.unneeded);
    block.state = State::needed;
    ++(block.saturated ? saturated_needed_ : needed_);
}

void Footprint::first_pass(Follow& block, const Moment& now, const Seen& seen) {
    if (seen.name != block.name || passes(block, now.hand) > 1) {  // dropped; or it has been passed too often to tell
        block.state = State::lost;
        return;
    }
    ++saturated_seen_;
    const double time = now.time - idle_;
    const auto past = static_cast<double>((now.hand + buffers_ - 1 - block.buffer) % buffers_);
    const auto moved = static_cast<double>(std::max<std::uint64_t>(now.hand - last_.hand, 1));
    block.start = std::max(began_, time - (now.time - last_.time) * past / moved);
    block.state = State::open;
    block.usage = highest_usage - 1;
    block.hand = now.hand;
    if (seen.usage >= highest_usage)
        need(block, time);
    else
        block.unneeded = time - block.start;
}

void Footprint::compare(Follow& block, const Moment& now, const Seen& seen) {
    if (block.state == State::unseen) {
        first_pass(block, now, seen);
    } else if (seen.name != block.name) {
        block.state = State::gone;
    } else if (seen.usage > block.usage - passes(block, now.hand)) {
        need(block, now.time - idle_);
    } else {
        block.unneeded = now.time - idle_ - block.start;
        block.usage = static_cast<std::uint8_t>(seen.usage);
        block.hand = now.hand;
    }
}

void Footprint::remember_fresh(double time, double share) {
    if (came_.size() == most_looks) {
        for (std::size_t i = 1; 2 * i < most_looks; ++i) came_[i] = came_[2 * i];
        came_.resize(most_looks / 2);
    }
    came_.push_back({time, share});
}

bool Footprint::end_look(const Moment& now) {
    const double all = std::max(1.0, static_cast<double>(followed_.size()));
    const double saturated = saturated_seen_ > 0 ? saturated_needed_ / saturated_seen_ : 0;
    const double size = (needed_ + saturated * saturated_ + fresh_) / all;
    moved_ = now.hand - last_.hand;
    quiet_ = size > size_ || moved_ > 0 ? 0 : quiet_ + now.time - last_.time;
    if (quiet()) idle_ += now.time - last_.time;
    if (size_ < 0.5 && size >= 0.5) {
        half_step_ = size - size_;
        if (epochs_ <= 0) half_time_ = now.time - idle_ - began_;
    }
    size_ = std::max(size, size_);
    last_ = now;
    remember_fresh(now.time - idle_ - began_, fresh_ / all);
    if (size_ < end_at) return false;
    end_epoch(now.time - idle_ - began_);
    return true;
}

void Footprint::end_epoch(double duration) {
    in_epoch_ = false;
    if (duration <= 0 || followed_.empty()) return;
    const auto all = static_cast<double>(followed_.size());
    add_followed(duration);
    add_fresh(duration);
    ++epochs_;
    samples_ += all;
    steps_ += half_step_;
    arrivals_ += arrived_ / all;
    saturated_share_ += saturated_ / all;
    half_time_ = duration * when(curve(), 0.5);
}

void Footprint::add_followed(double duration) {
    const auto needed = [](const Follow& block, double after) {
        if (block.state != State::needed || after <= block.unneeded) return 0.0;
        return after >= block.needed ? 1.0 : (after - block.unneeded) / (block.needed - block.unneeded);
    };
    for (const Follow& block : followed_) {
        if (block.state == State::lost || block.state == State::unseen) continue;
        for (std::size_t i = 1; i <= points; ++i) {
            const double after = part(i, points) * duration;
            if (!block.saturated) {
                others_[i] += needed(block, after) / static_cast<double>(followed_.size());
            } else if (block.start - began_ + after <= duration) {
                ++saturated_known_[i];
                saturated_by_then_[i] += needed(block, after);
            }
        }
    }
}

void Footprint::add_fresh(double duration) {
    std::size_t look = 1;
    for (std::size_t i = 1; i <= points; ++i) {
        const double at = part(i, points) * duration;
        while (look + 1 < came_.size() && came_[look][0] < at) ++look;
        const auto& [from, before] = came_[look - 1];
        const auto& [to, after] = came_[look];
        others_[i] += before + (to > from ? (after - before) * std::clamp((at - from) / (to - from), 0.0, 1.0) : 0);
    }
}

void Footprint::fade(double factor) noexcept {
    for (double* sum : {&epochs_, &samples_, &steps_, &arrivals_, &saturated_share_}) *sum *= factor;
    for (Curve* sums : {&others_, &saturated_known_, &saturated_by_then_})
        for (double& sum : *sums) sum *= factor;
}

Footprint::Curve Footprint::curve() const noexcept {
    Curve curve{};
    for (std::size_t i = 1; i <= points; ++i) {
        const double saturated = saturated_known_[i] > 0 ? saturated_by_then_[i] / saturated_known_[i] : 0;
        curve[i] = std::max(curve[i - 1], (others_[i] + saturated_share_ * saturated) / epochs_);
    }
    return curve;
}

std::optional<MoreReads> Footprint::half() const noexcept {
    if (samples_ < least_samples || arrivals_ <= 0 || too_coarse()) return std::nullopt;
    const Curve footprint = curve();
    if (footprint.back() < 1) return std::nullopt;
    const double whole = slope(footprint, 0.9, std::min(1.1, footprint.back()));
    const double middle = slope(footprint, 0.4, 0.6);
    // What lies between two looks is only known to lie there.
    const double reach = std::clamp(steps_ / epochs_, 0.1, 0.4);
    constexpr double width = 0.05;
    double least = middle;
    double most = middle;
    for (double from = 0.5 - reach; from < 0.5 + reach - width / 2; from += width) {
        const double here = slope(footprint, from, from + width);
        least = std::min(least, here);
        most = std::max(most, here);
    }
    // The blocks of an epoch are a sample of the uses, for both slopes; and as they are the same ones in all epochs,
    // one of the blocks.
    const double error = 1.96 * middle * std::sqrt(2 / (0.2 * samples_) + epochs_ / (4 * samples_));
    const auto more = [&](double at_half) { return std::max(0.0, (at_half - whole) * epochs_ / arrivals_); };
    return MoreReads{1 + more(middle), 1 + 0.9 * more(least - error), 1 + 1.1 * more(most + error)};
}

}  // namespace perfkit::cache

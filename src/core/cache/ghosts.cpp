#include "perfkit/core/cache/ghosts.hpp"

#include <algorithm>

namespace perfkit::cache {

Ghosts::Ghosts(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)),
      keys_(2 * capacity_),
      tree_(2 * capacity_ + 1),
      place_(capacity_ + 1) {}

// Adding the two's complement of one takes one away.
void Ghosts::count(std::size_t place, std::uint32_t change) noexcept {
    for (std::size_t i = place + 1; i < tree_.size(); i += i & (~i + 1)) tree_[i] += change;
}

std::size_t Ghosts::up_to(std::size_t place) const noexcept {
    std::size_t sum = 0;
    for (std::size_t i = place + 1; i > 0; i -= i & (~i + 1)) sum += tree_[i];
    return sum;
}

bool Ghosts::is_ghost(std::size_t place) const { return place_.find(keys_[place]) == place; }

void Ghosts::add(std::uint32_t key) {
    take(key);
    if (place_.size() == capacity_) forget_oldest();
    if (next_ == keys_.size()) close_gaps();
    keys_[next_] = key;
    place_.set(key, static_cast<std::uint32_t>(next_));
    count(next_, 1);
    ++next_;
}

std::optional<std::size_t> Ghosts::take(std::uint32_t key) {
    const std::uint32_t place = place_.find(key);
    if (place == Places::nowhere) return std::nullopt;
    const std::size_t newer = place_.size() - up_to(place);
    count(place, ~std::uint32_t{0});
    place_.erase(key);
    return newer;
}

void Ghosts::forget_oldest() {
    while (!is_ghost(oldest_)) ++oldest_;
    take(keys_[oldest_]);
}

// At least half of the places are free then, so this comes once in `capacity` additions at most.
void Ghosts::close_gaps() {
    std::size_t kept = 0;
    for (std::size_t place = oldest_; place < next_; ++place) {
        if (!is_ghost(place)) continue;
        place_.set(keys_[place], static_cast<std::uint32_t>(kept));
        keys_[kept++] = keys_[place];
    }
    std::fill(tree_.begin(), tree_.end(), 0);
    next_ = kept;
    oldest_ = 0;
    for (std::size_t place = 0; place < next_; ++place) count(place, 1);
}

}  // namespace perfkit::cache

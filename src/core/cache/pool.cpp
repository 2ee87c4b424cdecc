#include "perfkit/core/cache/pool.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace perfkit::cache {

namespace {

constexpr double largest_size = larger_sizes.back();

// Room for what the largest size would keep besides the pool, and a little more, as samples vary.
std::size_t ghost_places(double samples) { return static_cast<std::size_t>(samples * (largest_size - 1) * 1.1) + 64; }

}  // namespace

Pool::Pool(std::uint32_t buffers, std::uint32_t samples)
    : rate_(std::min(1.0, static_cast<double>(samples) / std::max(buffers, 1u))),
      limit_(static_cast<std::uint64_t>(std::ldexp(rate_, 32))),
      content_(buffers),
      home_(static_cast<std::size_t>(rate_ * buffers)),
      ghosts_(ghost_places(rate_ * buffers)),
      footprint_(buffers) {}

void Pool::put(std::uint32_t buffer, std::uint32_t name) {
    if (content_[buffer] == name) return;
    if (content_[buffer] != 0) clear(buffer, true);
    // Its old buffer has not been looked at since it left that one.
    const std::uint32_t home = home_.find(name);
    if (home != Places::nowhere) clear(home, true);
    arrive(name);
    content_[buffer] = name;
    home_.set(name, buffer);
}

void Pool::clear(std::uint32_t buffer, bool evicted) {
    if (evicted) ghosts_.add(content_[buffer]);  // the rest went with its relation
    home_.erase(content_[buffer]);
    content_[buffer] = 0;
}

bool Pool::halve() {
    if (rate_ * buffers() < 2 * least_samples) return false;
    footprint_.abort();
    rate_ /= 2;
    last_name_ /= 2;
    for (std::uint32_t buffer = 0; buffer < buffers(); ++buffer)
        if (content_[buffer] > last_name_) clear(buffer, false);
    ghosts_.keep_if([this](std::uint32_t name) { return name <= last_name_; });
    return true;
}

// How many sampled blocks the pool holds varies as samples do: what it holds measures distances better than what is
// expected, as long as its buffers are in use.
double Pool::sampled_pool() const noexcept {
    const double expected = rate_ * buffers();
    return std::clamp(static_cast<double>(home_.size()), 0.95 * expected, 1.05 * expected);
}

void Pool::arrive(std::uint32_t name) {
    const std::size_t others = ghosts_.size();
    const std::optional<std::size_t> newer = ghosts_.take(name);
    footprint_.arrived(name);
    if (!counting_) return;
    ++arrivals_.all;
    for (std::size_t i = 0; i < larger_sizes.size(); ++i) {
        const double room = (larger_sizes[i] - 1) * sampled_pool();
        if (newer)
            arrivals_.kept[i] += static_cast<double>(*newer) < room;
        else
            arrivals_.unknown[i] += full_ && static_cast<double>(others) < room;
    }
}

Arrivals Pool::take_arrivals() noexcept {
    counting_ = true;
    const Arrivals taken = arrivals_;
    arrivals_ = {};
    return taken;
}

}  // namespace perfkit::cache

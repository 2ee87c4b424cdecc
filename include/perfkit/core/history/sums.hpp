// Adds up the rows of history that lie in a window of time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "perfkit/core/history/snapshot.hpp"
#include "perfkit/core/latency.hpp"

namespace perfkit::history {

// Of one object, over the window.
struct Sum {
    std::array<std::uint64_t, most_counters> counters{};
    // The last that was known as the window began (or the first in it, of what is newer), and at its end.
    std::array<std::int64_t, most_gauges> first{};
    std::array<std::int64_t, most_gauges> last{};
    std::int64_t snapshots = 0;  // in how many it counted something
    std::map<std::int64_t, std::int64_t> latency;

    std::vector<std::int64_t> latency_pairs() const;
};

class Sums {
public:
    using Id = std::array<std::int64_t, most_ids>;

    // In order of time.  What was taken before the window only tells where gauges stood as it began.  `complete`: a
    // first reading has all that there is, so that the gauges of everything else are 0.
    void before_window(const Records& records, bool complete = false);
    void in_window(const Records& records, bool complete = false);

    const std::map<Id, Sum>& objects() const noexcept { return objects_; }
    // Over all objects, gauges as they stand after the last reading that was added.
    Sum all() const;
    // The same for one reading's counters alone: starts a new sum without forgetting the gauges.
    void next_point();

private:
    std::map<Id, Sum> objects_;
};

}  // namespace perfkit::history

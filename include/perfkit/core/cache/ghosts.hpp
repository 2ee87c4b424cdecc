// Blocks that left a cache, in the order in which they left: a list that forgets the oldest when it is full, and
// tells of a block that comes back how many others have left since and are still out.  In a cache that evicts the
// least recently used block, that number is how much larger the cache would have had to be to keep it (Mattson et
// al., "Evaluation techniques for storage hierarchies", 1970).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "perfkit/core/cache/places.hpp"

namespace perfkit::cache {

class Ghosts {
public:
    explicit Ghosts(std::size_t capacity);

    std::size_t size() const noexcept { return place_.size(); }
    // The block leaves the cache now; one that is already in the list becomes its newest.
    void add(std::uint32_t key);
    // Takes the block out; how many are newer.  Nothing where it is not in the list.
    std::optional<std::size_t> take(std::uint32_t key);
    // Forgets those that `stays` says no to.
    template <typename Predicate>
    void keep_if(Predicate stays) {
        for (std::size_t place = oldest_; place < next_; ++place)
            if (is_ghost(place) && !stays(keys_[place])) take(keys_[place]);
    }

private:
    std::size_t capacity_;
    std::size_t next_ = 0;             // the first place that was never used
    std::size_t oldest_ = 0;           // no ghost is before it
    std::vector<std::uint32_t> keys_;  // by place
    std::vector<std::uint32_t> tree_;  // Fenwick tree over places: ghosts in each
    Places place_;                     // of each ghost

    void count(std::size_t place, std::uint32_t change) noexcept;
    std::size_t up_to(std::size_t place) const noexcept;
    bool is_ghost(std::size_t place) const;
    void close_gaps();
    void forget_oldest();
};

}  // namespace perfkit::cache

// A table of fixed size that forgets what is used least.
//
// A key has four places where it may lie.  When others lie in all of them, the one goes that was looked up least
// often; now and then former use counts half, so that what was busy once does not stay for ever.  So a few busy keys
// that meet in one set keep their places, and a rare one passes through the place that is left.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace perfkit::workload {

template <typename Key, typename Value, std::size_t sets>
class Recent {
    static_assert((sets & (sets - 1)) == 0);

public:
    static constexpr std::size_t ways = 4;

    struct Place {
        Key key{};
        std::uint32_t uses = 0;  // 0: free
        Value value{};
    };

    // Null where it is not there.
    Place* find(const Key& key, std::uint64_t hash) noexcept {
        for (Place& place : set_of(hash))
            if (place.uses > 0 && place.key == key) {
                use(place);
                return &place;
            }
        return nullptr;
    }

    // Where a key that is not there is to lie: whoever calls puts key and value in the place of those that it finds.
    Place& make_place(std::uint64_t hash) noexcept {
        std::array<Place, ways>& set = set_of(hash);
        Place* least = &set[0];
        for (Place& place : set)
            if (place.uses < least->uses) least = &place;
        if (least->uses > 0 && ++replaced_ % 16 == 0)
            for (Place& place : set) place.uses -= place.uses / 2;
        least->uses = 1;
        return *least;
    }

    // Of all that are in use; null where none is.
    Place* least_used() noexcept {
        Place* least = nullptr;
        for (auto& set : sets_)
            for (Place& place : set)
                if (place.uses > 0 && (least == nullptr || place.uses < least->uses)) least = &place;
        return least;
    }

    static void use(Place& place, std::uint32_t times = 1) noexcept {
        place.uses = std::min(place.uses + std::min(times, most_uses), most_uses);
    }
    void clear() noexcept { sets_ = {}; }

private:
    static constexpr std::uint32_t most_uses = 1'000'000;

    std::array<Place, ways>& set_of(std::uint64_t hash) noexcept { return sets_[hash & (sets - 1)]; }

    std::array<std::array<Place, ways>, sets> sets_{};
    std::uint32_t replaced_ = 0;
};

}  // namespace perfkit::workload

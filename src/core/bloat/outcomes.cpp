#include <cstddef>
#include <cstdint>

#include "perfkit/core/bloat.hpp"

namespace perfkit::bloat {

Outcome Outcomes::of(std::uint64_t transaction) const {
    const Group& group = groups_[place(transaction)];
    if (group.number != transaction / in_group) return Outcome::unknown;
    const Position at = position(transaction);
    return static_cast<Outcome>(group.words[at.word] >> at.shift & 3);
}

void Outcomes::remember(std::uint64_t transaction, Outcome outcome) {
    Group& group = groups_[place(transaction)];
    if (group.number != transaction / in_group) group = {transaction / in_group, {}};
    const Position at = position(transaction);
    std::uint64_t& word = group.words[at.word];
    word = (word & ~(std::uint64_t{3} << at.shift)) | static_cast<std::uint64_t>(outcome) << at.shift;
}

}  // namespace perfkit::bloat

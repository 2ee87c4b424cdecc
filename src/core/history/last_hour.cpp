#include "perfkit/core/history/last_hour.hpp"

#include <algorithm>
#include <limits>

namespace perfkit::history {

std::uint16_t& LastHour::at(std::int64_t minute) { return counts_[static_cast<std::size_t>(minute % minutes)]; }

void LastHour::add(std::int64_t minute) {
    if (minute < 0) return;
    if (newest_ < 0 || minute < newest_ || minute - newest_ >= minutes)
        counts_ = {};
    else
        for (std::int64_t passed = newest_ + 1; passed <= minute; ++passed) at(passed) = 0;
    newest_ = minute;
    std::uint16_t& count = at(minute);
    if (count < std::numeric_limits<std::uint16_t>::max()) ++count;
}

std::int64_t LastHour::seen(std::int64_t now, std::int64_t back) const {
    if (newest_ < 0) return 0;
    std::int64_t sum = 0;
    // A clock that was set back has its newest minute as the present one.
    const std::int64_t end = std::max(now, newest_);
    for (std::int64_t minute = std::max<std::int64_t>(0, end - std::min(back, minutes) + 1); minute <= newest_;
         ++minute)
        sum += counts_[static_cast<std::size_t>(minute % minutes)];
    return sum;
}

}  // namespace perfkit::history

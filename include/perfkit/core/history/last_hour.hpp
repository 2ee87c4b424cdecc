// How often something was seen in the last hour, by the minute: of a fixed size, for shared memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace perfkit::history {

class LastHour {
public:
    static constexpr std::int64_t minutes = 60;

    // Minutes count from any one beginning.  One that lies before the newest is of a clock that was set back: what was
    // seen before then cannot be told from what will be, and is forgotten.
    void add(std::int64_t minute);
    // What was seen in the hour, or the last so many minutes, up to and including this one.
    std::int64_t seen(std::int64_t now, std::int64_t back = minutes) const;

private:
    std::uint16_t& at(std::int64_t minute);

    std::int64_t newest_ = -1;
    // Stays at the greatest number where it is reached.
    std::array<std::uint16_t, static_cast<std::size_t>(minutes)> counts_{};
};

}  // namespace perfkit::history

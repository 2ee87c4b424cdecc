#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace perfkit {

using Uuid = std::array<std::uint8_t, 16>;

// Time as version 7 UUIDs order by it: units of 1/4096 ms since the Unix epoch, so that the upper
// 48 bits are unix_ts_ms and the lower 12 are rand_a (RFC 9562, section 6.2, method 3).
using UuidTick = std::uint64_t;

UuidTick tick_of(std::int64_t unix_seconds, std::int64_t nanoseconds);

// Gives each call a tick greater than all before it: the clock's, or the last one plus one where
// the clock has stepped back or not moved on.
class UuidClock {
public:
    UuidTick next(UuidTick now) { return last_ = now > last_ ? now : last_ + 1; }

private:
    UuidTick last_ = 0;
};

// Lays out a version 7 UUID (RFC 9562, section 5.7): the tick around the version field, then 62 of
// the 64 random bits after the variant.
Uuid make_uuid_v7(UuidTick tick, const std::array<std::uint8_t, 8>& random);

// Unix milliseconds of a version 7 UUID; nothing for other versions and variants.
std::optional<std::int64_t> unix_milliseconds_of(const Uuid& uuid);

}  // namespace perfkit

// The bits of a UUID (RFC 9562): how version 7 is laid out, and what can be read back.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace perfkit {

using Uuid = std::array<std::uint8_t, 16>;

// Time as version 7 UUIDs order by it: units of 1/4096 ms since the Unix epoch, so that the upper
// 48 bits are unix_ts_ms and the lower 12 are rand_a (RFC 9562, section 6.2, method 3).
using UuidTick = std::uint64_t;

constexpr int uuid_tail_bits = 62;
constexpr std::uint64_t uuid_tail_mask = (std::uint64_t{1} << uuid_tail_bits) - 1;

// 48 bits of milliseconds: until 10889-08-02 05:31:50.655 UTC.
constexpr std::int64_t uuid_end_ms = std::int64_t{1} << 48;

// What orders a version 7 UUID: its tick, then the 62 bits after the variant.
struct UuidStamp {
    UuidTick tick;
    std::uint64_t tail;
};

inline Uuid uuid_of_words(std::uint64_t high, std::uint64_t low) {
    if constexpr (std::endian::native == std::endian::little) {
        high = __builtin_bswap64(high);
        low = __builtin_bswap64(low);
    }
    return std::bit_cast<Uuid>(std::array<std::uint64_t, 2>{high, low});
}

// Lays out a version 7 UUID (RFC 9562, section 5.7): the tick around the version, the tail behind
// the variant.
inline Uuid make_uuid_v7(UuidStamp stamp) {
    return uuid_of_words((stamp.tick >> 12) << 16 | 0x7000 | (stamp.tick & 0xfff), std::uint64_t{1} << 63 | stamp.tail);
}

// The version, of UUIDs of the RFC's variant; nothing for other variants (section 4.1).
std::optional<int> uuid_version_of(const Uuid& uuid);

// Unix time in microseconds, rounded down: of version 7 to the millisecond, since what follows may
// be random; of versions 1 and 6 from their units of 100 ns.  Nothing for others.
std::optional<std::int64_t> unix_microseconds_of(const Uuid& uuid);

// The least and the greatest UUID of version 7 in the millisecond of a Unix time.  Times outside
// the 48 bits have none: the Nil and the Max UUID (sections 5.9 and 5.10) stand below and above
// all of version 7, so that comparing with the result still tells before from after.
Uuid uuid_v7_floor(std::int64_t unix_microseconds);
Uuid uuid_v7_ceil(std::int64_t unix_microseconds);

}  // namespace perfkit

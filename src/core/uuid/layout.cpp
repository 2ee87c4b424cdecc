#include "perfkit/core/uuid/layout.hpp"

namespace perfkit {
namespace {

// 100 ns units from the Gregorian epoch of versions 1 and 6, 1582-10-15, to the Unix epoch.
constexpr std::int64_t gregorian_gap = 0x01B2'1DD2'1381'4000;

std::int64_t big_endian(const Uuid& uuid, int from, int bytes) {
    std::int64_t value = 0;
    for (int i = from; i < from + bytes; ++i) value = value << 8 | uuid[i];
    return value;
}

std::int64_t unix_microseconds_of_gregorian(std::int64_t units) {
    const std::int64_t since_epoch = units - gregorian_gap;
    return since_epoch / 10 - (since_epoch % 10 < 0);
}

}  // namespace

std::optional<int> uuid_version_of(const Uuid& uuid) {
    if (uuid[8] >> 6 != 2) return std::nullopt;
    return uuid[6] >> 4;
}

std::optional<std::int64_t> unix_microseconds_of(const Uuid& uuid) {
    switch (uuid_version_of(uuid).value_or(0)) {
        case 1:
            return unix_microseconds_of_gregorian((big_endian(uuid, 6, 2) & 0x0fff) << 48 |
                                                  big_endian(uuid, 4, 2) << 32 | big_endian(uuid, 0, 4));
        case 6:
            return unix_microseconds_of_gregorian(big_endian(uuid, 0, 6) << 12 | (big_endian(uuid, 6, 2) & 0x0fff));
        case 7:
            return big_endian(uuid, 0, 6) * 1000;
        default:
            return std::nullopt;
    }
}

Uuid uuid_v7_floor(std::int64_t unix_microseconds) {
    if (unix_microseconds < 0) return make_uuid_v7({0, 0});
    const std::int64_t ms = unix_microseconds / 1000;
    if (ms >= uuid_end_ms) return uuid_of_words(~std::uint64_t{0}, ~std::uint64_t{0});
    return make_uuid_v7({static_cast<UuidTick>(ms) << 12, 0});
}

Uuid uuid_v7_ceil(std::int64_t unix_microseconds) {
    if (unix_microseconds < 0) return uuid_of_words(0, 0);
    const std::int64_t ms = unix_microseconds / 1000 < uuid_end_ms ? unix_microseconds / 1000 : uuid_end_ms - 1;
    return make_uuid_v7({static_cast<UuidTick>(ms) << 12 | 0xfff, uuid_tail_mask});
}

}  // namespace perfkit

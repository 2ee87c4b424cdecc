#include "perfkit/core/uuid.hpp"

#include <algorithm>

namespace perfkit {

UuidTick tick_of(std::int64_t unix_seconds, std::int64_t nanoseconds) {
    const auto ms = static_cast<std::uint64_t>(unix_seconds * 1000 + nanoseconds / 1'000'000);
    const auto below_ms = static_cast<std::uint64_t>(nanoseconds % 1'000'000);
    return ms << 12 | below_ms * 4096 / 1'000'000;
}

Uuid make_uuid_v7(UuidTick tick, const std::array<std::uint8_t, 8>& random) {
    Uuid uuid{};
    for (int i = 0; i < 6; ++i) uuid[i] = static_cast<std::uint8_t>(tick >> (52 - 8 * i));
    uuid[6] = static_cast<std::uint8_t>(0x70 | (tick >> 8 & 0x0f));
    uuid[7] = static_cast<std::uint8_t>(tick);
    std::copy(random.begin(), random.end(), uuid.begin() + 8);
    uuid[8] = static_cast<std::uint8_t>(0x80 | (uuid[8] & 0x3f));
    return uuid;
}

std::optional<std::int64_t> unix_milliseconds_of(const Uuid& uuid) {
    if (uuid[6] >> 4 != 7 || uuid[8] >> 6 != 2) return std::nullopt;
    std::int64_t ms = 0;
    for (int i = 0; i < 6; ++i) ms = ms << 8 | uuid[i];
    return ms;
}

}  // namespace perfkit

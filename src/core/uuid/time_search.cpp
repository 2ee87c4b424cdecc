#include "perfkit/core/uuid/time_search.hpp"

#include <algorithm>

namespace perfkit {
namespace {

__extension__ using Number = unsigned __int128;

Number number_of(const Uuid& uuid) {
    Number number = 0;
    for (const std::uint8_t byte : uuid) number = number << 8 | byte;
    return number;
}

// How far a number is on the way from one to another, 0 to 1.
double progress(Number from, Number to, Number number) {
    if (number <= from) return 0;
    if (number >= to) return 1;
    return static_cast<double>(number - from) / static_cast<double>(to - from);
}

bool is_v7(const Uuid& uuid) { return uuid_version_of(uuid) == 7; }

}  // namespace

std::int64_t uuid_v7_milliseconds(const Uuid& uuid) {
    if (!is_v7(uuid)) return -1;
    std::int64_t ms = 0;
    for (int i = 0; i < 6; ++i) ms = ms << 8 | uuid[i];
    return ms;
}

Uuid uuid_v7_cut(std::int64_t unix_microseconds, Cut cut) {
    if (unix_microseconds < 0) return uuid_nil;
    const std::int64_t ms = unix_microseconds / 1000;
    const bool next = cut == Cut::after || unix_microseconds % 1000 != 0;
    if (ms + next >= uuid_end_ms) return uuid_max();
    return make_uuid_v7({static_cast<UuidTick>(ms + next) << 12, 0});
}

double uuid_v7_share(std::span<const Uuid> bounds, const UuidSpan& span) {
    if (bounds.size() < 2 || span.end <= span.first) return 0;
    // Only the buckets that the span touches.
    const auto upper = std::upper_bound(bounds.begin(), bounds.end(), span.first);
    auto bucket = static_cast<std::size_t>(std::max<std::ptrdiff_t>(upper - bounds.begin() - 1, 0));
    const Number first = number_of(span.first), end = number_of(span.end);
    double buckets = 0;
    for (; bucket + 1 < bounds.size() && bounds[bucket] < span.end; ++bucket) {
        const Number from = number_of(bounds[bucket]), to = number_of(bounds[bucket + 1]);
        const double v7 = 0.5 * is_v7(bounds[bucket]) + 0.5 * is_v7(bounds[bucket + 1]);
        buckets += v7 * (progress(from, to, end) - progress(from, to, first));
    }
    return buckets / static_cast<double>(bounds.size() - 1);
}

}  // namespace perfkit

// Where the UUIDs of version 7 of a time lie among all UUIDs, and how many of them there are.
#pragma once

#include <cstdint>
#include <span>

#include "perfkit/core/uuid/layout.hpp"

namespace perfkit {

// The time of a UUID of version 7 in Unix milliseconds; -1 for others.
std::int64_t uuid_v7_milliseconds(const Uuid& uuid);

// Separates by time: all of version 7 whose time, in milliseconds, is at or after (or just after) a
// Unix time are not less than this, the others are.  The Nil and the Max UUID where all or none are.
enum class Cut { at, after };
Uuid uuid_v7_cut(std::int64_t unix_microseconds, Cut cut);

// UUIDs from `first` to before `end`; none where that is not more.
struct UuidSpan {
    Uuid first;
    Uuid end;
    bool contains(const Uuid& uuid) const { return first <= uuid && uuid < end; }
};

// Below and above all of version 7.
constexpr Uuid uuid_nil{};
inline Uuid uuid_max() { return uuid_of_words(~std::uint64_t{0}, ~std::uint64_t{0}); }

// The share of values that are of version 7 and in the span, of values whose histogram has these
// bounds, in order: as many values lie between each two of them.  Between two bounds the values are
// taken to be even in time, and to be of version 7 as the bounds are.
double uuid_v7_share(std::span<const Uuid> bounds, const UuidSpan& span);

}  // namespace perfkit

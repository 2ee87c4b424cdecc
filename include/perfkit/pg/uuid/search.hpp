// Time conditions on UUIDs: what their functions and what the planner know alike.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "perfkit/core/uuid/time_search.hpp"
#include "perfkit/pg/uuid/datum.hpp"

extern "C" {
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg {

// Unix microseconds; infinities, and times whose Unix time the type does not hold, as the ends of the type.
inline std::int64_t unix_microseconds(TimestampTz time) {
    std::int64_t result = time;
    if (TIMESTAMP_NOT_FINITE(time)) return time;
    return __builtin_add_overflow(time, epoch_gap_us, &result) ? DT_NOEND : result;
}

// `id OPERATOR time`: which cut of the time bounds the ids, and on which side they are.
struct TimeComparison {
    std::string_view function;
    bool bounds_below;
    Cut cut;

    Uuid cut_at(TimestampTz time) const { return uuid_v7_cut(unix_microseconds(time), cut); }
    UuidSpan span(TimestampTz time) const {
        return bounds_below ? UuidSpan{cut_at(time), uuid_max()} : UuidSpan{uuid_nil, cut_at(time)};
    }
};

constexpr std::array<TimeComparison, 4> time_comparisons{{
    {"pk_uuid_lt", false, Cut::at},
    {"pk_uuid_le", false, Cut::after},
    {"pk_uuid_ge", true, Cut::at},
    {"pk_uuid_gt", true, Cut::after},
}};

// The UUIDs of the times in a tstzrange.  Calls the server without pg::call: for its bodies.
UuidSpan span_of_range(const RangeType* range);

}  // namespace perfkit::pg

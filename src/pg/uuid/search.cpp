// Compares UUIDs with times.

#include "perfkit/pg/uuid/search.hpp"

#include <cstring>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/typcache.h"
}

using namespace perfkit;

namespace {

// Infinity is after every time in a UUID, and -infinity before.
std::int64_t server_microseconds(std::int64_t unix_ms) { return unix_ms * 1000 - pg::epoch_gap_us; }

template <typename Compare>
Datum compare(FunctionCallInfo fcinfo, Compare holds) {
    const std::int64_t ms = uuid_v7_milliseconds(pg::uuid_of(PG_GETARG_DATUM(0)));
    PG_RETURN_BOOL(ms >= 0 && holds(server_microseconds(ms), PG_GETARG_TIMESTAMPTZ(1)));
}

// The span of the range of the last call, which nearly always is that of the next.
struct LastRange {
    Size size;
    char bytes[64];
    UuidSpan span;
};

const UuidSpan& span_of_argument(FunctionCallInfo fcinfo) {
    auto* last = static_cast<LastRange*>(fcinfo->flinfo->fn_extra);
    const auto* given = reinterpret_cast<const varlena*>(PG_GETARG_POINTER(1));
    if (last != nullptr && last->size == VARSIZE_ANY(given) && std::memcmp(last->bytes, given, last->size) == 0)
        return last->span;
    return pg::call([fcinfo, given]() -> const UuidSpan& {
        auto* stored = static_cast<LastRange*>(fcinfo->flinfo->fn_extra);
        if (stored == nullptr)
            stored = static_cast<LastRange*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(LastRange)));
        stored->size = 0;
        stored->span = pg::span_of_range(PG_GETARG_RANGE_P(1));
        fcinfo->flinfo->fn_extra = stored;
        const Size size = VARSIZE_ANY(given);
        if (size <= sizeof stored->bytes) {
            std::memcpy(stored->bytes, given, size);
            stored->size = size;
        }
        return stored->span;
    });
}

}  // namespace

namespace perfkit::pg {

UuidSpan span_of_range(const RangeType* range) {
    RangeBound lower, upper;
    bool empty = false;
    range_deserialize(lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO), range, &lower, &upper, &empty);
    if (empty) return {uuid_max(), uuid_nil};
    const auto cut = [](const RangeBound& bound, Cut at) {
        return uuid_v7_cut(unix_microseconds(DatumGetTimestampTz(bound.val)), at);
    };
    return {lower.infinite ? uuid_nil : cut(lower, lower.inclusive ? Cut::at : Cut::after),
            upper.infinite ? uuid_max() : cut(upper, upper.inclusive ? Cut::after : Cut::at)};
}

}  // namespace perfkit::pg

PERFKIT_FUNCTION(pk_uuid_lt) {
    return compare(fcinfo, [](auto a, auto b) { return a < b; });
}
PERFKIT_FUNCTION(pk_uuid_le) {
    return compare(fcinfo, [](auto a, auto b) { return a <= b; });
}
PERFKIT_FUNCTION(pk_uuid_ge) {
    return compare(fcinfo, [](auto a, auto b) { return a >= b; });
}
PERFKIT_FUNCTION(pk_uuid_gt) {
    return compare(fcinfo, [](auto a, auto b) { return a > b; });
}

PERFKIT_FUNCTION(pk_uuid_in) {
    const Uuid uuid = pg::uuid_of(PG_GETARG_DATUM(0));
    PG_RETURN_BOOL(uuid_version_of(uuid) == 7 && span_of_argument(fcinfo).contains(uuid));
}

PERFKIT_FUNCTION(pk_uuid_is_v7) { PG_RETURN_BOOL(uuid_version_of(pg::uuid_of(PG_GETARG_DATUM(0))) == 7); }

PERFKIT_FUNCTION(pk_uuid_cut) {
    const Cut cut = PG_GETARG_BOOL(1) ? Cut::after : Cut::at;
    return pg::datum_of(uuid_v7_cut(pg::unix_microseconds(PG_GETARG_TIMESTAMPTZ(0)), cut));
}

PERFKIT_FUNCTION(pk_uuid_range_start) {
    return pg::datum_of(pg::call([fcinfo] { return pg::span_of_range(PG_GETARG_RANGE_P(0)); }).first);
}

PERFKIT_FUNCTION(pk_uuid_range_end) {
    return pg::datum_of(pg::call([fcinfo] { return pg::span_of_range(PG_GETARG_RANGE_P(0)); }).end);
}

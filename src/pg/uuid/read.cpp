// Reads what a UUID tells, and says where a time lies among UUIDs.

#include "perfkit/pg/uuid/search.hpp"

using namespace perfkit;

PERFKIT_FUNCTION(pk_uuid_version) {
    const auto version = uuid_version_of(pg::uuid_of(PG_GETARG_DATUM(0)));
    if (!version) PG_RETURN_NULL();
    PG_RETURN_INT16(static_cast<std::int16_t>(*version));
}

PERFKIT_FUNCTION(pk_uuid_timestamp) {
    const auto us = unix_microseconds_of(pg::uuid_of(PG_GETARG_DATUM(0)));
    if (!us) PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(*us - pg::epoch_gap_us);
}

PERFKIT_FUNCTION(pk_uuidv7_floor) {
    return pg::datum_of(uuid_v7_floor(pg::unix_microseconds(PG_GETARG_TIMESTAMPTZ(0))));
}

PERFKIT_FUNCTION(pk_uuidv7_ceil) { return pg::datum_of(uuid_v7_ceil(pg::unix_microseconds(PG_GETARG_TIMESTAMPTZ(0)))); }

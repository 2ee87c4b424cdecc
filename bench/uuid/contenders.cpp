// What bench/uuid compares with: in a library of its own, which no user gets.

#include <cstring>
#include <ctime>

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "utils/uuid.h"
PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_floor);
PGDLLEXPORT Datum bench_floor(PG_FUNCTION_ARGS);
PG_FUNCTION_INFO_V1(bench_palloc);
PGDLLEXPORT Datum bench_palloc(PG_FUNCTION_ARGS);
PG_FUNCTION_INFO_V1(bench_call_per_uuid);
PGDLLEXPORT Datum bench_call_per_uuid(PG_FUNCTION_ARGS);
}

// No function that returns a UUID by the clock can be faster: memory for it, and the clock.
Datum bench_floor(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    auto* uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    std::memcpy(uuid->data, &time, sizeof uuid->data);
    PG_RETURN_UUID_P(uuid);
}

Datum bench_palloc(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    auto* uuid = static_cast<pg_uuid_t*>(palloc0(sizeof(pg_uuid_t)));
    PG_RETURN_UUID_P(uuid);
}

// Version 7 as extensions commonly make it: the clock, and one call to the CSPRNG for each UUID.
Datum bench_call_per_uuid(PG_FUNCTION_ARGS) {
    (void)fcinfo;
    auto* uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    const uint64 ms = static_cast<uint64>(time.tv_sec) * 1000 + static_cast<uint64>(time.tv_nsec) / 1000000;
    for (int i = 0; i < 6; ++i) uuid->data[i] = static_cast<unsigned char>(ms >> (40 - 8 * i));
    if (!pg_strong_random(uuid->data + 6, 10)) ereport(ERROR, (errmsg("could not generate random values")));
    uuid->data[6] = (uuid->data[6] & 0x0f) | 0x70;
    uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80;
    PG_RETURN_UUID_P(uuid);
}

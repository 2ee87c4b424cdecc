// What bench/uuid compares with: in a library of its own, which no user gets.

#include <algorithm>
#include <cstring>
#include <ctime>
#include <vector>

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "utils/uuid.h"
PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_floor);
PGDLLEXPORT Datum bench_floor(PG_FUNCTION_ARGS);
PG_FUNCTION_INFO_V1(bench_palloc);
PGDLLEXPORT Datum bench_palloc(PG_FUNCTION_ARGS);
PG_FUNCTION_INFO_V1(bench_lone_call);
PGDLLEXPORT Datum bench_lone_call(PG_FUNCTION_ARGS);
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

namespace {

double now_ns() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

}  // namespace

// Elapsed ns of a call of a function without arguments after a pause of 50 µs: median of many, less
// the clock's own time.  (Nothing here raises an error while it owns memory.)
Datum bench_lone_call(PG_FUNCTION_ARGS) {
    FmgrInfo function;
    fmgr_info(PG_GETARG_OID(0), &function);
    std::vector<double> calls, clocks;
    for (int i = 0; i < PG_GETARG_INT32(1); ++i) {
        for (const double until = now_ns() + 50'000; now_ns() < until;) continue;
        const double a = now_ns();
        const double b = now_ns();
        pfree(DatumGetPointer(FunctionCall0Coll(&function, InvalidOid)));
        const double c = now_ns();
        clocks.push_back(b - a);
        calls.push_back(c - b);
    }
    std::sort(calls.begin(), calls.end());
    std::sort(clocks.begin(), clocks.end());
    PG_RETURN_FLOAT8(calls[calls.size() / 2] - clocks[clocks.size() / 2]);
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

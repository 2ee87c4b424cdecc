// PostgreSQL's uuid and timestamptz as core's values.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>

#include "perfkit/core/uuid/layout.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "utils/uuid.h"
}

namespace perfkit::pg {

// Between PostgreSQL's epoch, 2000-01-01, and the Unix epoch.
constexpr std::int64_t epoch_gap_us = std::int64_t{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE} * USECS_PER_DAY;

inline Uuid uuid_of(Datum datum) {
    Uuid uuid;
    std::memcpy(uuid.data(), DatumGetUUIDP(datum)->data, uuid.size());
    return uuid;
}

// Returns NULL instead of reporting an error where memory ends, so that the hottest call into
// PostgreSQL needs no pg::call.
inline Datum datum_of(const Uuid& uuid) {
    void* memory = palloc_extended(sizeof(pg_uuid_t), MCXT_ALLOC_NO_OOM);
    if (memory == nullptr) throw std::bad_alloc();
    std::memcpy(memory, uuid.data(), uuid.size());
    return PointerGetDatum(memory);
}

}  // namespace perfkit::pg

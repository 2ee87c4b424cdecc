// PostgreSQL's uuid and timestamptz as core's values.
#pragma once

#include <cstring>
#include <new>

#include "perfkit/core/uuid/layout.hpp"
#include "perfkit/pg/epoch.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "utils/uuid.h"
}

namespace perfkit::pg {

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

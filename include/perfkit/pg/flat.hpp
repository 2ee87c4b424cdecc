// An argument of variable length in one piece, copied only where there is no other way.
//
// PG_DETOAST_DATUM copies into palloc'd memory whenever a value is not stored plainly.  Here a value
// with a short header (up to 126 bytes) is copied into this object, an array that PL/pgSQL holds in
// expanded form is read where it is, and what had to be fetched or decompressed is freed again.
#pragma once

#include <array>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

class Flat {
public:
    explicit Flat(Datum datum);
    ~Flat() {
        if (fetched_ != nullptr) pfree(fetched_);
    }
    Flat(const Flat&) = delete;
    Flat& operator=(const Flat&) = delete;

    // With a four-byte header, aligned as the type wants it.
    template <typename T>
    const T* as() const {
        return reinterpret_cast<const T*>(value_);
    }

private:
    const varlena* value_;
    varlena* fetched_ = nullptr;
    alignas(MAXIMUM_ALIGNOF) std::array<char, VARATT_SHORT_MAX + VARHDRSZ> short_;
};

}  // namespace perfkit::pg

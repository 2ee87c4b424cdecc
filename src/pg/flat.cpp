#include "perfkit/pg/flat.hpp"

#include <cstring>

extern "C" {
#include "utils/array.h"
#include "utils/expandeddatum.h"
}

namespace perfkit::pg {

namespace {

// Of an array that PL/pgSQL holds in expanded form, the flat form, if it is there; else null.
const varlena* flat_form_of(varlena* stored) {
    if (!VARATT_IS_EXTERNAL_EXPANDED(stored)) return nullptr;
    const auto* array = reinterpret_cast<const ExpandedArrayHeader*>(DatumGetEOHP(PointerGetDatum(stored)));
    return array->ea_magic == EA_MAGIC ? reinterpret_cast<const varlena*>(array->fvalue) : nullptr;
}

}  // namespace

Flat::Flat(Datum datum) {
    auto* const stored = reinterpret_cast<varlena*>(DatumGetPointer(datum));
    if (VARATT_IS_4B_U(stored)) {
        value_ = stored;
    } else if (VARATT_IS_SHORT(stored) && !VARATT_IS_EXTERNAL(stored)) {
        const std::size_t length = VARSIZE_SHORT(stored) - VARHDRSZ_SHORT;
        SET_VARSIZE(short_.data(), length + VARHDRSZ);
        std::memcpy(short_.data() + VARHDRSZ, VARDATA_SHORT(stored), length);
        value_ = reinterpret_cast<const varlena*>(short_.data());
    } else if (const varlena* flat = flat_form_of(stored)) {
        value_ = flat;
    } else {
        fetched_ = call([stored] { return pg_detoast_datum(stored); });
        value_ = fetched_;
    }
}

}  // namespace perfkit::pg

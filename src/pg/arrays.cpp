#include "perfkit/pg/arrays.hpp"

#include <stdexcept>

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

Elements elements_of(Datum array) {
    return call([array] {
        ArrayType* const value = DatumGetArrayTypeP(array);
        const Oid type = ARR_ELEMTYPE(value);
        int16 length;
        bool by_value;
        char alignment;
        get_typlenbyvalalign(type, &length, &by_value, &alignment);
        Datum* values;
        bool* nulls;
        int count;
        deconstruct_array(value, type, length, by_value, alignment, &values, &nulls, &count);
        const auto size = static_cast<std::size_t>(count);
        return Elements{{values, size}, {nulls, size}};
    });
}

std::span<const Datum> elements_of(Datum array, const char* name) {
    const Elements elements = elements_of(array);
    if (elements.has_null()) throw std::invalid_argument(std::string(name) + " must not contain NULL");
    return elements.values;
}

Datum bigint_array(std::span<const std::int64_t> values) {
    return call([=] {
        auto* const datums = static_cast<Datum*>(palloc(sizeof(Datum) * (values.size() + 1)));
        for (std::size_t i = 0; i < values.size(); ++i) datums[i] = Int64GetDatum(values[i]);
        return PointerGetDatum(construct_array(datums, static_cast<int>(values.size()), INT8OID, sizeof(std::int64_t),
                                               FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
    });
}

Datum text_array(std::span<const std::string> texts) {
    return call([=] {
        auto* const datums = static_cast<Datum*>(palloc(sizeof(Datum) * (texts.size() + 1)));
        for (std::size_t i = 0; i < texts.size(); ++i) datums[i] = CStringGetTextDatum(texts[i].c_str());
        return PointerGetDatum(
            construct_array(datums, static_cast<int>(texts.size()), TEXTOID, -1, false, TYPALIGN_INT));
    });
}

}  // namespace perfkit::pg

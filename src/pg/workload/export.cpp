// The SQL side of substitutes, which an anonymised export has in place of constants.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perfkit/core/workload/substitutes.hpp"
#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/rows.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
}

using namespace perfkit;
using perfkit::workload::Substitutes;
using pg::Value;

namespace {

using Texts = std::vector<std::optional<std::string>>;

// Of a text[], whatever its dimensions.
Texts texts_of(Datum array) {
    const pg::Elements found = pg::elements_of(array);
    Texts texts(found.values.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (found.nulls[i]) continue;
        const auto* const bytes = pg::call([&] { return DatumGetTextPP(found.values[i]); });
        texts[i].emplace(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
    }
    return texts;
}

Datum array_of(const Texts& texts) {
    return pg::call([&texts] {
        auto* values = static_cast<Datum*>(palloc0(sizeof(Datum) * (texts.size() + 1)));
        auto* nulls = static_cast<bool*>(palloc0(texts.size() + 1));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            nulls[i] = !texts[i];
            if (texts[i])
                values[i] =
                    PointerGetDatum(cstring_to_text_with_len(texts[i]->data(), static_cast<int>(texts[i]->size())));
        }
        int dimensions = static_cast<int>(texts.size()), lower = 1;
        return PointerGetDatum(texts.empty() ? construct_empty_array(TEXTOID)
                                             : construct_md_array(values, nulls, 1, &dimensions, &lower, TEXTOID, -1,
                                                                  false, TYPALIGN_INT));
    });
}

// Each text by function, with a chance to cancel before it.
template <typename Function>
void each(Texts& texts, Function&& function) {
    for (std::optional<std::string>& one : texts) {
        pg::call([] { CHECK_FOR_INTERRUPTS(); });
        if (one) function(*one);
    }
}

}  // namespace

PERFKIT_FUNCTION(pk_workload_substitutes) {
    pg::Rows rows(fcinfo);
    Texts queries = texts_of(PG_GETARG_DATUM(0)), parameters = texts_of(PG_GETARG_DATUM(1));
    Substitutes::Common common;
    for (std::optional<std::string>& one : texts_of(PG_GETARG_DATUM(2)))
        if (one) common.insert(std::move(*one));
    Substitutes substitutes(std::move(common));
    each(queries, [&substitutes](const std::string& t) { substitutes.note_statement(t); });
    each(parameters, [&substitutes](const std::string& t) { substitutes.note(t); });
    substitutes.seal();
    each(queries, [&substitutes](std::string& t) { t = substitutes.statement(t); });
    each(parameters, [&substitutes](std::string& t) { t = substitutes.value(t); });
    rows.add({Value::of(array_of(queries)), Value::of(array_of(parameters))});
    PG_RETURN_NULL();
}

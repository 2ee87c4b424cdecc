// What pk_metrics() needs from C: its lines.  What is measured is asked in sql/metrics/.

#include "perfkit/core/metrics.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/latency.hpp"

extern "C" {
#include "mb/pg_wchar.h"
}

using namespace perfkit;

namespace {

std::string_view view_of(Datum datum) {
    const auto* const value = pg::call([=] { return DatumGetTextPP(datum); });
    return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

// Names of databases and roles are in the encoding of whoever has created them.
std::string printable(std::string_view bytes) {
    const int encoding = GetDatabaseEncoding();
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) return metrics::printable_utf8(bytes);
    const bool valid = pg::call([=] { return pg_verifymbstr(bytes.data(), static_cast<int>(bytes.size()), true); });
    return valid ? std::string(bytes) : metrics::printable_ascii(bytes);
}

// Names and values in turn; a label whose value is NULL is left out.
std::vector<metrics::Label> labels_from(Datum array) {
    const auto [texts, nulls] = pg::elements_of(array);
    if (texts.size() % 2 != 0) throw std::invalid_argument("the labels must be names and values in turn");
    std::vector<metrics::Label> labels;
    for (std::size_t i = 0; i < texts.size(); i += 2) {
        if (nulls[i]) throw std::invalid_argument("a label must have a name");
        if (!nulls[i + 1]) labels.push_back({printable(view_of(texts[i])), printable(view_of(texts[i + 1]))});
    }
    return labels;
}

}  // namespace

PERFKIT_FUNCTION(pk_metric_text) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) PG_RETURN_NULL();
    const std::string_view name = view_of(PG_GETARG_DATUM(0));
    const auto labels = PG_ARGISNULL(1) ? std::vector<metrics::Label>() : labels_from(PG_GETARG_DATUM(1));
    const double value = PG_GETARG_FLOAT8(2);
    const std::string lines = PG_ARGISNULL(3)
                                  ? metrics::sample(name, labels, value)
                                  : metrics::histogram(name, labels, pg::latency_from(PG_GETARG_DATUM(3)), value);
    return pg::call(
        [&] { return PointerGetDatum(cstring_to_text_with_len(lines.data(), static_cast<int>(lines.size()))); });
}

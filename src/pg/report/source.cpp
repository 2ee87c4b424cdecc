#include "perfkit/pg/report/source.hpp"

#include <cstdlib>

#include "perfkit/core/metrics.hpp"
#include "perfkit/pg/epoch.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::reporting {

namespace {

// What cannot be converted, such as a name that was given in a database of another encoding, by its bytes.
std::string utf8(const std::string& bytes) {
    const int encoding = GetDatabaseEncoding();
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) return bytes;
    std::string result(bytes.size() * 4 + 1, '\0');
    const int converted = call([&] {
        const Oid conversion = FindDefaultConversionProc(encoding, PG_UTF8);
        if (!OidIsValid(conversion)) return -1;
        return pg_do_encoding_conversion_buf(
            conversion, encoding, PG_UTF8,
            const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.c_str())),
            static_cast<int>(bytes.size()), reinterpret_cast<unsigned char*>(result.data()),
            static_cast<int>(result.size()), true);
    });
    if (converted != static_cast<int>(bytes.size())) return metrics::printable_ascii(bytes);
    result.resize(result.find('\0'));
    return result;
}

}  // namespace

std::string time_literal(TimestampTz time) {
    return "(timestamptz 'epoch' + interval '" + std::to_string(time + epoch_gap_us) + " microseconds')";
}

std::string with(std::string sql, std::string_view mark, const std::string& value) {
    for (std::size_t place = 0; (place = sql.find(mark, place)) != std::string::npos; place += value.size())
        sql.replace(place, mark.size(), value);
    return sql;
}

std::vector<TextRow> Source::rows(std::string sql, const Span& span) const {
    sql = with(with(with(std::move(sql), "@s@", schema_), "@from@", time_literal(span.from)), "@to@",
               time_literal(span.to));
    std::vector<TextRow> found = run_query(sql);
    for (TextRow& row : found)
        for (auto& value : row)
            if (value) value = utf8(*value);
    return found;
}

report::Number number(const std::optional<std::string>& text) {
    return text ? report::Number(std::strtod(text->c_str(), nullptr)) : std::nullopt;
}

std::string text(const std::optional<std::string>& text) { return text.value_or(""); }

LatencyHistogram latency(const std::optional<std::string>& text) {
    LatencyHistogram histogram;
    if (!text) return histogram;
    std::vector<std::int64_t> pairs;
    const char* place = text->c_str();
    while (*place == '{' || *place == ',') {
        char* end = nullptr;
        const std::int64_t value = std::strtoll(++place, &end, 10);
        if (end == place) break;
        pairs.push_back(value);
        place = end;
    }
    return histogram.add_pairs(pairs) ? histogram : LatencyHistogram();
}

bool ends_all(const Error& error) {
    const int category = ERRCODE_TO_CATEGORY(error.report()->sqlerrcode);
    return category == ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) ||
           category == ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES);
}

std::string sentence_of(const Error& error) {
    const std::string message = utf8(error.what());
    if (error.report()->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE)
        return "This is for members of pg_monitor: " + message + ".";
    return "This could not be told: " + message + ".";
}

}  // namespace perfkit::pg::reporting

// The state of server and database: health, cache, storage, indexes.

#include "perfkit/pg/report/gather.hpp"

namespace perfkit::pg::reporting {

namespace {

// Newest relations and largest ones alike are few beside what the reader can take in.
constexpr int most_relations = 60;

}  // namespace

void gather_health(const Source& source, report::Part<report::Check>& health) {
    // Five objects at most, in columns of their own.
    for (const TextRow& row : source.rows(
             "SELECT name, area, status, value, unit, threshold, left(meaning, 1000), left(recommendation, 2000),"
             " left(reason, 1000), left(objects[1], 1000), left(objects[2], 1000), left(objects[3], 1000),"
             " left(objects[4], 1000), left(objects[5], 1000) FROM @s@.pk_health(max_ms => 5000)")) {
        report::Check check{text(row[0]),   text(row[1]), text(row[2]), number(row[3]), text(row[4]),
                            number(row[5]), {},           text(row[6]), text(row[7]),   text(row[8])};
        for (std::size_t i = 9; i < row.size(); ++i)
            if (row[i]) check.objects.push_back(*row[i]);
        health.rows.push_back(std::move(check));
    }
}

void gather_cache(const Source& source, const Span& span, const std::optional<Span>& before,
                  report::Part<report::CachedTable>& cache) {
    const char* const asked =
        "SELECT format('%I.%I', schema_name, table_name), reads, hits, hit_percent, class"
        " FROM @s@.pk_cache_window(@to@ - @from@, @to@) WHERE reads + hits > 0 LIMIT 12";
    for (const TextRow& row : source.rows(asked, span))
        cache.rows.push_back(
            {text(row[0]), number(row[1]), number(row[2]), number(row[3]), std::nullopt, text(row[4])});
    if (!before) return;
    for (const TextRow& row : source.rows(with(asked, " LIMIT 12", ""), *before))
        for (report::CachedTable& table : cache.rows)
            if (table.name == text(row[0])) table.percent_before = number(row[3]);
}

void gather_cache_since(const Source& source, report::Part<report::CachedTable>& cache) {
    cache.note = "What the counters have since they began.";
    for (const TextRow& row : source.rows(
             "SELECT format('%I.%I', schema_name, table_name), reads, hits, hit_percent, class FROM @s@.pk_cache_table"
             " WHERE reads + hits > 0 AND schema_name NOT IN ('pg_catalog', 'information_schema')"
             " ORDER BY reads DESC, hits DESC, 1 LIMIT 12"))
        cache.rows.push_back(
            {text(row[0]), number(row[1]), number(row[2]), number(row[3]), std::nullopt, text(row[4])});
}

void gather_forecasts(const Source& source, report::Part<report::CacheForecast>& forecasts) {
    for (const TextRow& row :
         source.rows("SELECT factor, shared_buffers_bytes, hit_percent, low_percent, high_percent, left(status, 300)"
                     " FROM @s@.pk_cache_advice() ORDER BY factor"))
        forecasts.rows.push_back(
            {number(row[0]), number(row[1]), number(row[2]), number(row[3]), number(row[4]), text(row[5])});
}

void gather_storage(const Source& source, report::Storage& storage) {
    // Sizes of files without a lock; pages only of the largest relations, and only of those that the caller may see.
    const auto rows = source.rows(with(
        "WITH relation AS MATERIALIZED ("
        "  SELECT c.oid, n.nspname, c.relname, c.relkind, i.indrelid, @s@.pk_relation_bytes(c.oid) AS bytes"
        "  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid"
        "  WHERE c.relkind IN ('r', 'm', 'i', 't') AND c.relpersistence <> 't'"
        "), largest AS MATERIALIZED ("
        "  SELECT r.*, o.nspname AS schema_of, t.relname AS table_of, x.relname AS toasted, xn.nspname AS toasted_in,"
        "         coalesce(x.oid, t.oid, r.oid) AS asked"
        "  FROM relation r LEFT JOIN pg_class t ON t.oid = r.indrelid LEFT JOIN pg_namespace o ON o.oid = "
        "t.relnamespace"
        "  LEFT JOIN pg_class x ON x.reltoastrelid = coalesce(r.indrelid, r.oid) AND x.reltoastrelid <> 0"
        "  LEFT JOIN pg_namespace xn ON xn.oid = x.relnamespace"
        "  WHERE coalesce(xn.nspname, r.nspname) NOT IN ('pg_catalog', 'information_schema') AND r.bytes > 0"
        "  ORDER BY r.bytes DESC, r.oid LIMIT @most@)"
        " SELECT CASE WHEN toasted IS NULL THEN format('%I.%I', nspname, relname)"
        "             ELSE format('%I.%I (TOAST)', toasted_in, toasted) END,"
        "  CASE WHEN relkind = 'i' THEN CASE WHEN toasted IS NULL THEN format('%I.%I', schema_of, table_of)"
        "       ELSE format('the TOAST table of %I.%I', toasted_in, toasted) END END,"
        "  coalesce(b.kind, CASE relkind WHEN 'i' THEN 'index' WHEN 't' THEN 'TOAST table' ELSE 'table' END),"
        "  bytes, b.wasted_bytes, b.bloat_percent, b.low_percent, b.high_percent, b.class,"
        "  left(b.recommendation, 2000), left(b.reason, 300),"
        "  (SELECT sum(bytes) FROM relation), (SELECT count(*) FROM relation WHERE bytes > 0)"
        " FROM largest l LEFT JOIN LATERAL @s@.pk_bloat("
        "   CASE WHEN pg_has_role('pg_stat_scan_tables', 'USAGE') OR has_table_privilege(asked, 'SELECT') THEN oid "
        "END) b"
        "   ON true ORDER BY bytes DESC, oid",
        "@most@", std::to_string(most_relations)));
    for (const TextRow& row : rows) {
        storage.rows.push_back({text(row[0]), text(row[1]), text(row[2]), number(row[3]), number(row[4]),
                                number(row[5]), number(row[6]), number(row[7]), text(row[8]), text(row[9]),
                                text(row[10])});
        storage.all_bytes = number(row[11]);
        storage.all_relations = number(row[12]);
    }
}

void gather_growth(const Source& source, const Span& span, report::Part<report::Growth>& growth) {
    for (const TextRow& row :
         source.rows("SELECT format('%I.%I', schema_name, table_name), bytes_before, bytes_after, growth_bytes"
                     " FROM @s@.pk_growth_window(@to@ - @from@, @to@) WHERE growth_bytes > 0 LIMIT 10",
                     span))
        growth.rows.push_back({text(row[0]), number(row[1]), number(row[2]), number(row[3])});
}

void gather_advice(const Source& source, report::Part<report::Advice>& advice) {
    for (const TextRow& row : source.rows(
             "SELECT advice_id, action, format('%I.%I', schema_name, table_name), index_name, left(ddl, 4000),"
             " left(reason, 1000), left(warning, 1000), est_size_bytes, cost_before, cost_after, saved_ms_per_hour,"
             " write_cost, queries_helped FROM @s@.pk_suggest_indexes(time_limit => '5 seconds') ORDER BY rank LIMIT "
             "15"))
        advice.rows.push_back({text(row[0]), text(row[1]), text(row[2]), text(row[3]), text(row[4]), text(row[5]),
                               text(row[6]), number(row[7]), number(row[8]), number(row[9]), number(row[10]),
                               number(row[11]), number(row[12])});
}

void gather_applied(const Source& source, report::Part<report::Applied>& applied) {
    for (const TextRow& row : source.rows(
             "SELECT a.action, format('%I.%I', a.schema_name, a.table_name), a.index_name,"
             " to_char(coalesce(a.finished, a.requested), 'YYYY-MM-DD HH24:MI'), coalesce(v.verdict, a.state),"
             " left(coalesce(v.reason, a.error), 1000), left(v.statement, 2000), v.calls_before, v.calls_after,"
             " v.mean_before_ms, v.mean_after_ms, v.change_ms, v.change_low_ms, v.change_high_ms, v.saved_ms_per_hour,"
             " v.forecast_ms_per_hour, v.size_bytes, v.forecast_bytes"
             " FROM @s@.pk_applied a LEFT JOIN @s@.pk_verify() v ON v.id = a.id"
             " ORDER BY a.requested DESC, a.id LIMIT 15"))
        applied.rows.push_back({text(row[0]), text(row[1]), text(row[2]), text(row[3]), text(row[4]), text(row[5]),
                                text(row[6]), number(row[7]), number(row[8]), number(row[9]), number(row[10]),
                                number(row[11]), number(row[12]), number(row[13]), number(row[14]), number(row[15]),
                                number(row[16]), number(row[17])});
}

}  // namespace perfkit::pg::reporting

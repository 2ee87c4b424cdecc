#include "perfkit/pg/workload/fallback.hpp"

#include <cstring>
#include <string>
#include <vector>

#include "perfkit/pg/query.hpp"

extern "C" {
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"
}

namespace perfkit::pg::workload {

namespace {

// By name from the row as jsonb, since versions differ in what they have and how they call it.
constexpr char query_head[] =
    "SELECT (f->>'dbid')::oid, (f->>'userid')::oid, (f->>'toplevel')::bool, (f->>'queryid')::int8,"
    " (f->>'calls')::int8, NULL::int8, NULL::int8,"
    " (f->>'total_exec_time')::float8, (f->>'min_exec_time')::float8, (f->>'mean_exec_time')::float8,"
    " (f->>'max_exec_time')::float8, (f->>'stddev_exec_time')::float8,"
    " NULL::float8, NULL::float8, NULL::float8, NULL::int8[], NULL::float8,"
    " (f->>'rows')::int8, (f->>'plans')::int8, (f->>'total_plan_time')::float8, (f->>'min_plan_time')::float8,"
    " (f->>'max_plan_time')::float8,"
    " (f->>'shared_blks_hit')::int8, (f->>'shared_blks_read')::int8, (f->>'shared_blks_dirtied')::int8,"
    " (f->>'shared_blks_written')::int8, (f->>'local_blks_hit')::int8, (f->>'local_blks_read')::int8,"
    " (f->>'local_blks_dirtied')::int8, (f->>'local_blks_written')::int8,"
    " (f->>'temp_blks_read')::int8, (f->>'temp_blks_written')::int8,"
    " coalesce((f->>'blk_read_time')::float8, (f->>'shared_blk_read_time')::float8 + "
    "(f->>'local_blk_read_time')::float8),"
    " coalesce((f->>'blk_write_time')::float8, (f->>'shared_blk_write_time')::float8 + "
    "(f->>'local_blk_write_time')::float8),"
    " (f->>'temp_blk_read_time')::float8, (f->>'temp_blk_write_time')::float8,"
    " (f->>'wal_records')::int8, (f->>'wal_fpi')::int8, (f->>'wal_bytes')::int8,"
    " (f->>'stats_since')::timestamptz, NULL::timestamptz, f->>'query'"
    " FROM (SELECT pg_catalog.to_jsonb(s) AS f FROM ";
constexpr int columns = 42;

bool preloaded(const char* library) {
    return shared_preload_libraries_string != nullptr &&
           std::strstr(shared_preload_libraries_string, library) != nullptr;
}

void notice(bool fallback) {
    call([fallback] {
        ereport(NOTICE,
                (errmsg("pg_perfkit captures no workload: %s",
                        fallback ? "showing what pg_stat_statements has" : "there is nothing to show"),
                 fallback ? errdetail("Missing: latency percentiles, failed and cancelled executions, samples with "
                                      "constants.")
                          : errdetail("It is not preloaded, and pg_stat_statements is not in this database either."),
                 errhint("Add pg_perfkit to shared_preload_libraries and restart the server.")));
    });
}

// Runs a query with nothing but the system's own operators and types in its search_path, until the caller closes SPI.
std::uint64_t select(const char* query) {
    return call([query] {
        const int level = NewGUCNestLevel();
        set_option("search_path", "pg_catalog, pg_temp");
        if (SPI_execute(query, true, 0) != SPI_OK_SELECT) elog(ERROR, "could not run \"%s\"", query);
        AtEOXact_GUC(true, level);
        return SPI_processed;
    });
}

Value value_at(std::uint64_t row, int column) {
    bool null;
    const Datum datum =
        call([=, &null] { return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column + 1, &null); });
    return null ? Value(std::nullopt) : Value::of(datum);
}

}  // namespace

void rows_of_pg_stat_statements(Rows& rows) {
    call([] { SPI_connect(); });
    const bool there = preloaded("pg_stat_statements") &&
                       select(
                           "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
                           " WHERE e.extname = 'pg_stat_statements'") == 1;
    notice(there);
    if (there) {
        const char* const schema =
            call([] { return quote_identifier(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1)); });
        const std::string query = std::string(query_head) + schema + ".pg_stat_statements s) t";
        const std::uint64_t found = select(query.c_str());
        std::vector<Value> values;
        for (std::uint64_t row = 0; row < found; ++row) {
            values.clear();
            for (int column = 0; column < columns; ++column) values.push_back(value_at(row, column));
            rows.add(values);
        }
    }
    call([] { SPI_finish(); });
}

}  // namespace perfkit::pg::workload

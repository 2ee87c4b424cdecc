#include "perfkit/pg/advisor/statistics.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/pg/query.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

using advisor::Query;
using advisor::Workload;

namespace {

// By the catalog: a name's look-up fails where the caller may not use the schema.
const char* const view_of_statistics =
    "FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_class c ON c.relnamespace = n.oid AND "
    "c.relname = 'pg_stat_statements' ";

bool has_column(const char* column) {
    return !run_query(std::string("SELECT 1 ") + view_of_statistics +
                      "JOIN pg_attribute a ON a.attrelid = c.oid WHERE e.extname = 'pg_stat_statements' AND "
                      "a.attname = '" +
                      column + "'")
                .empty();
}

}  // namespace

const char* statistics_missing() {
    if (shared_preload_libraries_string == nullptr ||
        std::strstr(shared_preload_libraries_string, "pg_stat_statements") == nullptr)
        return "it is not loaded";
    const std::string schema = schema_of_extension("pg_stat_statements");
    if (schema.empty()) return "it is not installed in this database";
    // Since 1.8
    if (!has_column("total_exec_time")) return "it is too old in this database: ALTER EXTENSION ... UPDATE";
    return nullptr;
}

bool statistics_readable() {
    return !run_query(std::string("SELECT 1 ") + view_of_statistics +
                      "WHERE e.extname = 'pg_stat_statements' AND has_schema_privilege(n.oid, 'USAGE') AND "
                      "has_table_privilege(c.oid, 'SELECT')")
                .empty();
}

Workload read_statistics() {
    Workload workload;
    workload.source = "pg_stat_statements";
    const std::string schema = schema_of_extension("pg_stat_statements");
    const std::string since = has_column("stats_since") ? "greatest(i.stats_reset, s.stats_since)" : "i.stats_reset";
    const auto rows = run_query(
        "SELECT s.queryid, s.userid, pg_get_userbyid(s.userid), s.query, s.calls, s.total_exec_time, s.rows, "
        "extract(epoch FROM clock_timestamp() - " +
        since +
        ") / 3600, "
        "to_char(i.stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "extract(epoch FROM clock_timestamp() - i.stats_reset) / 3600 "
        "FROM " +
        schema + ".pg_stat_statements s, " + schema +
        ".pg_stat_statements_info i "
        "WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.calls > 0 "
        "ORDER BY s.total_exec_time DESC, s.queryid, s.userid");
    for (const TextRow& row : rows) {
        Query query;
        query.id = integer_of(row[0]);
        query.user = static_cast<Oid>(integer_of(row[1]));
        query.user_name = row[2].value_or("");
        query.text = row[3].value_or("");
        query.calls = number_of(row[4]);
        query.total_ms = number_of(row[5]);
        query.rows = number_of(row[6]);
        query.hours = std::max(shortest_hours, number_of(row[7]));
        query.observed = true;
        workload.since = row[8].value_or("");
        workload.hours = number_of(row[9]);
        workload.queries.push_back(std::move(query));
    }
    return workload;
}

void add_executions(Workload& workload) {
    std::map<std::pair<std::int64_t, std::uint32_t>, std::vector<advisor::Execution>> executions;
    for (pg::workload::KeptSample& kept : pg::workload::plannable_samples())
        executions[{kept.key.queryid, kept.key.user}].push_back({std::move(kept.sample), kept.slowest});
    for (Query& query : workload.queries)
        if (const auto found = executions.find({query.id, query.user}); found != executions.end())
            query.executions = std::move(found->second);
}

}  // namespace perfkit::pg

#include "perfkit/pg/advisor/statistics.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
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

template <typename Number>
Number number_of(const std::optional<std::string>& text) {
    Number number{};
    if (!text) return number;
    if constexpr (std::is_floating_point_v<Number>) {
        number = std::strtod(text->c_str(), nullptr);  // libc++ has no from_chars for it
    } else {
        std::from_chars(text->data(), text->data() + text->size(), number);
    }
    return number;
}

// Empty where it is not in this database.
std::string find_schema() {
    const auto rows = run_query(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "WHERE e.extname = 'pg_stat_statements'");
    return rows.empty() ? "" : quoted_name(*rows.front().front());
}

bool has_column(const std::string& schema, const char* column) {
    return !run_query("SELECT 1 FROM pg_attribute WHERE attrelid = pg_catalog.to_regclass(" +
                      quoted_literal(schema + ".pg_stat_statements") + ") AND attname = '" + column + "'")
                .empty();
}

// The samples go to the queries that they are of.
void add_executions(Workload& workload) {
    std::map<std::pair<std::int64_t, std::uint32_t>, std::vector<advisor::Execution>> executions;
    for (pg::workload::KeptSample& kept : pg::workload::plannable_samples())
        executions[{kept.key.queryid, kept.key.user}].push_back({std::move(kept.sample), kept.slowest});
    for (Query& query : workload.queries)
        if (const auto found = executions.find({query.id, query.user}); found != executions.end())
            query.executions = std::move(found->second);
}

}  // namespace

const char* statistics_missing() {
    if (shared_preload_libraries_string == nullptr ||
        std::strstr(shared_preload_libraries_string, "pg_stat_statements") == nullptr)
        return "it is not loaded";
    const std::string schema = find_schema();
    if (schema.empty()) return "it is not installed in this database";
    // Since 1.8
    if (!has_column(schema, "total_exec_time")) return "it is too old in this database: ALTER EXTENSION ... UPDATE";
    return nullptr;
}

Workload read_statistics() {
    Workload workload;
    workload.source = "pg_stat_statements";
    const std::string schema = find_schema();
    const std::string since =
        has_column(schema, "stats_since") ? "greatest(i.stats_reset, s.stats_since)" : "i.stats_reset";
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
        query.id = number_of<std::int64_t>(row[0]);
        query.user = number_of<std::uint32_t>(row[1]);
        query.user_name = row[2].value_or("");
        query.text = row[3].value_or("");
        query.calls = number_of<double>(row[4]);
        query.total_ms = number_of<double>(row[5]);
        query.rows = number_of<double>(row[6]);
        query.hours = std::max(shortest_hours, number_of<double>(row[7]));
        query.observed = true;
        workload.since = row[8].value_or("");
        workload.hours = number_of<double>(row[9]);
        workload.queries.push_back(std::move(query));
    }
    add_executions(workload);
    return workload;
}

}  // namespace perfkit::pg

#include "perfkit/pg/advisor/workload.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "perfkit/pg/query.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

using advisor::Query;
using advisor::Workload;

namespace {

// Shorter windows say little of an hour.
constexpr double shortest_hours = 1.0 / 3600;

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

[[noreturn]] void raise_missing(const char* what, const char* hint) {
    call([=] {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("%s", what), errhint("%s", hint)));
    });
    pg_unreachable();
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

class StatisticsSource : public WorkloadSource {
public:
    Workload read() override {
        const std::string schema = quoted_name(find_schema());
        const bool has_since = has_column(schema, "stats_since");
        if (!has_column(schema, "total_exec_time"))
            raise_missing("pg_stat_statements is too old in this database",
                          "Run ALTER EXTENSION pg_stat_statements UPDATE.");
        return fetch(schema, has_since);
    }

private:
    static std::string find_schema() {
        const auto rows = run_query(
            "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
            "WHERE e.extname = 'pg_stat_statements'");
        if (rows.empty())
            raise_missing(
                "there is no workload to advise on: pg_stat_statements is not installed in this database",
                "Run CREATE EXTENSION pg_stat_statements, with pg_stat_statements in shared_preload_libraries, "
                "or pass the queries yourself: pk_suggest_indexes(queries => ARRAY[...]).");
        return *rows.front().front();
    }

    static bool has_column(const std::string& schema, const char* column) {
        return !run_query("SELECT 1 FROM pg_attribute WHERE attrelid = pg_catalog.to_regclass(" +
                          quoted_literal(schema + ".pg_stat_statements") + ") AND attname = '" + column + "'")
                    .empty();
    }

    static Workload fetch(const std::string& schema, bool has_since) {
        Workload workload;
        workload.source = "pg_stat_statements";
        const std::string since = has_since ? "greatest(i.stats_reset, s.stats_since)" : "i.stats_reset";
        std::vector<TextRow> rows;
        try {
            rows = run_query(
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
        } catch (const Error& error) {
            if (error.report()->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE) throw;
            raise_missing("there is no workload to advise on: pg_stat_statements is not loaded",
                          "Add pg_stat_statements to shared_preload_libraries and restart the server, "
                          "or pass the queries yourself: pk_suggest_indexes(queries => ARRAY[...]).");
        }
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
};

class GivenSource : public WorkloadSource {
public:
    GivenSource(std::vector<std::string> queries, std::vector<double> weights)
        : queries_(std::move(queries)), weights_(std::move(weights)) {}

    Workload read() override {
        Workload workload;
        workload.source = "queries";
        for (std::size_t i = 0; i < queries_.size(); ++i) {
            Query query;
            query.id = static_cast<std::int64_t>(i) + 1;
            query.text = queries_[i];
            query.calls = weights_.empty() ? 1 : weights_[i];
            workload.queries.push_back(std::move(query));
        }
        return workload;
    }

private:
    std::vector<std::string> queries_;
    std::vector<double> weights_;
};

}  // namespace

std::unique_ptr<WorkloadSource> statistics_source() { return std::make_unique<StatisticsSource>(); }

std::unique_ptr<WorkloadSource> given_source(std::vector<std::string> queries, std::vector<double> weights) {
    if (!weights.empty() && weights.size() != queries.size())
        throw std::invalid_argument("weights must have as many elements as queries");
    for (const double weight : weights)
        if (!(weight >= 0 && weight < 1e18)) throw std::invalid_argument("a weight must be a number of at least 0");
    return std::make_unique<GivenSource>(std::move(queries), std::move(weights));
}

std::map<Oid, std::string> configured_search_paths() {
    std::map<Oid, std::string> paths;
    // The most special setting last, so that it wins.
    const auto rows = run_query(
        "SELECT r.oid, substr(setting, 13) FROM pg_roles r, "
        "(SELECT setdatabase, setrole, unnest(setconfig) AS setting FROM pg_db_role_setting) s "
        "WHERE left(s.setting, 12) = 'search_path=' AND s.setrole IN (r.oid, 0) "
        "AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) "
        "ORDER BY r.oid, s.setrole <> 0, s.setdatabase <> 0");
    for (const TextRow& row : rows) paths[number_of<Oid>(row[0])] = row[1].value_or("");
    return paths;
}

}  // namespace perfkit::pg

// The workload of another server, from an import.
//
// Its roles are not here: it is planned as the caller, with his rights.  So are its types looked up by their names.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "perfkit/core/advisor/parameterise.hpp"
#include "perfkit/pg/advisor/statistics.hpp"
#include "perfkit/pg/advisor/workload.hpp"
#include "perfkit/pg/query.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

using advisor::Execution;
using advisor::Query;
using advisor::Workload;
using perfkit::workload::SampleParameter;
using perfkit::workload::ValueState;

namespace {

using Row = TextRow;

class ImportedSource : public WorkloadSource {
public:
    explicit ImportedSource(std::string name) : name_(std::move(name)) {}

    Workload read() override {
        const std::string schema = schema_of_extension("pg_perfkit");
        if (schema.empty()) throw std::runtime_error("the extension pg_perfkit is not in this database");
        read_statements(schema);
        if (workload_.queries.empty())
            throw std::invalid_argument("there is no imported workload named \"" + name_ +
                                        "\": pk_workload_import() makes one");
        read_samples(schema);
        return std::move(workload_);
    }

private:
    using Key = std::tuple<std::string, bool, std::int64_t>;
    static Key key_of(const Row& row) { return {row[0].value_or(""), row[1].value_or("t") == "t", integer_of(row[2])}; }

    // A copy does not know when its original counted its last: the last statement tells.
    void read_statements(const std::string& schema) {
        workload_.source = "import";
        workload_.import = name_;
        const auto rows = run_query(
            "SELECT i.role, i.toplevel, i.queryid, i.calls + coalesce(i.failed, 0) + coalesce(i.cancelled, 0), "
            "i.total_ms + coalesce(i.lost_ms, 0), i.rows, i.query, "
            "to_char(min(i.first_seen) OVER () AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
            "extract(epoch FROM max(i.last_seen) OVER () - min(i.first_seen) OVER ()) / 3600 FROM " +
            schema + ".pk_workload_imported i WHERE i.import = " + quoted_literal(name_) +
            " ORDER BY i.total_ms DESC, i.queryid, i.role, i.toplevel");
        for (const Row& row : rows) {
            Query query;
            query.user_name = row[0].value_or("");
            query.toplevel = row[1].value_or("t") == "t";
            query.id = integer_of(row[2]);
            query.calls = number_of(row[3]);
            query.total_ms = number_of(row[4]);
            query.rows = number_of(row[5]);
            query.text = advisor::parameterise_blanks(row[6].value_or(""));
            workload_.since = row[7].value_or("unknown");
            workload_.hours = query.hours = std::max(shortest_hours, number_of(row[8]));
            query.observed = true;
            if (query.calls <= 0) continue;
            places_[key_of(row)] = workload_.queries.size();
            workload_.queries.push_back(std::move(query));
        }
    }

    // A row for each parameter, or one for a sample without any.
    void read_samples(const std::string& schema) {
        const auto rows = run_query(
            "WITH s AS MATERIALIZED (SELECT row_number() OVER (ORDER BY taken, queryid, kind) AS n, * FROM " + schema +
            ".pk_workload_imported_samples WHERE import = " + quoted_literal(name_) +
            " AND plannable AND query IS NOT NULL) "
            "SELECT s.role, s.toplevel, s.queryid, s.n, s.kind, s.query, s.search_path, "
            "array_to_string(s.settings, E'\\n'), p.i, p.type, to_regtype(p.type)::oid, p.value, p.state "
            "FROM s LEFT JOIN LATERAL unnest(s.parameter_types, s.parameters, s.parameter_states) WITH ORDINALITY "
            "p(type, value, state, i) ON true ORDER BY s.n, p.i");
        for (std::size_t i = 0; i < rows.size();) {
            call([] { CHECK_FOR_INTERRUPTS(); });
            std::size_t end = i + 1;
            while (end < rows.size() && rows[end][3] == rows[i][3]) ++end;
            add_sample(rows, i, end);
            i = end;
        }
    }

    void add_sample(const std::vector<Row>& rows, std::size_t begin, std::size_t end) {
        const Row& first = rows[begin];
        const auto place = places_.find(key_of(first));
        if (place == places_.end()) return;
        Query& query = workload_.queries[place->second];
        Execution execution;
        execution.slowest = first[4] == "slowest";
        execution.sample.text = first[5].value_or("");
        execution.sample.search_path = first[6].value_or("");
        std::istringstream settings(first[7].value_or(""));
        for (std::string setting; std::getline(settings, setting);) execution.sample.settings.push_back(setting);
        for (std::size_t i = begin; i < end && rows[i][8]; ++i) {
            const Row& row = rows[i];
            if (!row[10]) {
                query.notes.push_back("a sample was left out, since there is no type \"" + row[9].value_or("") +
                                      "\" here");
                return;
            }
            const bool null = row[12] == "null" || !row[11];
            execution.sample.parameters.push_back(SampleParameter{static_cast<std::uint32_t>(integer_of(row[10])),
                                                                  null ? ValueState::null : ValueState::value,
                                                                  row[11].value_or("")});
        }
        query.executions.push_back(std::move(execution));
    }

    const std::string name_;
    Workload workload_;
    std::map<Key, std::size_t> places_;
};

}  // namespace

std::unique_ptr<WorkloadSource> imported_source(std::string name) {
    return std::make_unique<ImportedSource>(std::move(name));
}

}  // namespace perfkit::pg

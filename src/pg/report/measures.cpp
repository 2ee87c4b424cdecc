// The measures of a window and their course, in stretches of equal length.

#include <algorithm>

#include "perfkit/pg/report/gather.hpp"

namespace perfkit::pg::reporting {

namespace {

using report::Measure;
using report::Unit;

constexpr int most_stretches = 96;

struct Wanted {
    const char* chart;
    const char* name;
    Unit unit;
    const char* value;  // over c, g (counters and gauges of a snapshot), s (the seconds that it covers), latency, taken
    const char* headline;
};

struct Kind {
    const char* name;
    std::vector<Wanted> wanted;
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        {"queries",
         {{"Statements", "all", Unit::per_second, "sum(c[1]) / sum(s)", "Statements"},
          {"Durations", "P50", Unit::milliseconds, "@s@.pk_latency_percentile(@s@.pk_latency_sum(latency), 0.5)", ""},
          {"Durations", "P95", Unit::milliseconds, "@s@.pk_latency_percentile(@s@.pk_latency_sum(latency), 0.95)",
           "P95 of durations"},
          {"Durations", "P99", Unit::milliseconds, "@s@.pk_latency_percentile(@s@.pk_latency_sum(latency), 0.99)", ""},
          {"Failures", "failed or cancelled", Unit::per_second, "sum(c[2]) / sum(s)", ""}}},
        {"waits",
         {{"Processes at work", "running", Unit::sessions, "sum(c[1]) / nullif(sum(c[3]), 0)", ""},
          {"Processes at work", "waiting", Unit::sessions, "sum(c[2]) / nullif(sum(c[3]), 0)", ""}}},
        {"database",
         {{"Cache hits", "in shared_buffers", Unit::percent, "100 * sum(c[4]) / nullif(sum(c[3] + c[4]), 0)",
           "Cache hits"},
          {"Rows changed", "all", Unit::per_second, "sum(c[7] + c[8] + c[9]) / sum(s)", ""},
          {"Temporary files", "written", Unit::bytes_per_second, "sum(c[10]) / sum(s)", ""},
          {"Connections", "open", Unit::sessions, "avg(g[1])", ""}}},
        {"server", {{"WAL of the server", "written", Unit::bytes_per_second, "sum(c[1]) / sum(s)", "WAL written"}}},
        {"relations",
         {{"Size", "tables and indexes", Unit::bytes, "(array_agg(g[1] ORDER BY taken DESC))[1]", "Tables and indexes"},
          {"Dead rows", "by the statistics", Unit::count, "(array_agg(g[3] ORDER BY taken DESC))[1]", ""}}}};
    return all;
}

// A row for each stretch, and one without a number for the whole.
std::vector<TextRow> asked(const Source& source, const Kind& kind, const Span& span, int stretches) {
    std::string values;
    for (const Wanted& wanted : kind.wanted) values += std::string(", (") + wanted.value + ")::float8";
    return source.rows(
        with("WITH p AS (SELECT taken, latency, counters::float8[] AS c, gauges::float8[] AS g,"
             " extract(epoch FROM taken - since)::float8 AS s,"
             " least(greatest(ceil(extract(epoch FROM taken - @from@) / extract(epoch FROM @to@ - @from@) * @n@)::int"
             "  - 1, 0), @n@ - 1) AS stretch"
             " FROM @s@.pk_history_points('" +
                 std::string(kind.name) + "', @from@, @to@) WHERE since < taken)" + " SELECT stretch" + values +
                 " FROM p GROUP BY GROUPING SETS ((stretch), ())",
             "@n@", std::to_string(stretches)),
        span);
}

void take(const std::vector<TextRow>& rows, std::size_t column, int stretches, report::Number& value,
          std::vector<report::Number>& course) {
    course.assign(static_cast<std::size_t>(stretches), std::nullopt);
    for (const TextRow& row : rows) {
        const report::Number found = number(row[column]);
        if (row[0])
            course.at(static_cast<std::size_t>(integer_of(row[0]))) = found;
        else
            value = found;
    }
}

int stretches_of(const Source& source, const Span& span) {
    // Fewer than snapshots, which are not exactly as far apart: few stretches are to be empty.
    return static_cast<int>(std::clamp<std::int64_t>(snapshots_in(source, span) * 2 / 3, 1, most_stretches));
}

}  // namespace

void gather_measures(const Source& source, const Span& covered, const std::optional<Span>& before,
                     std::vector<Measure>& measures) {
    const int stretches = stretches_of(source, covered);
    const int stretches_before = before ? stretches_of(source, *before) : 0;
    for (const Kind& kind : kinds()) {
        const auto after = asked(source, kind, covered, stretches);
        const auto earlier = before ? asked(source, kind, *before, stretches_before) : std::vector<TextRow>();
        std::size_t column = 0;
        for (const Wanted& wanted : kind.wanted) {
            ++column;
            Measure measure{wanted.chart, wanted.name, wanted.unit, {}, {}, {}, {}, wanted.headline};
            take(after, column, stretches, measure.value, measure.course);
            if (before) take(earlier, column, stretches_before, measure.before, measure.course_before);
            if (measure.value || measure.before) measures.push_back(std::move(measure));
        }
    }
}

void gather_measures_since(const Source& source, std::vector<Measure>& measures) {
    const auto statements = source.rows(
        "SELECT sum(w.calls) / nullif(extract(epoch FROM now() - i.since), 0),"
        " @s@.pk_latency_percentile(@s@.pk_latency_sum(w.latency), 0.5),"
        " @s@.pk_latency_percentile(@s@.pk_latency_sum(w.latency), 0.95),"
        " @s@.pk_latency_percentile(@s@.pk_latency_sum(w.latency), 0.99)"
        " FROM @s@.pk_workload_info() i, @s@.pk_workload_counters() w WHERE w.toplevel AND w.dbid = " +
        std::string(this_database) + " GROUP BY i.since");
    const auto add = [&](const char* name, Unit unit, const std::optional<std::string>& value) {
        if (value) measures.push_back({name, name, unit, number(value), {}, {}, {}, name});
    };
    for (const TextRow& row : statements) {
        add("Statements", Unit::per_second, row[0]);
        add("P50", Unit::milliseconds, row[1]);
        add("P95", Unit::milliseconds, row[2]);
        add("P99", Unit::milliseconds, row[3]);
    }
    const auto database = source.rows(
        "SELECT @s@.pk_hit_percent(blks_hit, blks_read), temp_bytes, deadlocks, numbackends"
        " FROM pg_stat_database WHERE datname = current_database()");
    for (const TextRow& row : database) {
        add("Found in shared_buffers", Unit::percent, row[0]);
        add("Temporary files", Unit::bytes, row[1]);
        add("Deadlocks", Unit::count, row[2]);
        add("Connections now", Unit::count, row[3]);
    }
}

}  // namespace perfkit::pg::reporting

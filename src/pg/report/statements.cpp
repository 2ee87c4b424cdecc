// Statements and waits: what took the time.

#include <algorithm>
#include <cmath>

#include "perfkit/pg/report/gather.hpp"

namespace perfkit::pg::reporting {

namespace {

using report::Query;

constexpr int most_queries = 15;
constexpr int most_changes = 16;
constexpr int most_stretches = 24;

// Texts of this database, one for each statement.
std::string texts() {
    return "texts AS MATERIALIZED (SELECT DISTINCT ON (w.queryid, w.userid, w.toplevel)"
           " w.queryid, w.userid, w.toplevel, left(w.query, 5000) AS query FROM @s@.pk_workload_counters() w WHERE "
           "w.dbid = " +
           std::string(this_database) + ")";
}

Query query_of(const TextRow& row) {
    Query query;
    query.id = text(row[0]);
    query.role = text(row[1]);
    query.toplevel = row[2] == "t";
    query.calls = number(row[3]);
    query.failures = number(row[4]);
    query.total_ms = number(row[5]);
    query.share_percent = number(row[6]);
    query.hit_percent = number(row[7]);
    query.latency = latency(row[8]);
    query.text = text(row[9]);
    query.mean_ms = number(row[10]);
    query.p50_ms = number(row[11]);
    query.p95_ms = number(row[12]);
    query.p99_ms = number(row[13]);
    query.rows_per_call = number(row[14]);
    return query;
}

// The statements as a condition on a row of pk_history_totals; those of others have no identifier.
std::string among(const std::vector<TextRow>& rows) {
    std::string list;
    for (const TextRow& row : rows) {
        if (!row[0] || !row[15]) continue;
        list += (list.empty() ? "(" : ", (") + *row[0] + ", " + *row[15] + ", " + (row[2] == "t" ? "1" : "0") + ")";
    }
    return list.empty() ? "false" : "(t.id1, t.id2, t.id3) IN (" + list + ")";
}

std::size_t place_of(const std::vector<TextRow>& rows, const TextRow& found) {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i][0] == found[0] && rows[i][15] == found[1] && (rows[i][2] == "t") == (found[2] == "1")) return i;
    return rows.size();
}

void add_courses(const Source& source, const Span& covered, const std::vector<TextRow>& rows,
                 std::vector<Query>& queries) {
    const int stretches = static_cast<int>(std::min<std::int64_t>(snapshots_in(source, covered), most_stretches));
    if (stretches < 3) return;
    const std::string among_them = among(rows);
    if (among_them == "false") return;
    const auto found = source.rows(
        with("SELECT t.id1, t.id2, t.id3, i, t.counters[3] / 1000.0 / nullif(t.seconds, 0)"
             " FROM generate_series(0, @n@ - 1) i, @s@.pk_history_totals('queries',"
             "  @from@ + (@to@ - @from@) * (i::float8 / @n@), @from@ + (@to@ - @from@) * ((i + 1)::float8 / @n@)) t"
             " WHERE " +
                 among_them,
             "@n@", std::to_string(stretches)),
        covered);
    for (const TextRow& row : found) {
        const std::size_t place = place_of(rows, row);
        if (place == rows.size()) continue;
        std::vector<report::Number>& course = queries[place].course;
        // A statement that did not run took no time.
        if (course.empty()) course.assign(static_cast<std::size_t>(stretches), 0.0);
        course.at(static_cast<std::size_t>(integer_of(row[3]))) = number(row[4]);
    }
}

}  // namespace

void gather_queries(const Source& source, const Span& covered, const std::optional<Span>& before,
                    report::Report& report) {
    const auto rows =
        source.rows(std::string("WITH t AS MATERIALIZED (SELECT id1, id2, id3, counters AS c, latency FROM"
                                " @s@.pk_history_totals('queries', @from@, @to@)), ") +
                        texts() +
                        " SELECT t.id1, r.rolname, t.id3 = 1, c[1], c[2], c[3] / 1000.0,"
                        " 100.0 * c[3] / nullif(sum(c[3]) OVER (), 0),"
                        " @s@.pk_hit_percent(c[5], c[6]), t.latency, x.query, c[3] / 1000.0 / nullif(c[1], 0),"
                        " @s@.pk_latency_percentile(t.latency, 0.5), @s@.pk_latency_percentile(t.latency, 0.95),"
                        " @s@.pk_latency_percentile(t.latency, 0.99), c[4]::numeric / nullif(c[1], 0), t.id2"
                        " FROM t LEFT JOIN pg_roles r ON r.oid = t.id2::oid"
                        " LEFT JOIN texts x ON (x.queryid, x.userid, x.toplevel) = (t.id1, t.id2::oid, t.id3 = 1)"
                        // What ran inside others has its time in theirs.
                        " WHERE t.id3 = 1"
                        " ORDER BY c[3] DESC, t.id1 LIMIT " +
                        std::to_string(most_queries),
                    covered);
    for (const TextRow& row : rows) report.queries.rows.push_back(query_of(row));
    add_courses(source, covered, rows, report.queries.rows);
    if (!before) return;
    const auto earlier = source.rows(
        "SELECT t.id1, t.id2, t.id3, t.latency, t.counters[3] / 1000.0 / nullif(t.counters[1], 0)"
        " FROM @s@.pk_history_totals('queries', @from@, @to@) t WHERE " +
            among(rows),
        *before);
    for (const TextRow& row : earlier) {
        const std::size_t place = place_of(rows, row);
        if (place == rows.size()) continue;
        report.queries.rows[place].latency_before = latency(row[3]);
        report.queries.rows[place].mean_before_ms = number(row[4]);
    }
}

void gather_queries_since(const Source& source, report::Report& report) {
    const auto rows = source.rows(
        "SELECT w.queryid, r.rolname, w.toplevel, w.calls, w.failed + w.cancelled, w.total_ms,"
        " 100 * w.total_ms / nullif(sum(w.total_ms) OVER (), 0),"
        " @s@.pk_hit_percent(w.shared_blks_hit, w.shared_blks_read), w.latency, left(w.query, 5000),"
        " w.mean_ms, w.p50_ms, w.p95_ms, w.p99_ms, w.rows::numeric / nullif(w.calls, 0)"
        " FROM @s@.pk_workload_counters() w LEFT JOIN pg_roles r ON r.oid = w.userid"
        " WHERE w.toplevel AND w.dbid = " +
        std::string(this_database) +
        // Those of others, of which nothing can be told but their time, come last.
        " ORDER BY w.queryid IS NULL, w.total_ms DESC, w.queryid LIMIT " + std::to_string(most_queries));
    for (const TextRow& row : rows) report.queries.rows.push_back(query_of(row));
}

void gather_changes(const Source& source, const Span& before, const Span& after, report::Changes& changes) {
    const auto rows = source.rows(
        with(
            with(
                "SELECT verdict, added_ms, queryid, role_name, toplevel, calls_before, calls_after, mean_before_ms,"
                " mean_after_ms, p95_before_ms, p95_after_ms, left(query, 5000),"
                " count(*) FILTER (WHERE verdict = 'slower') OVER (), count(*) FILTER (WHERE verdict = 'faster') "
                "OVER (),"
                " count(*) FILTER (WHERE verdict = 'same') OVER (), count(*) FILTER (WHERE verdict = 'new') OVER (),"
                " count(*) FILTER (WHERE verdict = 'gone') OVER (),"
                " sum(total_after_ms) FILTER (WHERE mean_before_ms IS NOT NULL) OVER (),"
                " sum(calls_after * mean_before_ms) OVER (), speed"
                " FROM (SELECT *, row_number() OVER (PARTITION BY speed > 0 ORDER BY abs(speed) DESC, queryid) AS place"
                "  FROM @s@.pk_compare(@one@, @from@, @to@),"
                "  LATERAL (SELECT coalesce(calls_after * (mean_after_ms - mean_before_ms), added_ms) AS speed) s "
                "WHERE toplevel"
                " ) c ORDER BY place, speed DESC LIMIT @most@",
                "@most@", std::to_string(most_changes)),
            "@one@", time_literal(before.from) + ", " + time_literal(before.to)),
        after);
    for (const TextRow& row : rows) {
        report::Change change;
        change.verdict = text(row[0]);
        change.added_ms = number(row[1]);
        change.id = text(row[2]);
        change.role = text(row[3]);
        change.toplevel = row[4] == "t";
        change.calls_before = number(row[5]);
        change.calls_after = number(row[6]);
        change.mean_before_ms = number(row[7]);
        change.mean_after_ms = number(row[8]);
        change.p95_before_ms = number(row[9]);
        change.p95_after_ms = number(row[10]);
        change.text = text(row[11]);
        change.speed_ms = number(row[19]);

        changes.rows.push_back(std::move(change));
    }
    if (rows.empty()) return;
    // What lost time that matters, then what changed most.
    const double much = 0.01 * number_of(rows.front()[17]);
    std::stable_sort(changes.rows.begin(), changes.rows.end(), [much](const auto& a, const auto& b) {
        const double one = a.speed_ms.value_or(0), two = b.speed_ms.value_or(0);
        return (one > much) != (two > much) ? one > much : std::abs(one) > std::abs(two);
    });

    const TextRow& sums = rows.front();
    changes.slower = integer_of(sums[12]);
    changes.faster = integer_of(sums[13]);
    changes.same = integer_of(sums[14]);
    changes.fresh = integer_of(sums[15]);
    changes.gone = integer_of(sums[16]);
    changes.took_ms = number(sums[17]);
    changes.would_have_taken_ms = number(sums[18]);
}

void gather_waits(const Source& source, const Span& span, const std::optional<Span>& before,
                  report::Part<report::Wait>& waits) {
    const char* const asked =
        "SELECT waits_for, sightings, share_percent, mean_sessions FROM @s@.pk_waits_window(@to@ - @from@, @to@) LIMIT "
        "15";
    for (const TextRow& row : source.rows(asked, span))
        waits.rows.push_back({text(row[0]), number(row[1]), number(row[2]), number(row[3]), std::nullopt});
    if (!before) return;
    for (const TextRow& row : source.rows(with(asked, " LIMIT 15", ""), *before))
        for (report::Wait& wait : waits.rows)
            if (wait.name == text(row[0])) wait.sessions_before = number(row[3]);
}

void gather_waits_now(const Source& source, report::Part<report::Wait>& waits) {
    waits.note = "There is no history of the window: what sessions of this database do at this moment.";
    for (const TextRow& row :
         source.rows("SELECT coalesce(wait_event_type || ': ' || wait_event, 'CPU'), count(*),"
                     " 100.0 * count(*) / sum(count(*)) OVER (), count(*) FROM pg_stat_activity"
                     " WHERE state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()"
                     " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 15"))
        waits.rows.push_back({text(row[0]), number(row[1]), number(row[2]), number(row[3]), std::nullopt});
}

}  // namespace perfkit::pg::reporting

// Who is asked, and the windows.

#include <algorithm>
#include <cmath>

#include "perfkit/pg/epoch.hpp"
#include "perfkit/pg/report/gather.hpp"

namespace perfkit::pg::reporting {

namespace {

std::string length_of(double seconds) {
    const auto minutes = static_cast<long long>(seconds / 60);
    const long long days = minutes / 1440, hours = minutes / 60 % 24;
    if (days > 0) return std::to_string(days) + " d " + std::to_string(hours) + " h";
    if (minutes >= 60) return std::to_string(hours) + " h " + std::to_string(minutes % 60) + " min";
    if (minutes > 0) return std::to_string(minutes) + " min " + std::to_string(std::lround(seconds) % 60) + " s";
    return std::to_string(std::lround(seconds)) + " s";
}

}  // namespace

void gather_head(const Source& source, report::Report& report) {
    const TextRow server = source
                               .rows(
                                   "SELECT current_database(), 'PostgreSQL ' || current_setting('server_version')"
                                   "  || CASE WHEN pg_is_in_recovery() THEN ', a standby' ELSE '' END"
                                   "  || coalesce(', cluster ' || nullif(current_setting('cluster_name'), ''), '')"
                                   "  || ', up since ' || to_char(pg_postmaster_start_time(), 'YYYY-MM-DD HH24:MI'),"
                                   " to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS OF') || ' (' ||"
                                   "  current_setting('TimeZone') || ')', current_user")
                               .front();
    report.head.title = text(server[0]);
    report.head.server = text(server[1]);
    report.head.made = text(server[2]);
    report.head.maker = text(server[3]);
    report.head.product = PERFKIT_VERSION;
    const std::string no_capture = section([&] {
        const auto rows = source.rows("SELECT state, to_char(since, 'YYYY-MM-DD HH24:MI') FROM @s@.pk_workload_info()");
        report.head.capture = text(rows.at(0)[0]) + (rows[0][1] ? ", counting since " + text(rows[0][1]) : "");
    });
    if (!no_capture.empty()) report.head.capture = no_capture;
    const std::string no_history = section([&] {
        const auto rows = source.rows(
            "SELECT state, snapshots, interval_s, to_char(oldest, 'YYYY-MM-DD HH24:MI'),"
            " to_char(newest, 'YYYY-MM-DD HH24:MI') FROM @s@.pk_history_info()");
        report.head.history = text(rows.at(0)[0]);
        if (integer_of(rows[0][1]) > 0)
            report.head.history +=
                ", " + text(rows[0][1]) + " snapshots from " + text(rows[0][3]) + " to " + text(rows[0][4]);
    });
    if (!no_history.empty()) report.head.history = no_history;
}

std::int64_t snapshots_in(const Source& source, const Span& span) {
    const auto rows = source.rows("SELECT count(*) FROM @s@.pk_history_points('database', @from@, @to@)", span);
    return integer_of(rows.at(0)[0]);
}

bool gather_window(const Source& source, const Span& span, report::Window& window, Span& covered) {
    const char* const texts =
        "SELECT to_char(@from@, 'YYYY-MM-DD HH24:MI:SS'), to_char(@to@, 'YYYY-MM-DD HH24:MI:SS OF')";
    const TextRow ends = source.rows(texts, span).front();
    window.from = text(ends[0]);
    window.to = text(ends[1]);
    window.length = length_of(static_cast<double>(span.to - span.from) / 1e6);

    // Where history began within the window the pictures begin there.
    const TextRow found = source
                              .rows(
                                  "SELECT count(*), (extract(epoch FROM min(since)) * 1000000)::bigint,"
                                  " (extract(epoch FROM max(taken)) * 1000000)::bigint"
                                  " FROM @s@.pk_history_points('database', @from@, @to@) WHERE since IS NOT NULL",
                                  span)
                              .front();
    window.snapshots = integer_of(found[0]);
    if (window.snapshots == 0) return false;
    covered.from = std::max(span.from, integer_of(found[1]) - epoch_gap_us);
    covered.to = std::min(span.to, integer_of(found[2]) - epoch_gap_us);
    if (covered.from >= covered.to) covered = span;

    // At round times of the session's zone, a few of them.
    const auto ticks = source.rows(
        "SELECT extract(epoch FROM t - @from@) / extract(epoch FROM @to@ - @from@),"
        " to_char(t, CASE WHEN step >= 86400 THEN 'MM-DD' WHEN step >= 60 THEN 'HH24:MI' ELSE 'HH24:MI:SS' END)"
        " FROM (SELECT min(s) AS step FROM unnest('{1,2,5,10,15,30,60,120,300,600,900,1800,3600,7200,10800,21600,43200,"
        "86400,172800,604800,1209600,2592000}'::int[]) s WHERE extract(epoch FROM @to@ - @from@) / s <= 4) w,"
        " generate_series(CASE WHEN step >= 60 THEN date_trunc('day', @from@) ELSE date_trunc('minute', @from@) END,"
        "  @to@, CASE WHEN step >= 86400 THEN step / 86400 * interval '1 day' ELSE step * interval '1 second' END) t"
        " WHERE t >= @from@ LIMIT 8",
        covered);
    for (const TextRow& tick : ticks) window.ticks.push_back({number_of(tick[0]), text(tick[1])});
    return true;
}

}  // namespace perfkit::pg::reporting

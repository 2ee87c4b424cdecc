// The statements that took the most time.

#include <algorithm>
#include <array>
#include <cmath>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

// The ends of the axis that all histograms share, in microseconds.
std::pair<double, double> ends_of(const std::vector<Query>& queries) {
    double least = 1e12, most = 0;
    for (const Query& query : queries) {
        for (const LatencyHistogram* latency : {&query.latency, &query.latency_before}) {
            for (int bucket = 0; bucket < LatencyHistogram::bucket_count; ++bucket) {
                if (latency->count(bucket) == 0) continue;
                least = std::min(least, std::max(LatencyHistogram::lower_edge(bucket), 0.5));
                most = std::max(most, std::min(LatencyHistogram::upper_edge(bucket), 1e10));
            }
        }
    }
    if (most <= least) return {100, 100'000};
    return {least, std::max(most, least * 10)};
}

std::string remarks_of(const Query& query) {
    std::string text = whose(query.role, query.toplevel, query.id);
    if (query.rows_per_call) text += "; " + number_text(query.rows_per_call, Unit::count) + " rows a call";
    if (query.hit_percent && *query.hit_percent < 99.5)
        text += "; " + number_text(query.hit_percent, Unit::percent) + " of the blocks from the cache";
    if (query.failures.value_or(0) > 0) text += "; " + plural(*query.failures, "failure", "failures");
    return text;
}

std::string signed_text(Number ms) { return (ms && *ms > 0 ? "+" : "") + number_text(ms, Unit::milliseconds); }

std::string histogram_title(const Query& query) {
    return "Durations of " + number_text(query.calls, Unit::count) + " calls: half below " +
           number_text(query.p50_ms, Unit::milliseconds) + ", 95 % below " +
           number_text(query.p95_ms, Unit::milliseconds) + ", 99 % below " +
           number_text(query.p99_ms, Unit::milliseconds);
}

}  // namespace

void queries_section(Html& html, const Report& report) {
    const std::vector<Query>& queries = report.queries.rows;
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "statements"}}, "Statements");
        if (!shown(html, report.queries, "No statement was counted.")) return;
        const auto ends = ends_of(queries);
        const double least = ends.first, most = ends.second;  // clang 14 captures no structured bindings
        const bool drawn =
            std::any_of(queries.begin(), queries.end(), [](const Query& query) { return query.latency.total() > 0; });
        const bool courses =
            std::any_of(queries.begin(), queries.end(), [](const Query& query) { return !query.course.empty(); });
        std::vector<Column> columns{{"Statement"}, {"Time", true}, {"Calls", true}, {"Mean", true}};
        if (drawn) columns.insert(columns.end(), {{"P50", true}, {"P95", true}, {"P99", true}, {"Durations"}});
        if (courses) columns.push_back({"Over time"});
        std::string caption = "The statements of clients that took the most time, with what ran inside them" +
                              std::string(report.before ? " after" : "") +
                              ". Below the time is its share of the time of all statements that clients sent.";
        if (drawn)
            caption += " The durations are on one logarithmic axis, from " +
                       number_text(least / 1000, Unit::milliseconds) + " to " +
                       number_text(most / 1000, Unit::milliseconds) +
                       ", with marks at P50 (solid), P95 (dashed) and P99 (dotted); heights are square roots of calls.";
        if (report.before && drawn) caption += " Outlines are those of before.";
        table(html, caption, columns, queries, [&](Cells& cells, const Query& query) {
            cells.with([&] {
                if (query.text.empty())
                    html.leaf("span", {{"class", "soft"}},
                              query.id.empty() ? "A statement of another role, not for you to see"
                                               : "Its text is not known any more");
                else
                    statement(html, query.text);
                html.leaf("span", {{"class", "sub"}}, remarks_of(query));
            });
            cells.with([&] {
                html.text(number_text(query.total_ms, Unit::milliseconds));
                if (!query.share_percent) return;
                html.leaf("span", {{"class", "sub"}}, number_text(query.share_percent, Unit::percent));
                bar(html, *query.share_percent / 100);
            });
            cells.number(query.calls, Unit::count);
            cells.with([&] {
                html.text(number_text(query.mean_ms, Unit::milliseconds));
                if (query.mean_before_ms)
                    html.leaf("span", {{"class", "sub"}},
                              "before " + number_text(query.mean_before_ms, Unit::milliseconds));
            });
            if (drawn) {
                cells.number(query.p50_ms, Unit::milliseconds).number(query.p95_ms, Unit::milliseconds);
                cells.number(query.p99_ms, Unit::milliseconds);
                cells.with([&] {
                    histogram(html, query.latency, query.latency_before, least, most, histogram_title(query));
                    histogram_axis(html, least, most);
                });
            }
            if (courses) cells.with([&] { sparkline(html, query.course, "Its time over the window"); });
        });
    });
}

void changes_section(Html& html, const Report& report) {
    if (!report.before) return;
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "changes"}}, "What changed");
        if (!shown(html, report.changes, "No statement ran in either window.")) return;
        double least = INFINITY, most = 0;
        for (const Change& change : report.changes.rows) {
            for (const Number& mean : {change.mean_before_ms, change.mean_after_ms}) {
                if (!mean || *mean <= 0) continue;
                least = std::min(least, *mean);
                most = std::max(most, *mean);
            }
        }
        constexpr std::array<Column, 6> columns{{{"Statement"},
                                                 {"Verdict"},
                                                 {"Time by speed", true},
                                                 {"Mean", true},
                                                 {"P95", true},
                                                 {"Mean before and after"}}};
        const std::string caption =
            "The statements whose time changed most, first what lost time that matters. By speed: what the calls "
            "after took "
            "more, or less, than they would have at the mean time before; below it what was added in all, more or "
            "fewer "
            "calls included, as if both windows had been equally long. In the pictures, on one logarithmic axis, the "
            "ring is the mean before, the disk the mean after.";
        table(html, caption, columns, report.changes.rows, [&](Cells& cells, const Change& change) {
            cells.with([&] {
                if (change.text.empty())
                    html.leaf("span", {{"class", "soft"}}, "Its text is not known any more");
                else
                    statement(html, change.text);
                html.leaf("span", {{"class", "sub"}},
                          whose(change.role, change.toplevel, change.id) + "; " +
                              number_text(change.calls_before.value_or(0), Unit::count) + " calls before, " +
                              number_text(change.calls_after.value_or(0), Unit::count) + " after");
            });
            cells.with([&] {
                const bool worse = change.verdict == "slower", better = change.verdict == "faster";
                html.leaf("span",
                          {{"class", std::string("state ") + (worse    ? "worse"
                                                              : better ? "better"
                                                                       : "same")}},
                          (worse    ? "\xE2\x96\xB2 "
                           : better ? "\xE2\x96\xBC "
                                    : "") +
                              change.verdict);
            });
            cells.with([&] {
                html.text(signed_text(change.speed_ms));
                html.leaf("span", {{"class", "sub"}}, "in all " + signed_text(change.added_ms));
            });
            const auto both = [&](Number before, Number after) {
                cells.with([&] {
                    html.text(number_text(after, Unit::milliseconds));
                    html.leaf("span", {{"class", "sub"}}, "before " + number_text(before, Unit::milliseconds));
                });
            };
            both(change.mean_before_ms, change.mean_after_ms);
            both(change.p95_before_ms, change.p95_after_ms);
            cells.with([&] {
                dumbbell(html, change.mean_before_ms, change.mean_after_ms, least, std::max(most, least * 2),
                         "Mean time of a call: " + number_text(change.mean_before_ms, Unit::milliseconds) +
                             " before, " + number_text(change.mean_after_ms, Unit::milliseconds) + " after");
            });
        });
    });
}

}  // namespace perfkit::report

// pk_report(): gathers what our other functions tell, each section for itself, and hands it to the core.

#include "perfkit/core/report/data.hpp"

#include "perfkit/pg/report/gather.hpp"

extern "C" {
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
}

using namespace perfkit;
namespace reporting = perfkit::pg::reporting;

namespace {

reporting::Span checked(TimestampTz from, TimestampTz to) {
    if (TIMESTAMP_NOT_FINITE(from) || TIMESTAMP_NOT_FINITE(to))
        throw std::invalid_argument("the window must have a beginning and an end that are finite");
    if (from >= to) throw std::invalid_argument("the window must begin before it ends");
    return {from, to};
}

reporting::Request request_of(FunctionCallInfo fcinfo) {
    reporting::Request request;
    const auto time = [fcinfo](int n) { return DatumGetTimestampTz(fcinfo->args[n].value); };
    const int advice = PG_NARGS() - 1;
    request.advice = PG_ARGISNULL(advice) || PG_GETARG_BOOL(advice);
    if (PG_NARGS() == 5) {
        for (int i = 0; i < 4; ++i)
            if (PG_ARGISNULL(i)) throw std::invalid_argument("two windows need a beginning and an end each");
        request.before = checked(time(0), time(1));
        request.span = checked(time(2), time(3));
        return request;
    }
    const TimestampTz to = PG_ARGISNULL(1) ? GetCurrentTransactionStartTimestamp() : time(1);
    const TimestampTz from = !PG_ARGISNULL(0) ? time(0) : TIMESTAMP_NOT_FINITE(to) ? to : to - USECS_PER_DAY;
    request.span = checked(from, to);
    return request;
}

// What history has of the windows; without any of it, what the counters have since they began.
void gather_times(const reporting::Source& source, const reporting::Request& request, report::Report& report) {
    reporting::Span covered = request.span;
    std::optional<reporting::Span> before = request.before;
    bool there = false;
    if (before) {
        report.before.emplace();
        reporting::Span earlier = *before;
        const std::string trouble = reporting::section([&] {
            if (!reporting::gather_window(source, *request.before, *report.before, earlier))
                report.changes.missing = "No snapshot was taken in the first window.";
        });
        if (!trouble.empty()) report.changes.missing = trouble;
        before = earlier;
    }
    std::string missing =
        reporting::section([&] { there = reporting::gather_window(source, request.span, report.window, covered); });
    if (missing.empty() && !there)
        missing = "No snapshot was taken in the window, so the figures are those of the counters since they began.";

    if (there) {
        report.measures.missing =
            reporting::section([&] { reporting::gather_measures(source, covered, before, report.measures.rows); });
        report.queries.missing =
            reporting::section([&] { reporting::gather_queries(source, covered, before, report); });
        report.waits.missing =
            reporting::section([&] { reporting::gather_waits(source, request.span, request.before, report.waits); });
        report.cache.missing =
            reporting::section([&] { reporting::gather_cache(source, request.span, request.before, report.cache); });
        report.growth.missing =
            reporting::section([&] { reporting::gather_growth(source, request.span, report.growth); });
    } else {
        report.counters_only = true;
        report.measures.missing = missing;
        const std::string trouble =
            reporting::section([&] { reporting::gather_measures_since(source, report.measures.rows); });
        if (!trouble.empty()) report.measures.missing += " " + trouble;
        report.queries.missing = reporting::section([&] { reporting::gather_queries_since(source, report); });
        report.waits.missing = reporting::section([&] { reporting::gather_waits_now(source, report.waits); });
        report.cache.missing = reporting::section([&] { reporting::gather_cache_since(source, report.cache); });
        report.growth.missing = missing;
    }
    if (!report.before || !report.changes.missing.empty()) return;
    if (!there)
        report.changes.missing = missing;
    else
        report.changes.missing = reporting::section(
            [&] { reporting::gather_changes(source, *request.before, request.span, report.changes); });
}

report::Report gather(const reporting::Request& request) {
    report::Report report;
    const reporting::Source source(pg::schema_of_extension("pg_perfkit"));
    reporting::gather_head(source, report);
    gather_times(source, request, report);
    report.health.missing = reporting::section([&] { reporting::gather_health(source, report.health); });
    report.forecasts.missing = reporting::section([&] { reporting::gather_forecasts(source, report.forecasts); });
    report.storage.missing = reporting::section([&] { reporting::gather_storage(source, report.storage); });
    report.advice.missing = request.advice
                                ? reporting::section([&] { reporting::gather_advice(source, report.advice); })
                                : "Advice was not asked for.";
    report.applied.missing = reporting::section([&] { reporting::gather_applied(source, report.applied); });
    return report;
}

}  // namespace

PERFKIT_FUNCTION(pk_report) {
    const reporting::Request request = request_of(fcinfo);
    const int level = pg::call([] {
        const int nest = NewGUCNestLevel();
        // What is missing is told in the report.  Bloat that was measured today is not measured again, and what has to
        // be is bounded.
        pg::set_option("client_min_messages", "error");
        pg::set_option("pg_perfkit.bloat_max_age", "1d");
        pg::set_option("pg_perfkit.bloat_page_budget", "20000");
        return nest;
    });
    const std::string page = report::page(gather(request));
    return pg::call([&] {
        AtEOXact_GUC(true, level);
        return PointerGetDatum(cstring_to_text_with_len(page.data(), static_cast<int>(page.size())));
    });
}

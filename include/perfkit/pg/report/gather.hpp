// Fills a report, section by section.  Each throws what the server reports; section() turns that into a sentence.
#pragma once

#include "perfkit/pg/report/source.hpp"

namespace perfkit::pg::reporting {

struct Request {
    Span span;
    std::optional<Span> before;
    bool advice = true;
};

// Who is asked, by whom, and when.
void gather_head(const Source& source, report::Report& report);
// The window as it is written, and the part of it that history covers; false where there is no snapshot in it.
bool gather_window(const Source& source, const Span& span, report::Window& window, Span& covered);
// Snapshots in a span, from which follows how many stretches a course has.
std::int64_t snapshots_in(const Source& source, const Span& span);
// The measures over the covered part of a window, or since the counters began.
void gather_measures(const Source& source, const Span& covered, const std::optional<Span>& before,
                     std::vector<report::Measure>& measures);
void gather_measures_since(const Source& source, std::vector<report::Measure>& measures);

void gather_queries(const Source& source, const Span& covered, const std::optional<Span>& before,
                    report::Report& report);
void gather_queries_since(const Source& source, report::Report& report);
void gather_changes(const Source& source, const Span& before, const Span& after, report::Changes& changes);
void gather_waits(const Source& source, const Span& span, const std::optional<Span>& before,
                  report::Part<report::Wait>& waits);
void gather_waits_now(const Source& source, report::Part<report::Wait>& waits);

void gather_health(const Source& source, report::Part<report::Check>& health);
void gather_cache(const Source& source, const Span& span, const std::optional<Span>& before,
                  report::Part<report::CachedTable>& cache);
void gather_cache_since(const Source& source, report::Part<report::CachedTable>& cache);
void gather_forecasts(const Source& source, report::Part<report::CacheForecast>& forecasts);
void gather_storage(const Source& source, report::Storage& storage);
void gather_growth(const Source& source, const Span& span, report::Part<report::Growth>& growth);
void gather_advice(const Source& source, report::Part<report::Advice>& advice);
void gather_applied(const Source& source, report::Part<report::Applied>& applied);

}  // namespace perfkit::pg::reporting

// What sessions waited for, and what lay in the cache.

#include <algorithm>
#include <array>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

const char* sign_of(const std::string& grade) { return grade == "warn" ? "\xE2\x97\x86 " : ""; }

void forecasts(Html& html, const Report& report) {
    html.leaf("h3", {}, "Other sizes of shared_buffers");
    if (!shown(html, report.forecasts, "There is no forecast.")) return;
    constexpr std::array<Column, 4> columns{
        {{"shared_buffers"}, {"Found there", true}, {"95 % interval", true}, {"Status"}}};
    table(html, "What part of the blocks would be found in shared_buffers of another size, as it is forecast.", columns,
          report.forecasts.rows, [&](Cells& cells, const CacheForecast& forecast) {
              cells.text(number_text(forecast.bytes, Unit::bytes) + (forecast.factor == 1.0 ? " (as it is)" : ""));
              cells.number(forecast.percent, Unit::percent);
              cells.text(forecast.low && forecast.high && forecast.factor != 1.0
                             ? number_text(forecast.low, Unit::percent) + " to " +
                                   number_text(forecast.high, Unit::percent)
                             : "");
              cells.text(one_line(forecast.status, 160));
          });
}

}  // namespace

void waits_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "waits"}}, "Waits");
        if (!shown(html, report.waits, "No session was seen at work.")) return;
        std::vector<Column> columns{{"What for"}, {"Share", true}, {"Processes", true}};
        if (report.before) columns.push_back({"Processes before", true});
        table(
            html,
            "What processes were seen doing, once a second: on the processor (CPU), or waiting for what. Processes is "
            "how many did so at a time, on average.",
            columns, report.waits.rows, [&](Cells& cells, const Wait& wait) {
                cells.text(one_line(wait.name, 80));
                cells.with([&] {
                    html.text(number_text(wait.share_percent, Unit::percent));
                    bar(html, wait.share_percent.value_or(0) / 100);
                });
                cells.number(wait.sessions, Unit::sessions);
                if (report.before) cells.number(wait.sessions_before, Unit::sessions);
            });
    });
}

void cache_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "cache"}}, "Cache");
        if (shown(html, report.cache, "No table was read.")) {
            std::vector<Column> columns{{"Table"}, {"Blocks read", true}, {"Blocks found", true}, {"Found", true}};
            if (report.before) columns.push_back({"Found before", true});
            double most = 0;
            for (const CachedTable& row : report.cache.rows) most = std::max(most, row.reads.value_or(0));
            table(html,
                  "The tables, with their indexes and TOAST tables, of which most blocks were not in shared_buffers "
                  "and had to be read, from the cache of the operating system or the disk.",
                  columns, report.cache.rows, [&](Cells& cells, const CachedTable& row) {
                      cells.with([&] { html.leaf("code", {{"dir", "ltr"}}, one_line(row.name, 130)); });
                      cells.with([&] {
                          html.text(number_text(row.reads, Unit::count));
                          bar(html, most > 0 ? row.reads.value_or(0) / most : 0);
                      });
                      cells.number(row.hits, Unit::count);
                      cells.with([&] {
                          html.leaf("span", {{"class", row.grade == "warn" ? "state warn" : ""}},
                                    sign_of(row.grade) + number_text(row.percent, Unit::percent));
                      });
                      if (report.before) cells.number(row.percent_before, Unit::percent);
                  });
        }
        forecasts(html, report);
    });
}

}  // namespace perfkit::report

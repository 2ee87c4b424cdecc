// Advice on indexes, and what became of earlier advice.

#include <algorithm>
#include <array>
#include <cmath>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

void ratio_bar(Html& html, const Advice& advice) {
    if (!advice.cost_before || !advice.cost_after || *advice.cost_before <= 0) return;
    html.text(number_text(100 * *advice.cost_after / *advice.cost_before, Unit::percent));
    html.leaf("span", {{"class", "sub"}}, "of the cost before");
    bar(html, *advice.cost_after / *advice.cost_before);
}

void advised(Html& html, const std::vector<Advice>& rows) {
    constexpr std::array<Column, 5> columns{
        {{"What to run"}, {"Saves an hour", true}, {"Size", true}, {"Statements", true}, {"Cost of these", true}}};
    table(html, "What would save the workload the most time, by the planner's own costs; the upkeep is deducted.",
          columns, rows, [&](Cells& cells, const Advice& advice) {
              cells.with([&] {
                  statement(html, advice.ddl);
                  html.leaf("span", {{"class", "sub"}}, one_line(advice.reason, 500));
                  if (!advice.warning.empty())
                      html.element("span", {{"class", "sub"}}, [&] {
                          html.leaf("strong", {}, "Beforehand: ").text(one_line(advice.warning, 500));
                      });
                  html.element("span", {{"class", "sub"}}, [&] {
                      html.text("In the background: ");
                      html.leaf("code", {}, "SELECT pk_apply('" + one_line(advice.id, 40) + "')");
                  });
              });
              cells.with([&] {
                  html.text(number_text(advice.saved_ms_per_hour, Unit::milliseconds));
                  if (advice.write_ms_per_hour.value_or(0) > 0)
                      html.leaf("span", {{"class", "sub"}},
                                "upkeep " + number_text(advice.write_ms_per_hour, Unit::milliseconds));
              });
              cells.number(advice.bytes, Unit::bytes);
              cells.number(advice.queries_helped, Unit::count);
              cells.with([&] { ratio_bar(html, advice); });
          });
}

void verdict(Html& html, const Applied& applied) {
    const bool good = applied.verdict == "kept", bad = applied.verdict == "worse";
    html.leaf("span",
              {{"class", std::string("state ") + (good  ? "better"
                                                  : bad ? "worse"
                                                        : "same")}},
              std::string(good  ? "\xE2\x9C\x93 "
                          : bad ? "\xE2\x96\xB2 "
                                : "") +
                  applied.verdict);
}

void carried_out(Html& html, const Report& report) {
    html.leaf("h3", {{"id", "applied"}}, "Carried out");
    if (!shown(html, report.applied, "No advice has been carried out yet.")) return;
    double most = 0;
    for (const Applied& applied : report.applied.rows)
        for (const Number& bound : {applied.change_low_ms, applied.change_high_ms})
            if (bound) most = std::max(most, std::abs(*bound));
    constexpr std::array<Column, 6> columns{{{"Change"},
                                             {"Verdict"},
                                             {"Mean before", true},
                                             {"Mean after", true},
                                             {"Difference of a call"},
                                             {"Saves an hour", true}}};
    table(html,
          "The same statements before and after each change, weighted by how often they ran since. In the pictures the "
          "bar is the 95 % interval of the difference; left of the line in the middle is faster.",
          columns, report.applied.rows, [&](Cells& cells, const Applied& applied) {
              cells.with([&] {
                  html.text(applied.action == "drop" ? "dropped " : "created ");
                  html.leaf("code", {{"dir", "ltr"}}, one_line(applied.index, 130));
                  html.leaf("span", {{"class", "sub"}}, "on " + one_line(applied.table, 130) + ", " + applied.finished);
              });
              cells.with([&] {
                  verdict(html, applied);
                  html.leaf("span", {{"class", "sub"}}, one_line(applied.reason, 400));
                  if (!applied.statement.empty()) statement(html, applied.statement);
              });
              cells.with([&] {
                  html.text(number_text(applied.mean_before_ms, Unit::milliseconds));
                  if (applied.calls_before)
                      html.leaf("span", {{"class", "sub"}}, plural(*applied.calls_before, "call", "calls"));
              });
              cells.with([&] {
                  html.text(number_text(applied.mean_after_ms, Unit::milliseconds));
                  if (applied.calls_after)
                      html.leaf("span", {{"class", "sub"}}, plural(*applied.calls_after, "call", "calls"));
              });
              cells.with([&] {
                  if (!applied.change_ms || !applied.change_low_ms || !applied.change_high_ms) return;
                  const std::string bounds = number_text(applied.change_low_ms, Unit::milliseconds) + " to " +
                                             number_text(applied.change_high_ms, Unit::milliseconds);
                  interval(html, *applied.change_low_ms, *applied.change_ms, *applied.change_high_ms, most,
                           "Difference of a call: " + bounds);
                  html.leaf("span", {{"class", "sub"}}, bounds);
              });
              cells.with([&] {
                  html.text(number_text(applied.saved_ms_per_hour, Unit::milliseconds));
                  if (applied.forecast_ms_per_hour)
                      html.leaf("span", {{"class", "sub"}},
                                "forecast " + number_text(applied.forecast_ms_per_hour, Unit::milliseconds));
              });
          });
}

}  // namespace

void indexes_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "indexes"}}, "Indexes");
        if (shown(html, report.advice, "No index is missing, and none is superfluous."))
            advised(html, report.advice.rows);
        carried_out(html, report);
    });
}

}  // namespace perfkit::report

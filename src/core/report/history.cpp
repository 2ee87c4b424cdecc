// The course of the measures, a picture for each kind.

#include <algorithm>
#include <cmath>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

// Two points at least: one is no course.
bool has_course(const Measure& measure) {
    const auto known = [](const Number& value) { return value && std::isfinite(*value); };
    return std::count_if(measure.course.begin(), measure.course.end(), known) > 1 ||
           std::count_if(measure.course_before.begin(), measure.course_before.end(), known) > 1;
}

void values(Html& html, const std::vector<Measure>& measures, bool compared) {
    std::vector<Column> columns{{"Measure"}, {"Value", true}};
    if (compared) columns = {{"Measure"}, {"Before", true}, {"After", true}, {"Change", true}};
    table(html, "The measures of the whole window; there are too few snapshots to draw their course.", columns,
          measures, [&](Cells& cells, const Measure& measure) {
              cells.text(measure.chart == measure.name || measure.name == "all" ? measure.chart
                                                                                : measure.chart + ": " + measure.name);
              if (compared) cells.number(measure.before, measure.unit);
              cells.number(measure.value, measure.unit);
              if (compared) cells.text(change_text(measure.before, measure.value));
          });
}

void key(Html& html, const std::string& style) {
    html.element("svg", {{"class", "key"}, {"viewBox", "0 0 24 8"}, {"aria-hidden", "true"}}, [&] {
        html.element("path", {{"class", style}, {"d", "M0 4H24"}});
    });
}

void caption(Html& html, std::span<const Measure> lines) {
    html.element("figcaption", {}, [&] {
        html.leaf("b", {}, lines.front().chart);
        html.element("br");
        html.element("span", {}, [&] {
            int number = 0;
            for (const Measure& measure : lines) {
                if (number > 0) html.text("  ");
                key(html, "line l" + std::to_string(number++));
                html.text((measure.name == "all" ? "" : measure.name + " ") + number_text(measure.value, measure.unit));
                if (measure.before) html.text(" (before " + number_text(measure.before, measure.unit) + ")");
            }
        });
    });
}

}  // namespace

void history_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "history"}}, "History");
        std::vector<Measure> drawn, others;
        for (const Measure& measure : report.measures.rows) (has_course(measure) ? drawn : others).push_back(measure);
        if (!report.measures.missing.empty()) missing(html, report.measures.missing);
        if (!others.empty() && !report.counters_only) values(html, others, report.before.has_value());
        if (drawn.empty()) return;
        html.element("p", {}, [&] {
            if (report.before) {
                html.text("Blue is after; grey, ");
                key(html, "past");
                html.text("is before, laid over it from its beginning. ");
            } else {
                html.text("The figures are those of the whole window. ");
            }
            html.text("The axis of durations is logarithmic.");
        });
        html.element("div", {{"class", "charts"}}, [&] {
            for (std::size_t begin = 0; begin < drawn.size();) {
                std::size_t end = begin + 1;
                while (end < drawn.size() && drawn[end].chart == drawn[begin].chart) ++end;
                const std::span<const Measure> lines(drawn.data() + begin, end - begin);
                html.element("figure", {}, [&] {
                    caption(html, lines);
                    line_chart(html, lines, report.window.ticks);
                });
                begin = end;
            }
        });
    });
}

}  // namespace perfkit::report

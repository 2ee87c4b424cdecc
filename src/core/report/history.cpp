// The course of the measures, a picture for each kind.

#include <algorithm>
#include <cmath>
#include <iterator>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

bool has_course(const Measure& measure) {
    const auto known = [](const Number& value) { return value && std::isfinite(*value); };
    return std::any_of(measure.course.begin(), measure.course.end(), known) ||
           std::any_of(measure.course_before.begin(), measure.course_before.end(), known);
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
                html.text(measure.name + " " + number_text(measure.value, measure.unit));
                if (measure.before) html.text(" (before " + number_text(measure.before, measure.unit) + ")");
            }
        });
    });
}

}  // namespace

void history_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "history"}}, "History");
        std::vector<Measure> drawn;
        std::copy_if(report.measures.rows.begin(), report.measures.rows.end(), std::back_inserter(drawn), has_course);
        if (!report.measures.missing.empty()) missing(html, report.measures.missing);
        if (drawn.empty()) {
            if (report.measures.missing.empty())
                missing(html, "There are too few snapshots in the window to draw what happened in it.");
            return;
        }
        html.element("p", {}, [&] {
            html.text(report.before ? "Blue is after; grey is before, laid over it from its beginning. "
                                    : "The figures are those of the whole window. ");
            if (report.before) key(html, "past");
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

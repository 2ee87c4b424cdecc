// The page as a whole: head, title, contents, sections.

#include <array>

#include "perfkit/core/report/data.hpp"
#include "sections.hpp"
#include "style.hpp"

namespace perfkit::report {

namespace {

// Nothing is loaded, nothing runs: the page may be opened wherever it comes from.
constexpr const char* policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

void head(Html& html, const Report& report) {
    html.element("head", {}, [&] {
        html.element("meta", {{"charset", "utf-8"}});
        html.element("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}});
        html.element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
        html.element("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
        html.element("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
        html.leaf("title", {}, one_line(report.head.title, 100) + ": PostgreSQL report of " + report.window.to);
        html.element("style", {}, [&] { html.raw(style); });
    });
}

void fact(Html& html, std::string_view name, const std::string& value) {
    if (value.empty()) return;
    html.leaf("dt", {}, name);
    html.leaf("dd", {}, one_line(value, 400));
}

std::string span_of(const Window& window) {
    return window.from + " to " + window.to + (window.length.empty() ? "" : " (" + window.length + ")");
}

void title(Html& html, const Report& report) {
    html.element("header", {}, [&] {
        html.leaf("p", {{"class", "kicker"}},
                  report.before ? "PostgreSQL performance, before and after" : "PostgreSQL performance");
        html.leaf("h1", {}, one_line(report.head.title, 200));
        html.element("dl", {{"class", "facts"}}, [&] {
            if (report.before) {
                fact(html, "Before", span_of(*report.before));
                fact(html, "After", span_of(report.window));
            } else {
                fact(html, "Window",
                     report.counters_only
                         ? "since the counters began, since there is no history of " + span_of(report.window)
                         : span_of(report.window));
            }
            fact(html, "Server", report.head.server);
            fact(html, "Made", report.head.made + (report.head.maker.empty() ? "" : " for " + report.head.maker));
            fact(html, "Capture", report.head.capture);
            fact(html, "History", report.head.history);
        });
    });
}

void contents(Html& html, const Report& report) {
    constexpr std::array<std::array<const char*, 2>, 9> links{{{"summary", "Summary"},
                                                               {"changes", "What changed"},
                                                               {"health", "Health"},
                                                               {"statements", "Statements"},
                                                               {"indexes", "Indexes"},
                                                               {"waits", "Waits"},
                                                               {"cache", "Cache"},
                                                               {"storage", "Storage"},
                                                               {"history", "History"}}};
    html.element("nav", {{"aria-label", "Sections"}}, [&] {
        html.element("ul", {}, [&] {
            for (const auto& link : links) {
                if (std::string_view(link[0]) == "changes" && !report.before) continue;
                html.element("li", {}, [&] { html.leaf("a", {{"href", std::string("#") + link[0]}}, link[1]); });
            }
        });
    });
}

void foot(Html& html, const Report& report) {
    html.element("footer", {}, [&] {
        html.leaf("p", {},
                  "Made by pk_report() of pg_perfkit " + report.head.product +
                      ". Percentiles of durations are within 4.5 %. Sizes are in powers of 1024. Statements are shown "
                      "without their constants, and those of others only to who may see them. This page has no script "
                      "and loads nothing.");
    });
}

}  // namespace

std::string page(const Report& report) {
    Html html;
    html.raw("<!DOCTYPE html>\n");
    html.element("html", {{"lang", "en"}}, [&] {
        head(html, report);
        html.element("body", {}, [&] {
            html.leaf("a", {{"class", "skip"}, {"href", "#summary"}}, "To the summary");
            title(html, report);
            contents(html, report);
            html.element("main", {}, [&] {
                summary_section(html, report);
                changes_section(html, report);
                health_section(html, report);
                queries_section(html, report);
                indexes_section(html, report);
                waits_section(html, report);
                cache_section(html, report);
                storage_section(html, report);
                history_section(html, report);
            });
            foot(html, report);
        });
    });
    html.raw("\n");
    return html.markup();
}

}  // namespace perfkit::report

// What lies on disk, how much of it is bloat, and what grew.

#include <algorithm>
#include <array>

#include "perfkit/core/report/chart.hpp"
#include "sections.hpp"

namespace perfkit::report {

namespace {

constexpr std::size_t most_rows = 15;
constexpr double worth_telling = 1 << 20;

void key(Html& html, const char* style, const char* meaning) {
    html.element("span", {}, [&] {
        html.element("svg", {{"width", "14"}, {"height", "14"}, {"aria-hidden", "true"}}, [&] {
            html.element("rect", {{"class", style}, {"width", "14"}, {"height", "14"}});
            if (std::string_view(style) == "hatched")
                html.element("path", {{"d", "M2 14L14 2M-2 8L8 -2M8 18L18 8"}, {"stroke", "currentColor"}});
        });
        html.text(meaning);
    });
}

void map(Html& html, const Storage& storage) {
    double drawn = 0;
    for (const Relation& relation : storage.rows) drawn += relation.bytes.value_or(0);
    const double others = std::max(storage.all_bytes.value_or(drawn) - drawn, 0.0);
    // Text in a picture shrinks with it: a telephone gets one of its own.
    storage_map(html, storage.rows, others, 1000, 420, "wide");
    storage_map(html, storage.rows, others, 360, 520, "narrow");
    html.element("p", {{"class", "legend"}}, [&] {
        key(html, "tile", "table");
        key(html, "tile index", "index");
        key(html, "hatched", "bloat: a rewrite would give it back");
    });
}

void bloat(Html& html, const Storage& storage) {
    std::vector<Relation> worst;
    for (const Relation& relation : storage.rows)
        if (relation.wasted && *relation.wasted >= worth_telling) worst.push_back(relation);

    std::stable_sort(worst.begin(), worst.end(),
                     [](const Relation& a, const Relation& b) { return *a.wasted > *b.wasted; });
    if (worst.size() > most_rows) worst.resize(most_rows);
    if (worst.empty()) {
        html.leaf("p", {}, "In none of them is more than 1 MB of bloat.");

        return;
    }
    constexpr std::array<Column, 5> columns{
        {{"Relation"}, {"Size", true}, {"Bloat", true}, {"Given back", true}, {"What to run"}}};
    table(html,
          "What a rewrite would give back, by a sample of the pages; with the interval that holds in 95 of 100 cases.",
          columns, worst, [&](Cells& cells, const Relation& relation) {
              cells.with([&] {
                  html.leaf("code", {{"dir", "ltr"}}, one_line(relation.name, 130));
                  html.leaf("span", {{"class", "sub"}},
                            relation.table.empty() ? relation.kind
                                                   : relation.kind + " index of " + one_line(relation.table, 130));
              });
              cells.number(relation.bytes, Unit::bytes);
              cells.with([&] {
                  html.leaf(
                      "span", {{"class", relation.grade == "high" ? "state warn" : ""}},
                      (relation.grade == "high" ? "\xE2\x97\x86 " : "") + number_text(relation.percent, Unit::percent));
                  if (relation.low && relation.high)
                      html.leaf("span", {{"class", "sub"}},
                                *relation.low == *relation.high
                                    ? "by all pages"
                                    : number_text(std::max(*relation.low, 0.0), Unit::percent) + " to " +
                                          number_text(relation.high, Unit::percent));
              });
              cells.number(relation.wasted, Unit::bytes);
              cells.with([&] {
                  if (!relation.recommendation.empty()) statement(html, relation.recommendation);
              });
          });
}

void growth(Html& html, const Report& report) {
    html.leaf("h3", {}, "Growth");
    if (!shown(html, report.growth, "No table has grown in the window.")) return;
    constexpr std::array<Column, 4> columns{
        {{"Table"}, {"At the beginning", true}, {"At the end", true}, {"Growth", true}}};
    table(html, "The tables that grew most in the window, with their indexes and TOAST tables.", columns,
          report.growth.rows, [&](Cells& cells, const Growth& row) {
              cells.with([&] { html.leaf("code", {{"dir", "ltr"}}, one_line(row.name, 130)); });
              cells.number(row.before, Unit::bytes).number(row.after, Unit::bytes);
              cells.number(row.growth, Unit::bytes);
          });
}

}  // namespace

void storage_section(Html& html, const Report& report) {
    const Storage& storage = report.storage;
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "storage"}}, "Storage");
        if (shown(html, storage, "There are no tables.")) {
            const auto drawn = static_cast<double>(storage.rows.size());
            html.leaf("p", {},
                      "All tables and indexes together take " + number_text(storage.all_bytes, Unit::bytes) + ". " +
                          (storage.all_relations.value_or(drawn) > drawn
                               ? "Here are the " + number_text(drawn, Unit::count) + " largest of " +
                                     number_text(storage.all_relations, Unit::count) + "."
                               : ""));
            map(html, storage);
            bloat(html, storage);
        }
        growth(html, report);
    });
}

}  // namespace perfkit::report

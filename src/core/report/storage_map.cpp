// The treemap of what lies on disk.

#include <algorithm>
#include <cstddef>

#include "perfkit/core/report/chart.hpp"

namespace perfkit::report {

namespace {

constexpr double letter_width = 7.3;
constexpr double line_height = 15;

std::string share_text(const Relation& relation) {
    if (!relation.wasted) return "bloat not measured";
    return number_text(std::max(relation.percent.value_or(0), 0.0), Unit::percent) + " bloat";
}

void box(Html& html, const char* style, const Rectangle& place) {
    html.element("rect", {{"class", style},
                          {"x", coordinate(place.x)},
                          {"y", coordinate(place.y)},
                          {"width", coordinate(place.width)},
                          {"height", coordinate(place.height)}});
}

// A name, cut where it does not fit, and below it the lines that fit whole: half a number would be another one.
void label(Html& html, const Rectangle& place, const std::string& name, std::initializer_list<std::string> lines) {
    const double room = (place.width - 10) / letter_width - 1;  // an ellipsis comes on top
    if (room < 4 || place.height < line_height + 3) return;
    const auto most = static_cast<std::size_t>(room);
    double y = place.y + line_height;
    const auto write = [&](const std::string& text) {
        html.leaf("text", {{"x", coordinate(place.x + 5)}, {"y", coordinate(y)}}, text);
        y += line_height;
    };
    write(one_line(name, most));
    for (const std::string& text : lines)
        if (!text.empty() && y <= place.y + place.height - 3 && one_line(text, most + 1) == text) write(text);
}

void tile(Html& html, const Relation& relation, const Rectangle& place, const std::string& hatch) {
    const std::string size = number_text(relation.bytes, Unit::bytes);
    html.element("g", {}, [&] {
        html.leaf("title", {},
                  one_line(relation.name, 140) + ": " + relation.kind + ", " + size + ", " + share_text(relation));
        box(html, relation.table.empty() ? "tile" : "tile index", place);
        const double wasted = std::clamp(relation.percent.value_or(0) / 100, 0.0, 1.0);
        if (relation.wasted && wasted * place.height >= 0.5)
            html.element("rect", {{"fill", "url(#" + hatch + ")"},
                                  {"x", coordinate(place.x)},
                                  {"y", coordinate(place.y + place.height * (1 - wasted))},
                                  {"width", coordinate(place.width)},
                                  {"height", coordinate(place.height * wasted)}});
        const std::size_t dot = relation.name.find('.');
        label(html, place, dot == std::string::npos ? relation.name : relation.name.substr(dot + 1),
              {size, relation.percent && *relation.percent >= 1 ? share_text(relation) : ""});
    });
}

}  // namespace

void storage_map(Html& html, const std::vector<Relation>& relations, double others, double width, double height,
                 const std::string& style) {
    // What is not shown has its place among the others, by its size: the layout needs sizes that do not increase.
    std::vector<double> sizes;
    for (const Relation& relation : relations) sizes.push_back(relation.bytes.value_or(0));
    std::size_t rest = sizes.size();
    if (others > 0) {
        while (rest > 0 && sizes[rest - 1] < others) --rest;
        sizes.insert(sizes.begin() + static_cast<std::ptrdiff_t>(rest), others);
    }
    const std::vector<Rectangle> places = treemap(sizes, {0, 0, width, height});
    const std::string hatch = "hatch-" + style;
    html.element("svg",
                 {{"class", "map " + style},
                  {"viewBox", "0 0 " + coordinate(width) + " " + coordinate(height)},
                  {"role", "img"}},
                 [&] {
                     html.leaf("title", {}, "Relations by size");
                     html.leaf("desc", {},
                               "A rectangle for each of the largest tables and indexes, as large as its share of the "
                               "disk; the hatched part is bloat. The table below has the figures.");
                     html.element("defs", {}, [&] {
                         html.element("pattern",
                                      {{"id", hatch},
                                       {"width", "6"},
                                       {"height", "6"},
                                       {"patternUnits", "userSpaceOnUse"},
                                       {"patternTransform", "rotate(45)"}},
                                      [&] {
                                          html.element("rect", {{"class", "hatched"}, {"width", "6"}, {"height", "6"}});
                                          html.element("rect", {{"class", "hatch"}, {"width", "2"}, {"height", "6"}});
                                      });
                     });
                     for (std::size_t i = 0; i < relations.size(); ++i) {
                         const Rectangle& place = places[i < rest ? i : i + (others > 0 ? 1 : 0)];
                         if (place.width >= 0.5 && place.height >= 0.5) tile(html, relations[i], place, hatch);
                     }
                     if (others > 0) {
                         box(html, "tile rest", places[rest]);
                         label(html, places[rest], "all others", {number_text(others, Unit::bytes)});
                     }
                 });
}

}  // namespace perfkit::report

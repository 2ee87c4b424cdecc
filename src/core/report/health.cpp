// What the health checks found.

#include <algorithm>
#include <array>

#include "sections.hpp"

namespace perfkit::report {

std::string title_of(const Check& check) {
    std::string title = one_line(check.name, 63);
    std::replace(title.begin(), title.end(), '_', ' ');
    if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
    return title;
}

std::string value_of(const Check& check, Number value) {
    if (!value) return "";
    std::string unit = check.unit;
    // One index, not one indexes.
    if (*value == 1 && unit.size() > 2 && unit.back() == 's') unit.resize(unit.size() - (unit == "indexes" ? 2 : 1));
    return number_text(value, Unit::count) + (unit.empty() ? "" : "\xC2\xA0" + unit);
}

namespace {

// A sign beside the word, since colour alone says nothing to many.
const char* sign_of(const Check& check) { return check.status == "critical" ? "\xE2\x96\xB2 " : "\xE2\x97\x86 "; }

void complaints(Html& html, const std::vector<Check>& checks) {
    constexpr std::array<Column, 4> columns{{{"Check"}, {"Status"}, {"Value", true}, {"What to do"}}};
    table(
        html, "What the checks complain of, the worst first.", columns, checks, [&](Cells& cells, const Check& check) {
            cells.with([&] {
                html.leaf("span", {{"id", anchor("check", check.name)}}, title_of(check));
                html.leaf("span", {{"class", "sub"}}, one_line(check.meaning, 300));
            });
            cells.with([&] { html.leaf("span", {{"class", "state " + check.status}}, sign_of(check) + check.status); });
            cells.with([&] {
                html.text(value_of(check, check.value));
                if (check.threshold) html.leaf("span", {{"class", "sub"}}, "limit " + value_of(check, check.threshold));
            });
            cells.with([&] {
                what_to_do(html, check.recommendation);
                if (check.objects.empty()) return;
                html.element("span", {{"class", "sub"}}, [&] {
                    bool first = true;
                    for (const std::string& object : check.objects) {
                        if (!first) html.element("br");
                        first = false;
                        html.leaf("code", {{"dir", "ltr"}}, one_line(object, 200));
                    }
                });
            });
        });
}

template <typename Tell>
void folded(Html& html, const std::string& title, const std::vector<Check>& checks, const char* heading, Tell&& tell) {
    if (checks.empty()) return;
    html.element("details", {}, [&] {
        html.leaf("summary", {}, title);
        const std::array<Column, 2> columns{{{"Check"}, {heading}}};
        table(html, title, columns, checks, [&](Cells& cells, const Check& check) {
            cells.with([&] {
                html.text(title_of(check));
                html.leaf("span", {{"class", "sub"}}, one_line(check.meaning, 300));
            });
            cells.text(tell(check));
        });
    });
}

}  // namespace

void health_section(Html& html, const Report& report) {
    html.element("section", {}, [&] {
        html.leaf("h2", {{"id", "health"}}, "Health");
        if (!shown(html, report.health, "There are no checks.")) return;
        std::vector<Check> bad, good, skipped;
        for (const Check& check : report.health.rows)
            (check.status == "ok" ? good : check.status == "skipped" ? skipped : bad).push_back(check);
        std::stable_sort(bad.begin(), bad.end(), [](const Check& a, const Check& b) {
            return a.status == "critical" && b.status != "critical";
        });
        html.leaf("p", {}, "The checks look at the server and the database as they are at the time of the report.");
        if (bad.empty())
            html.leaf("p", {}, "No check complains.");
        else
            complaints(html, bad);
        folded(html, plural(static_cast<double>(good.size()), "check is ok", "checks are ok"), good, "Value",
               [](const Check& check) { return value_of(check, check.value); });
        folded(html, plural(static_cast<double>(skipped.size()), "check", "checks") + " could judge nothing", skipped,
               "Reason", [](const Check& check) { return one_line(check.reason, 300); });
    });
}

}  // namespace perfkit::report

// The sections of the page, each in a file of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "perfkit/core/report/data.hpp"
#include "perfkit/core/report/html.hpp"

namespace perfkit::report {

// What is to be done, most urgent first; the link leads to where it comes from.
struct Finding {
    int urgency;
    std::string what;
    std::string why;
    std::string run;  // a statement
    std::string link;
};
std::vector<Finding> findings_of(const Report& report);

// The place of a check, a table or a statement on the page.
std::string anchor(std::string_view kind, std::string_view name);

void summary_section(Html& html, const Report& report);
void changes_section(Html& html, const Report& report);
void health_section(Html& html, const Report& report);
void queries_section(Html& html, const Report& report);
void waits_section(Html& html, const Report& report);
void cache_section(Html& html, const Report& report);
void storage_section(Html& html, const Report& report);
void indexes_section(Html& html, const Report& report);
void history_section(Html& html, const Report& report);

// Parts that several of them have.
void missing(Html& html, std::string_view sentence);
// Where there are no rows, says why, or `nothing`; false then.
template <typename Row>
bool shown(Html& html, const Part<Row>& part, std::string_view nothing) {
    if (!part.missing.empty())
        missing(html, part.missing);
    else if (part.rows.empty())
        missing(html, nothing);
    if (!part.note.empty()) html.leaf("p", {{"class", "soft"}}, part.note);
    return !part.rows.empty();
}
// A statement: its beginning, and the rest folded away.
void statement(Html& html, std::string_view sql);
// A recommendation: a statement, or a sentence.
void what_to_do(Html& html, std::string_view recommendation);
// A check as a reader calls it, and its value with its unit.
std::string title_of(const Check& check);
std::string value_of(const Check& check, Number value);
// Who ran it.

std::string whose(const std::string& role, bool toplevel, const std::string& id);
std::string plural(double number, const std::string& one, const std::string& many);

struct Column {
    std::string_view label;
    bool number = false;
};

// The cells of a row, in the order of the columns; the first one is the row's header.
class Cells {
public:
    Cells(Html& html, std::span<const Column> columns) : html_(html), columns_(columns) {}
    template <typename Body>
    Cells& with(Body&& body) {
        const Column& column = columns_[next_];
        const std::string style = column.number ? "num" : "";
        if (next_++ == 0)
            html_.element("th", {{"scope", "row"}}, body);
        else
            html_.element("td", {{"class", style}, {"data-label", std::string(column.label)}}, body);
        return *this;
    }
    Cells& text(std::string_view utf8) {
        return with([&] { html_.text(utf8); });
    }
    Cells& number(Number value, Unit unit) { return text(number_text(value, unit)); }

private:
    Html& html_;
    std::span<const Column> columns_;
    std::size_t next_ = 0;
};

template <typename Rows, typename Body>
void table(Html& html, std::string_view caption, std::span<const Column> columns, const Rows& rows, Body&& body) {
    html.element("table", {{"class", "cards"}}, [&] {
        html.leaf("caption", {}, caption);
        html.element("thead", {}, [&] {
            html.element("tr", {}, [&] {
                for (const Column& column : columns)
                    html.leaf("th", {{"scope", "col"}, {"class", column.number ? "num" : ""}}, column.label);
            });
        });
        html.element("tbody", {}, [&] {
            for (const auto& row : rows) {
                html.element("tr", {}, [&] {
                    Cells cells(html, columns);
                    body(cells, row);
                });
            }
        });
    });
}

}  // namespace perfkit::report

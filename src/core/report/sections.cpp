#include "sections.hpp"

#include <algorithm>

namespace perfkit::report {

namespace {

// Characters of a statement that are shown at all, and at once.
constexpr std::size_t most_folded = 2000;
constexpr std::size_t most_unfolded = 180;
// What is written by references of eight bytes a character is cut earlier, so that the page stays below its limit.
constexpr std::size_t most_bytes = 3 * most_folded;

}  // namespace

std::string anchor(std::string_view kind, std::string_view name) {
    std::string result(kind);
    result += '-';
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        result += plain ? c : '-';
    }
    return result;
}

void missing(Html& html, std::string_view sentence) { html.leaf("p", {{"class", "missing"}}, sentence); }

void statement(Html& html, std::string_view sql) {
    const std::size_t most = escaped(first_of(sql, most_folded)).size() > most_bytes ? most_folded / 4 : most_folded;
    const std::string whole = one_line(sql, most);
    const std::string beginning = first_of(whole, most_unfolded);
    if (beginning == whole) {
        html.leaf("code", {{"class", "sql"}, {"dir", "ltr"}}, whole);
        return;
    }
    html.element("details", {}, [&] {
        html.element("summary", {}, [&] { html.leaf("code", {{"class", "sql"}, {"dir", "ltr"}}, beginning); });
        // As it was written, line by line; Tab reaches it, so that it can be scrolled without a mouse.
        html.leaf("code", {{"class", "long"}, {"dir", "ltr"}, {"tabindex", "0"}}, first_of(sql, most));
    });
}

void what_to_do(Html& html, std::string_view recommendation) {
    // Our recommendations that are statements begin with a word in capitals, as statements do.
    const bool sql = recommendation.size() > 3 && std::all_of(recommendation.begin(), recommendation.begin() + 4,
                                                              [](char c) { return c >= 'A' && c <= 'Z'; });
    if (sql)
        statement(html, recommendation);
    else
        html.text(one_line(recommendation, 600));
}

std::string whose(const std::string& role, bool toplevel, const std::string& id) {
    std::string text = role.empty() ? "role unknown" : one_line(role, 63);
    if (!toplevel) text += ", inside another statement";
    if (!id.empty()) text += ", queryid " + id;
    return text;
}

std::string plural(double number, const std::string& one, const std::string& many) {
    return number_text(number, Unit::count) + " " + (number == 1 ? one : many);
}

}  // namespace perfkit::report

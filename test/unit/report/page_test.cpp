#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "perfkit/core/report/data.hpp"

namespace perfkit::report {

namespace {

// What is wrong with the markup as XML; empty where nothing is.  Ids and links are collected.
struct Markup {
    std::string wrong;
    std::multiset<std::string> ids;
    std::set<std::string> links;
    std::set<std::string> elements;
};

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ':' || c == '_'; }

std::string wrong_reference(const std::string& text) {
    for (std::size_t place = 0; (place = text.find('&', place)) != std::string::npos; ++place) {
        const std::size_t end = text.find(';', place);
        const std::string name = end == std::string::npos ? "" : text.substr(place + 1, end - place - 1);
        const bool number = name.size() > 1 && name[0] == '#' &&
                            std::all_of(name.begin() + 1, name.end(), [](char c) { return std::isalnum(c); });
        if (!number && name != "amp" && name != "lt" && name != "gt" && name != "quot") return "reference &" + name;
    }
    return "";
}

Markup parsed(const std::string& page) {
    Markup markup;
    std::vector<std::string> open;
    std::size_t place = page.find("<html");
    const auto fail = [&](const std::string& what) {
        markup.wrong = what + " at " + page.substr(std::max<std::size_t>(place, 30) - 30, 90);
        return markup;
    };
    if (std::any_of(page.begin(), page.end(), [](unsigned char c) { return c > '~' || (c < ' ' && c != '\n' && c != '\t'); }))
        return fail("not ASCII");
    while (place < page.size()) {
        if (page[place] != '<') {
            const std::size_t end = std::min(page.find('<', place), page.size());
            const std::string text = page.substr(place, end - place);
            if (const std::string wrong = wrong_reference(text); !wrong.empty()) return fail(wrong);
            if (open.empty() && text != "\n") return fail("text outside");
            place = end;
            continue;
        }
        std::size_t end = ++place;
        const bool closing = page[place] == '/';
        if (closing) ++end;
        const std::size_t name_begin = end;
        while (end < page.size() && is_name(page[end])) ++end;
        const std::string name = page.substr(name_begin, end - name_begin);
        if (name.empty()) return fail("no name");
        if (closing) {
            if (open.empty() || open.back() != name) return fail("closes " + name);
            if (page[end] != '>') return fail("no end");
            open.pop_back();
            place = end + 1;
            continue;
        }
        markup.elements.insert(name);
        std::set<std::string> attributes;
        while (page[end] == ' ') {
            const std::size_t begin = ++end;
            while (is_name(page[end])) ++end;
            const std::string attribute = page.substr(begin, end - begin);
            if (page.compare(end, 2, "=\"") != 0) return fail("no value");
            const std::size_t quote = page.find('"', end + 2);
            const std::string value = page.substr(end + 2, quote - end - 2);
            if (value.find('<') != std::string::npos || !wrong_reference(value).empty()) return fail("value");
            if (!attributes.insert(attribute).second) return fail("twice " + attribute);
            if (attribute == "id") markup.ids.insert(value);
            if (attribute == "href") markup.links.insert(value);
            if (attribute.rfind("on", 0) == 0 || attribute == "src") return fail("active " + attribute);
            end = quote + 1;
        }
        const bool whole = page[end] == '/';
        if (whole) ++end;
        if (page[end] != '>') return fail("no end of " + name);
        if (!whole) open.push_back(name);
        place = end + 1;
    }
    if (!open.empty()) markup.wrong = "left open: " + open.back();
    return markup;
}

const std::string hostile =
    "</code></style></title>--><script>alert('x')</script>\" onload=\"y \xE2\x80\xAE\xE2\x80\xA8\x01 ]]> &amp; \xFF";

LatencyHistogram durations(std::uint64_t from, std::uint64_t to) {
    LatencyHistogram latency;
    for (std::uint64_t n = from; n < to; n += n / 10 + 1) latency.add(n);
    return latency;
}

// Every field as large and as hostile as what is gathered can be.
Report filled(std::size_t rows, const std::string& text) {
    Report report;
    report.head = {text, text, text, text, text, text, text};
    report.window = {"10:00", "11:00", "1 h", 100, {{0.1, "10:06"}, {0.9, "10:54"}}};
    report.before = report.window;
    std::vector<Number> course(96);
    for (std::size_t i = 0; i < course.size(); i += 2) course[i] = std::sin(static_cast<double>(i)) + 1;
    for (const Unit unit : {Unit::count, Unit::bytes, Unit::milliseconds, Unit::percent, Unit::per_second,
                            Unit::bytes_per_second, Unit::sessions})
        for (int line = 0; line < 3; ++line)
            report.measures.rows.push_back(
                {"Chart " + std::to_string(static_cast<int>(unit)), "line", unit, 1, 2, course, course, "Headline"});
    for (std::size_t i = 0; i < rows; ++i) {
        const double n = static_cast<double>(i) + 1;
        report.changes.rows.push_back(
            {"slower", n * 1000, n * 1000, "-123", text, false, n, n, n, 2 * n, n, 2 * n, text});
        report.health.rows.push_back({"check_" + std::to_string(i),
                                      text,
                                      i % 2 ? "warn" : "critical",
                                      n,
                                      "%",
                                      n,
                                      {text, text, text, text, text},
                                      text,
                                      text,
                                      text});
        Query query{
            "123",  text, false, n, n, n, n, n, n, n, n, n, n, n, durations(1000, 1u << 30), durations(10, 1000),
            course, text};
        report.queries.rows.push_back(query);
        report.waits.rows.push_back({text, n, n, n, n});
        report.cache.rows.push_back({text, n, n, n, n, "warn"});
        report.forecasts.rows.push_back({n, n, n, n, n, text});
        report.storage.rows.push_back(
            {text, i % 2 ? text : "", "btree", 1e9 / n, 1e8, 40.0, 30.0, 50.0, "high", text, text});
        report.growth.rows.push_back({text, n, n, n});
        report.advice.rows.push_back({text, "create", text, text, text, text, text, n, n, n, n, n, n});
        report.applied.rows.push_back(
            {"create", text, text, "10:00", "worse", text, text, n, n, n, n, n, -n, n, n, n, n, n});
    }
    report.storage.all_bytes = 1e12;
    return report;
}

}  // namespace

TEST(ReportPage, IsWellFormedWhateverStandsInIt) {
    for (const std::string& text : {hostile, std::string(), std::string("plain")}) {
        const std::string page = report::page(filled(5, text));
        const Markup markup = parsed(page);
        EXPECT_EQ(markup.wrong, "");
        EXPECT_EQ(page.find("<script"), std::string::npos);
        for (const std::string& id : markup.ids) EXPECT_EQ(markup.ids.count(id), 1u) << id;
        for (const std::string& link : markup.links) {
            ASSERT_EQ(link.at(0), '#') << link;
            EXPECT_EQ(markup.ids.count(link.substr(1)), 1u) << link;
        }
        for (const char* element : {"script", "img", "link", "iframe", "object", "form", "base"})
            EXPECT_EQ(markup.elements.count(element), 0u) << element;
    }
}

TEST(ReportPage, TellsHostileTextAsItIs) {
    const std::string page = report::page(filled(1, hostile));
    EXPECT_NE(page.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), std::string::npos);
    EXPECT_NE(page.find("[U+202E]"), std::string::npos);
    EXPECT_NE(page.find("[U+2028]"), std::string::npos);
    EXPECT_NE(page.find("\\xFF"), std::string::npos);
}

TEST(ReportPage, WithoutAnythingItSaysSo) {
    Report report;
    report.queries.missing = "Nothing is captured here.";
    const std::string page = report::page(report);
    EXPECT_EQ(parsed(page).wrong, "");
    EXPECT_NE(page.find("Nothing is captured here."), std::string::npos);
    for (const char* section : {"summary", "health", "statements", "indexes", "waits", "cache", "storage", "history"})
        EXPECT_NE(page.find("id=\"" + std::string(section) + "\""), std::string::npos) << section;
    EXPECT_EQ(page.find("id=\"changes\""), std::string::npos);
}

TEST(ReportPage, NumbersThatAreNone) {
    Report report = filled(3, "x");
    for (Measure& measure : report.measures.rows) {
        measure.course[0] = std::nan("");
        measure.course[1] = std::numeric_limits<double>::infinity();
        measure.value = -std::numeric_limits<double>::infinity();
    }
    report.measures.rows[0].course.assign(96, std::nullopt);
    report.measures.rows[0].course_before.clear();
    report.measures.rows[1].course.assign(1, 5.0);
    report.measures.rows[2].course.assign(3, 0.0);
    report.storage.rows[0].bytes = std::nan("");
    report.queries.rows[0].latency = LatencyHistogram();
    const std::string page = report::page(report);
    EXPECT_EQ(parsed(page).wrong, "");
    EXPECT_EQ(page.find("nan"), std::string::npos);
    EXPECT_EQ(page.find("inf\""), std::string::npos);
}

// As much as src/pg/report gathers at most: 60 relations, less of everything else, texts of 5,000 characters that take
// eight bytes each.
TEST(ReportPage, IsBounded) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "\xE2\x80\xAE";
    Report report = filled(60, text);
    report.health.rows.resize(40);
    report.queries.rows.resize(15);
    report.changes.rows.resize(16);
    report.advice.rows.resize(15);
    report.applied.rows.resize(15);
    EXPECT_LT(report::page(report).size(), 2u << 20);
}

TEST(ReportPage, MostUrgentFirst) {
    Report report;
    report.health.rows.push_back({"cache_hit", "", "warn", 80, "%", 90, {}, "Blocks found", "Give it memory.", ""});
    report.health.rows.push_back(
        {"xid_age", "", "critical", 70, "%", 60, {"app"}, "Ids used up", "VACUUM FREEZE.", ""});
    report.advice.rows.push_back({"a1", "create", "t", "i", "CREATE INDEX", "", "", 1e6, 10, 1, 60000, 0, 2});
    const std::string page = report::page(report);
    const std::size_t summary = page.find("id=\"summary\"");
    const std::size_t first = page.find("VACUUM FREEZE.", summary), second = page.find("Create 1 index", summary),
                      third = page.find("Give it memory.", second);
    EXPECT_LT(summary, first);
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
    EXPECT_LT(third, page.find("id=\"health\""));
}

}  // namespace perfkit::report

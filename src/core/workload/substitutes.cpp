#include "perfkit/core/workload/substitutes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <optional>
#include <vector>

#include "perfkit/core/sql_lexer.hpp"

namespace perfkit::workload {

namespace {

using Kind = SqlToken::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

std::string padded(std::size_t number, std::size_t width) {
    const std::string digits = std::to_string(number);
    return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

// A number with more than three digits, apart from zeros at its ends.
struct Number {
    std::string group;   // what its substitute has too: sign, kind, place of the point, three digits
    std::string digits;  // without zeros at the ends
    std::ptrdiff_t before_point = 0;
    bool negative = false, whole = true;
};

constexpr std::size_t kept_digits = 3;

enum class Shape { other, short_number, long_number };

Shape read_number(std::string_view text, Number& number) {
    if (text.starts_with('-') || text.starts_with('+')) {
        number.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    const std::size_t point = text.find('.');
    std::string_view whole = text.substr(0, point);
    const std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
    if (!all_digits(std::string(whole) + std::string(fraction))) return Shape::other;
    if (whole.size() > 1 && whole[0] == '0') return Shape::other;  // as in a postcode
    number.whole = point == std::string_view::npos;
    number.digits = std::string(whole) + std::string(fraction);
    const std::size_t zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
    number.before_point = static_cast<std::ptrdiff_t>(whole.size()) - static_cast<std::ptrdiff_t>(zeros);
    number.digits.erase(0, zeros);
    number.digits.erase(number.digits.find_last_not_of('0') + 1);
    if (number.digits.size() <= kept_digits) return Shape::short_number;
    number.group = std::string(number.negative ? "-" : "+") + (number.whole ? "w" : "f") +
                   std::to_string(number.before_point) + ":" + number.digits.substr(0, kept_digits);
    return Shape::long_number;
}

std::string written(const Number& number, std::size_t rank, std::size_t longest) {
    const auto before = static_cast<std::size_t>(std::max<std::ptrdiff_t>(number.before_point, 0));
    const std::size_t length = number.whole ? before : std::max(longest, before + 1);
    std::string digits = number.digits.substr(0, kept_digits) + padded(rank, length - kept_digits);
    if (number.before_point < 0) digits.insert(0, static_cast<std::size_t>(-number.before_point), '0');
    if (!number.whole) digits.insert(before, before == 0 ? "0." : ".");
    return (number.negative ? "-" : "") + digits;
}

// 2024-02-03, 2024-02-03 04:05:06.7+00 (or with a T): how much of it is the minute, and then the seconds.
struct Time {
    std::string group;
    std::string_view to_minute, seconds, zone;
};

bool matches(std::string_view text, std::string_view pattern) {
    return text.size() >= pattern.size() &&
           std::equal(pattern.begin(), pattern.end(), text.begin(), [](char p, char c) {
               return p == '9' ? is_digit(c) : p == ' ' ? c == ' ' || c == 'T' : p == c;
           });
}

bool read_time(std::string_view text, Time& time) {
    if (!matches(text, "9999-99-99")) return false;
    if (text.size() == 10) return true;
    if (!matches(text, "9999-99-99 99:99")) return false;
    time.to_minute = text.substr(0, 16);
    std::string_view rest = text.substr(16);
    if (rest.starts_with(':')) {
        std::size_t end = 1;
        while (end < rest.size() && (is_digit(rest[end]) || rest[end] == '.')) ++end;
        time.seconds = rest.substr(1, end - 1);
        rest.remove_prefix(end);
    }
    time.zone = rest;
    if (rest.find_first_not_of("+-:0123456789Zz ") != std::string_view::npos) return false;
    if (time.seconds.find_first_not_of("0.") == std::string_view::npos) time.seconds = {};
    time.group = std::string(time.to_minute) + std::string(time.zone);
    return true;
}

// 1e10: such numbers stay where they are short, and are 0 otherwise.
bool is_scientific(std::string_view text) {
    const std::size_t exponent = text.find_first_of("eE");
    Number number;
    if (exponent >= text.size() || read_number(text.substr(0, exponent), number) == Shape::other) return false;
    text.remove_prefix(exponent + 1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return all_digits(text);
}

std::string shortened(std::string_view number) {
    return std::string(std::count_if(number.begin(), number.end(), is_digit) > 3 ? "0" : number);
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        if (dash ? c != '-' : !(is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
    }
    return true;
}

// Words that mean something to the server, and are nobody's.
constexpr std::array known_words = {
    "microsecond", "microseconds", "millisecond", "milliseconds", "second",  "seconds",    "minute",
    "minutes",     "hour",         "hours",       "day",          "days",    "week",       "weeks",
    "month",       "months",       "mon",         "mons",         "quarter", "year",       "years",
    "decade",      "epoch",        "dow",         "isodow",       "doy",     "ago",        "now",
    "today",       "tomorrow",     "yesterday",   "true",         "false",   "t",          "f",
    "on",          "off",          "yes",         "no",           "null",    "utc",        "infinity",
    "-infinity",   "nan",          "hex",         "base64",       "escape",  "***",        "yyyy",
    "mm",          "dd",           "hh24",        "mi",           "ss",      "yyyy-mm-dd", "yyyy-mm",
    "iyyy-iw",     "hh24:mi",      "hh24:mi:ss"};

// '1 day', '02:00:00', 'month', 'YYYY-MM-DD HH24:MI': known words and clock times, and short numbers that have one
// each.
bool is_known(std::string_view text) {
    std::ptrdiff_t known = 0, numbers = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        Number number;
        const bool clock = matches(word, "99:99") && word.find_first_not_of("0123456789:.") == std::string_view::npos;
        if (clock || std::find(known_words.begin(), known_words.end(), lower(word)) != known_words.end())
            ++known;
        else if (read_number(word, number) == Shape::short_number)
            ++numbers;
        else
            return false;
    }
    return numbers <= known;
}

// An array, or JSON: what is in it, but for keys, each by function.
template <typename Function>
std::string inside(std::string_view text, Function&& function) {
    constexpr std::string_view structure = "{}[](),: \t\r\n";
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (structure.find(text[at]) != std::string_view::npos) {
            result += text[at++];
            continue;
        }
        const bool quoted = text[at] == '"';
        std::size_t end = at + 1;
        if (quoted) {
            while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
            end = std::min(end, text.size());
            std::size_t next = std::min(end + 1, text.size());
            while (next < text.size() && is_space(text[next])) ++next;
            const bool key = next < text.size() && text[next] == ':';
            const std::string_view content = text.substr(at + 1, end - at - 1);
            result += '"' + (key ? std::string(content) : function(content)) + '"';
            at = std::min(end + 1, text.size());
        } else {
            while (end < text.size() && (std::string(structure) + "\"").find(text[end]) == std::string::npos) ++end;
            const std::string_view word = text.substr(at, end - at);
            result += is_scientific(word) ? shortened(word) : function(word);
            at = end;
        }
    }
    return result;
}

// The content of a string token, and how to write another one in its place.
struct Literal {
    bool text = true;      // else bits
    bool escaped = false;  // with backslashes: left as they are, as are doubled quotes
    std::string content;

    explicit Literal(std::string_view token) {
        if (token.starts_with('$')) {
            const std::size_t tag = token.find('$', 1) + 1;
            content = token.substr(tag, token.size() - 2 * tag);
            return;
        }
        const char prefix = token[0];
        text = prefix == '\'' || prefix == 'E' || prefix == 'e' || prefix == 'N' || prefix == 'n';
        const std::size_t open = token.find('\'');
        token = token.substr(open + 1, token.size() - open - 2);
        escaped = (prefix == 'E' || prefix == 'e') && token.find('\\') != std::string_view::npos;
        for (std::size_t i = 0; i < token.size(); ++i) {
            content += token[i];
            if (token[i] == '\'' && !escaped) ++i;
        }
    }

    std::string with(std::string_view other) const {
        std::string result = escaped ? "E'" : "'";
        for (const char c : other) {
            result += c;
            if (c == '\'' && !escaped) result += c;
        }
        return result + '\'';
    }
};

// The parts of a value that are replaced, each by function: the elements of arrays, JSON and ranges, and what is
// between the wildcards of a pattern.
template <typename Function>
std::string in_parts(std::string_view value, Function&& function) {
    if (value.starts_with('{') || value.starts_with('[') || (value.starts_with('(') && value.find(',') < value.size()))
        return inside(value, function);
    std::string result;
    while (true) {
        const std::size_t end = std::min(value.find('%'), value.size());
        if (end > 0) result += function(value.substr(0, end));
        if (end == value.size()) return result;
        result += '%';
        value.remove_prefix(end + 1);
    }
}

constexpr std::array name_types = {"regclass",    "regtype",   "regproc",       "regprocedure", "regoper",
                                   "regoperator", "regconfig", "regdictionary", "regnamespace", "regcollation"};

// Whether the string at this place is a name, a key, a zone: 'x'::regclass, j ->> 'key', j['key'], AT TIME ZONE 'x'.
bool is_name(const std::vector<SqlToken>& tokens, std::size_t at) {
    if (at + 2 < tokens.size() && tokens[at + 1].text == "::" &&
        std::find(name_types.begin(), name_types.end(), lower(tokens[at + 2].text)) != name_types.end())
        return true;
    if (at < 2) return false;
    const SqlToken &before = tokens[at - 1], &earlier = tokens[at - 2];
    if (before.text == "->" || before.text == "->>" || before.text == "#>" || before.text == "#>>") return true;
    if (before.text == "[")  // but not an ARRAY['constant']
        return earlier.text == "]" || earlier.text == ")" || earlier.kind == Kind::quoted ||
               (earlier.kind == Kind::word && !is_word(earlier, "array"));
    return is_word(before, "zone") && at > 2 && is_word(tokens[at - 3], "at");
}

// Without comments, its constants by function.
template <typename Function>
std::string in_statement(std::string_view sql, Function&& function) {
    std::vector<SqlToken> tokens = tokenize(sql);
    std::string result;
    std::size_t copied = 0;
    for (const SqlToken& token : tokens) {
        if (token.kind != Kind::comment) continue;
        result += sql.substr(copied, token.begin - copied);
        result += ' ';
        copied = token.end;
    }
    if (copied > 0) return in_statement(result += sql.substr(copied), function);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const SqlToken& token = tokens[i];
        std::string now;
        if (token.kind == Kind::number) {
            std::string digits(token.text);
            std::erase(digits, '_');
            Number number;
            now = read_number(digits, number) != Shape::other ? function(digits) : shortened(digits);
        } else if (token.kind == Kind::string && !is_name(tokens, i)) {
            const Literal literal(token.text);
            const std::string content =
                literal.text ? in_parts(literal.content, function) : std::string(literal.content.size(), '0');
            if (literal.text && content == literal.content) continue;
            now = literal.text ? literal.with(content) : token.text[0] + literal.with(content);
        } else if (token.kind == Kind::broken) {
            now = "'***'";
        } else {
            continue;
        }
        result += sql.substr(copied, token.begin - copied);
        result += now;
        copied = token.end;
    }
    return result += sql.substr(copied);
}

void count(std::map<std::string, std::size_t, std::less<>>& ranks) {
    std::size_t rank = 0;
    for (auto& [member, place] : ranks) place = ++rank;
}

}  // namespace

void Substitutes::note_plain(std::string_view value) {
    Number number;
    Time time;
    if (common_.contains(value) || is_known(value)) return;
    if (const Shape shape = read_number(value, number); shape != Shape::other) {
        if (shape == Shape::long_number) numbers_[number.group].try_emplace(number.digits);
    } else if (read_time(value, time)) {
        if (!time.seconds.empty()) times_[time.group].try_emplace(std::string(time.seconds));
    } else if (is_uuid(value)) {
        uuids_.try_emplace(lower(value));
    } else {
        strings_.try_emplace(std::string(value));
    }
}

std::string Substitutes::plain(std::string_view value) const {
    Number number;
    Time time;
    if (common_.contains(value) || is_known(value)) return std::string(value);
    if (const Shape shape = read_number(value, number); shape != Shape::other) {
        if (shape == Shape::short_number) return std::string(value);
        const Ranks& ranks = numbers_.at(number.group);
        std::size_t longest = 0;
        for (const auto& [digits, rank] : ranks) longest = std::max(longest, digits.size());
        return written(number, ranks.at(number.digits), longest);
    }
    if (read_time(value, time)) {
        if (time.seconds.empty()) return std::string(value);
        return std::string(time.to_minute) + ":00." + padded(times_.at(time.group).at(std::string(time.seconds)), 6) +
               std::string(time.zone);
    }
    if (is_uuid(value)) {
        std::array<char, 40> text;
        std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012zx", uuids_.at(lower(value)));
        return text.data();
    }
    const std::size_t width = std::max<std::size_t>(5, std::to_string(strings_.size()).size());
    return "k" + padded(strings_.find(value)->second, width);
}

void Substitutes::note(std::string_view value) {
    if (common_.contains(value)) return;
    in_parts(value, [this](std::string_view part) {
        note_plain(part);
        return std::string(part);
    });
}

void Substitutes::note_statement(std::string_view sql) {
    in_statement(sql, [this](std::string_view part) {
        note_plain(part);
        return std::string(part);
    });
}

void Substitutes::seal() {
    for (Groups* const groups : {&numbers_, &times_})
        for (auto& [group, ranks] : *groups) count(ranks);
    count(strings_);
    count(uuids_);
}

std::string Substitutes::value(std::string_view value) const {
    if (common_.contains(value)) return std::string(value);
    return in_parts(value, [this](std::string_view part) { return plain(part); });
}

std::string Substitutes::statement(std::string_view sql) const {
    return in_statement(sql, [this](std::string_view part) { return plain(part); });
}

}  // namespace perfkit::workload

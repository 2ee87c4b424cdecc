#include "perfkit/core/workload/plan.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "perfkit/core/workload/statement.hpp"

namespace perfkit::workload {

namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Behind the string that begins at its quotation mark.
std::size_t end_of_string(std::string_view json, std::size_t at) {
    for (++at; at < json.size() && json[at] != '"'; ++at)
        if (json[at] == '\\') ++at;
    return std::min(at + 1, json.size());
}

// Behind the object or array that begins here.
std::size_t end_of_group(std::string_view json, std::size_t at) {
    int depth = 0;
    while (at < json.size()) {
        if (json[at] == '"') {
            at = end_of_string(json, at);
            continue;
        }
        if (json[at] == '{' || json[at] == '[') ++depth;
        if (json[at] == '}' || json[at] == ']') --depth;
        ++at;
        if (depth == 0) break;
    }
    return at;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 0;
}

// What stands between the quotation marks.  The server escapes control characters only, never others, as \u.
std::string unescaped(std::string_view string) {
    std::string result;
    for (std::size_t i = 0; i < string.size(); ++i) {
        if (string[i] != '\\' || i + 1 == string.size()) {
            result += string[i];
            continue;
        }
        constexpr std::string_view letters = "bfnrt", meant = "\b\f\n\r\t";
        const char letter = string[++i];
        if (const std::size_t known = letters.find(letter); known != letters.npos) {
            result += meant[known];
        } else if (letter == 'u' && i + 4 < string.size()) {
            result += static_cast<char>(hex_digit(string[i + 3]) * 16 + hex_digit(string[i + 4]));
            i += 4;
        } else {
            result += letter;
        }
    }
    return result;
}

std::string escaped(std::string_view string) {
    std::string result = "\"";
    for (const char c : string) {
        constexpr std::string_view digits = "0123456789abcdef";
        if (const auto code = static_cast<unsigned char>(c); code < 0x20) {
            result += "\\u00";
            result += digits[code / 16];
            result += digits[code % 16];
            continue;
        }
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

// Members whose values are names, or words of EXPLAIN.
bool names(std::string_view key) {
    constexpr std::array<std::string_view, 22> known = {"\"Node Type\"",       "\"Relation Name\"",
                                                        "\"Schema\"",          "\"Alias\"",
                                                        "\"Index Name\"",      "\"Function Name\"",
                                                        "\"CTE Name\"",        "\"Subplan Name\"",
                                                        "\"Join Type\"",       "\"Parent Relationship\"",
                                                        "\"Strategy\"",        "\"Partial Mode\"",
                                                        "\"Operation\"",       "\"Command\"",
                                                        "\"Scan Direction\"",  "\"Sort Method\"",
                                                        "\"Storage\"",         "\"Tuplestore Name\"",
                                                        "\"Trigger Name\"",    "\"Constraint Name\"",
                                                        "\"Sort Space Type\"", "\"Cache Mode\""};
    return std::find(known.begin(), known.end(), key) != known.end();
}

void write(const PlanNode& node, std::string& text);

void write_list(const std::vector<std::string>& parts, std::string& text) {
    text += '(';
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) text += ", ";
        text += parts[i];
    }
    text += ')';
}

void write(const PlanNode& node, std::string& text) {
    std::vector<std::string> parts;
    for (const PlanNode& child : node.children) {
        std::string part;
        write(child, part);
        parts.push_back(std::move(part));
    }
    if (node.append) {
        std::sort(parts.begin(), parts.end());
        parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
        if (parts.size() == 1) {
            text += parts[0];
            return;
        }
    }
    text += node.label;
    if (!parts.empty()) write_list(parts, text);
}

}  // namespace

std::string outline_of(const PlanNode& node) {
    std::string text;
    write(node, text);
    return text;
}

// FNV-1a: the same wherever and whenever it is computed.
std::int64_t shape_of(std::string_view outline) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : outline) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash == 0 ? 1 : static_cast<std::int64_t>(hash);
}

std::string compact_json(std::string_view json) {
    std::string result;
    result.reserve(json.size());
    for (std::size_t at = 0; at < json.size();) {
        const std::size_t end = json[at] == '"' ? end_of_string(json, at) : at + 1;
        if (!is_space(json[at])) result += json.substr(at, end - at);
        at = end;
    }
    return result;
}

std::string plan_without_constants(std::string_view json) {
    std::string result;
    std::string_view key;
    for (std::size_t at = 0; at < json.size();) {
        if (json[at] == '{' && key == "\"Settings\"") {
            const std::size_t end = end_of_group(json, at);
            result += json.substr(at, end - at);
            at = end;
            key = {};
            continue;
        }
        if (json[at] != '"') {
            result += json[at++];
            continue;
        }
        const std::size_t end = end_of_string(json, at);
        const std::string_view string = json.substr(at, end - at);
        std::size_t next = end;
        while (next < json.size() && is_space(json[next])) ++next;
        const bool is_key = next < json.size() && json[next] == ':';
        if (is_key) key = string;
        if (is_key || names(key) || string.size() < 2)
            result += string;
        else
            result += escaped(without_constants(unescaped(string.substr(1, string.size() - 2))));
        at = end;
    }
    return result;
}

}  // namespace perfkit::workload

#include "perfkit/core/workload/tags.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "perfkit/core/json.hpp"
#include "perfkit/core/sql_lexer.hpp"
#include "perfkit/core/utf8.hpp"

namespace perfkit::workload {

namespace {

constexpr std::size_t most_tags = 32;
constexpr std::size_t longest = 512;

std::optional<unsigned> digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

// Of %XX.
std::string decoded(std::string_view text, bool utf8) {
    std::string result;
    bool beyond = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto high = i + 2 < text.size() ? digit(text[i + 1]) : std::nullopt;
        const auto low = i + 2 < text.size() ? digit(text[i + 2]) : std::nullopt;
        if (text[i] != '%' || !high || !low) {
            result += text[i];
            continue;
        }
        const unsigned value = *high * 16 + *low;
        if (value == 0) return std::string(text);
        beyond = beyond || value > 0x7F;
        result += static_cast<char>(value);
        i += 2;
    }
    return beyond && (!utf8 || !is_utf8(result)) ? std::string(text) : result;
}

void skip_space(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// One tag from the beginning of the text; false where there is none.
bool take_tag(std::string_view& text, bool utf8, Tags& tags) {
    const std::size_t equal = text.find('=');
    if (equal == std::string_view::npos || equal == 0 || equal > longest || tags.size() == most_tags) return false;
    const std::string_view key = text.substr(0, equal);
    if (key.find_first_of(" '\"\n\t,") != std::string_view::npos) return false;
    text.remove_prefix(equal + 1);
    if (!text.starts_with('\'')) return false;
    std::string value;
    std::size_t i = 1;
    for (; i < text.size() && text[i] != '\''; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        value += text[i];
        if (value.size() > longest) return false;
    }
    if (i >= text.size()) return false;
    text.remove_prefix(i + 1);
    tags.emplace_back(decoded(key, utf8), decoded(value, utf8));
    return true;
}

void add_tags(std::string_view comment, bool utf8, Tags& tags) {
    if (!comment.starts_with("/*") || !comment.ends_with("*/") || comment.size() < 4) return;
    comment = comment.substr(2, comment.size() - 4);
    Tags found;
    do {
        skip_space(comment);
        if (!take_tag(comment, utf8, found)) return;
        skip_space(comment);
        if (comment.empty()) {
            tags.insert(tags.end(), found.begin(), found.end());
            return;
        }
    } while (comment.starts_with(',') && (comment.remove_prefix(1), true));
}

std::string quoted(std::string_view text) { return Json().value(text).text(); }

}  // namespace

Tags tags_in(std::string_view text, bool utf8) {
    Tags result;
    for (const SqlToken& token : tokenize(text))
        if (token.kind == SqlToken::Kind::comment)
            add_tags(text.substr(token.begin, token.end - token.begin), utf8, result);
    if (result.size() > most_tags) result.resize(most_tags);
    return result;
}

std::string json_of(const Tags& tags) {
    std::string result = "{";
    for (const auto& [key, value] : tags) {
        if (result.size() > 1) result += ", ";
        result += quoted(key) + ": " + quoted(value);
    }
    return result += '}';
}

}  // namespace perfkit::workload

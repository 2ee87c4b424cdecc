#include "statement.hpp"

#include <algorithm>
#include <stdexcept>

namespace perfkit::cli {
namespace {

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

std::size_t end_of_quoted(std::string_view sql, std::size_t start, bool backslash_escapes) {
    const char quote = sql[start];
    for (std::size_t i = start + 1; i < sql.size(); ++i) {
        if (backslash_escapes && sql[i] == '\\') {
            ++i;
        } else if (sql[i] == quote) {
            if (i + 1 < sql.size() && sql[i + 1] == quote) {
                ++i;
            } else {
                return i + 1;
            }
        }
    }
    throw std::invalid_argument(std::string("a ") + quote + " is not closed");
}

std::size_t end_of_comment(std::string_view sql, std::size_t start) {
    int depth = 0;
    for (std::size_t i = start; i + 1 < sql.size(); ++i) {
        if (sql.substr(i, 2) == "/*") {
            ++depth;
            ++i;
        } else if (sql.substr(i, 2) == "*/") {
            ++i;
            if (--depth == 0) return i + 1;
        }
    }
    throw std::invalid_argument("a /* is not closed");
}

// The end of a dollar-quoted string that starts here, or start where there is none ($1, a$b).
std::size_t end_of_dollar_quote(std::string_view sql, std::size_t start) {
    std::size_t tag_end = start + 1;
    if (tag_end < sql.size() && starts_name(sql[tag_end])) {
        while (tag_end < sql.size() && continues_name(sql[tag_end])) ++tag_end;
    }
    if (tag_end >= sql.size() || sql[tag_end] != '$') return start;
    const std::string_view tag = sql.substr(start, tag_end + 1 - start);
    const std::size_t close = sql.find(tag, tag_end + 1);
    if (close == std::string_view::npos) throw std::invalid_argument("a " + std::string(tag) + " is not closed");
    return close + tag.size();
}

// The end of what must be copied untouched from here on; start where nothing of that kind begins.
std::size_t end_of_opaque(std::string_view sql, std::size_t start) {
    const char c = sql[start];
    const bool after_name = start > 0 && continues_name(sql[start - 1]);
    if (c == '\'') {
        // E'...' is the escape string; the e of type'...' ends a longer name.
        const bool escape = start > 0 && (sql[start - 1] == 'E' || sql[start - 1] == 'e') &&
                            (start < 2 || !continues_name(sql[start - 2]));
        return end_of_quoted(sql, start, escape);
    }
    if (c == '"') return end_of_quoted(sql, start, false);
    if (c == '$' && !after_name) return end_of_dollar_quote(sql, start);
    if (sql.substr(start, 2) == "--") return std::min(sql.find('\n', start), sql.size());
    if (sql.substr(start, 2) == "/*") return end_of_comment(sql, start);
    return start;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string quote_literal(std::string_view text) {
    std::string quoted = "'";
    bool backslash = false;
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += c;
        backslash |= c == '\\';
        quoted += c;
    }
    quoted += '\'';
    // The escape string means the same whatever standard_conforming_strings says.
    return backslash ? " E" + quoted : quoted;
}

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"') quoted += c;
        quoted += c;
    }
    return quoted + '"';
}

std::string literal_of(const Value& value) { return value.number ? value.text : quote_literal(value.text); }

template <class Render>
std::string Statement::render(Render&& value_of) const {
    std::string sql = text_.front();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        sql += value_of(slots_[i]);
        sql += text_[i + 1];
    }
    return sql;
}

std::string Statement::with_literals(const std::vector<Value>& values) const {
    return render([&](std::size_t slot) { return literal_of(values[slot]); });
}

std::string Statement::with_parameters() const {
    return render([](std::size_t slot) { return "$" + std::to_string(slot + 1); });
}

std::vector<Statement> parse_statements(std::string_view sql) {
    std::vector<Statement> statements;
    Statement current;
    std::string text;
    bool blank = true;  // nothing but blanks and comments yet: not a statement

    const auto finish = [&] {
        while (!text.empty() && is_blank(text.back())) text.pop_back();
        current.text_.push_back(text);
        if (!blank) statements.push_back(current);
        current = Statement();
        text.clear();
        blank = true;
    };

    for (std::size_t i = 0; i < sql.size();) {
        const std::size_t opaque_end = end_of_opaque(sql, i);
        if (opaque_end > i) {
            const bool comment = sql[i] == '-' || sql[i] == '/';
            // Comments are dropped: they are the file's, and would go to the server's statistics.
            if (!comment) text += sql.substr(i, opaque_end - i);
            blank = blank && comment;
            i = opaque_end;
        } else if (sql[i] == ';') {
            finish();
            ++i;
        } else if (sql.substr(i, 2) == "::") {
            text += "::";
            i += 2;
        } else if (sql[i] == ':' && i + 1 < sql.size() && starts_name(sql[i + 1])) {
            std::size_t end = i + 1;
            while (end < sql.size() && continues_name(sql[end])) ++end;
            const std::string name(sql.substr(i + 1, end - i - 1));
            const auto known = std::find(current.names_.begin(), current.names_.end(), name);
            current.slots_.push_back(static_cast<std::size_t>(known - current.names_.begin()));
            if (known == current.names_.end()) current.names_.push_back(name);
            current.text_.push_back(text);
            text.clear();
            blank = false;
            i = end;
        } else {
            if (!is_blank(sql[i])) blank = false;
            if (!blank) text += sql[i];
            ++i;
        }
    }
    finish();
    return statements;
}

}  // namespace perfkit::cli

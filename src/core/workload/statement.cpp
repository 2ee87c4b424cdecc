#include "perfkit/core/workload/statement.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "perfkit/core/sql_lexer.hpp"

namespace perfkit::workload {

namespace {

using Kind = SqlToken::Kind;

// Tokens without comments, and a place among them.
struct Cursor {
    std::string_view text;
    std::vector<SqlToken> tokens;
    std::size_t at = 0;

    explicit Cursor(std::string_view sql) : text(sql), tokens(tokenize(sql)) {
        std::erase_if(tokens, [](const SqlToken& token) { return token.kind == Kind::comment; });
    }
    bool end() const { return at >= tokens.size(); }
    bool is(std::string_view keyword) const { return !end() && is_word(tokens[at], keyword); }
    bool is_symbol(char c) const { return !end() && tokens[at].kind == Kind::symbol && tokens[at].text[0] == c; }
    template <typename... Keywords>
    bool is_any(Keywords... keywords) const {
        return (is(keywords) || ...);
    }
    // Over a bracket and what it holds; else over one token.
    void skip() {
        int depth = 0;
        do {
            if (is_symbol('(') || is_symbol('[')) ++depth;
            if (is_symbol(')') || is_symbol(']')) --depth;
            ++at;
        } while (depth > 0 && !end());
    }
    void skip_to(std::string_view keyword) {
        while (!end() && !is(keyword)) skip();
    }
    // What begins here.
    std::string_view rest() const { return end() ? std::string_view() : text.substr(tokens[at].begin); }
};

bool begins_query(const Cursor& c) {
    return c.is_any("select", "insert", "update", "delete", "merge", "with", "values", "table");
}

// COPY (query) TO ...: what the first bracket holds.
std::string_view bracketed(Cursor c) {
    while (!c.end() && !c.is_symbol('(')) ++c.at;
    if (c.end()) return {};
    const std::size_t begin = c.tokens[c.at].end;
    c.skip();
    return c.text.substr(begin, c.tokens[c.at - 1].begin - begin);
}

std::string_view without_data_clause(std::string_view text) {
    const Cursor c(text);
    const std::size_t n = c.tokens.size();
    if (n < 3 || !is_word(c.tokens[n - 1], "data")) return text;
    if (is_word(c.tokens[n - 2], "with")) return text.substr(0, c.tokens[n - 2].begin);
    if (n > 3 && is_word(c.tokens[n - 2], "no") && is_word(c.tokens[n - 3], "with"))
        return text.substr(0, c.tokens[n - 3].begin);
    return text;
}

// An expression, or an assignment, of PL/pgSQL.
std::string expression(Cursor c) {
    Cursor target = c;
    while (!target.end() &&
           (target.tokens[target.at].kind == Kind::word || target.tokens[target.at].kind == Kind::quoted ||
            target.is_symbol('.') || target.is_symbol('[')))
        target.skip();
    if (target.at > 0 && !target.end() &&
        (target.tokens[target.at].text == ":=" || target.tokens[target.at].text == "=")) {
        ++target.at;
        c.at = target.at;
    }
    // Without a query in it, nothing in it could be planned otherwise.
    for (std::size_t i = c.at; i < c.tokens.size(); ++i)
        if (is_word(c.tokens[i], "select")) return "SELECT " + std::string(c.rest());
    return {};
}

std::string trimmed(std::string_view text) {
    const Cursor c(text);
    if (c.tokens.empty()) return {};
    const auto is_end = [](char ch) { return ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r' || ch == ';'; };
    while (!text.empty() && is_end(text.back())) text.remove_suffix(1);
    while (!text.empty() && is_end(text.front())) text.remove_prefix(1);
    return std::string(text);
}

// Whether it holds nothing but white space and comments that end.
bool is_bare(std::string_view text) noexcept {
    while (!text.empty()) {
        if (std::string_view(" \t\n\r\f\v").find(text.front()) != std::string_view::npos) {
            text.remove_prefix(1);
        } else if (text.starts_with("--")) {
            const std::size_t end = text.find_first_of("\r\n");
            if (end == std::string_view::npos) return false;
            text.remove_prefix(end);
        } else if (text.starts_with("/*")) {
            int depth = 0;
            do {
                if (text.size() < 2) return false;
                const int change = text.starts_with("/*") ? 1 : text.starts_with("*/") ? -1 : 0;
                depth += change;
                text.remove_prefix(change == 0 ? 1 : 2);
            } while (depth > 0);
        } else {
            return false;
        }
    }
    return true;
}

constexpr std::array suspicious = {"password",   "passwd",     "pwd",     "passphrase", "secret",
                                   "credential", "crypt",      "pgp_",    "dblink",     "access_token",
                                   "apikey",     "auth_token", "api_key", "hmac(",      "private_key"};

}  // namespace

std::string query_in(std::string_view text) {
    Cursor c(text);
    if (c.end()) return {};
    if (begins_query(c)) return trimmed(text);
    if (c.is("prepare")) {
        c.skip_to("as");
        ++c.at;
        return begins_query(c) || c.is_symbol('(') ? trimmed(c.rest()) : std::string();
    }
    if (c.is("explain")) {
        ++c.at;
        while (c.is_any("analyze", "analyse", "verbose") || (c.is_symbol('(') && c.at == 1)) c.skip();
        return query_in(c.rest());
    }
    if (c.is("declare")) {
        c.skip_to("cursor");
        c.skip_to("for");
        ++c.at;
        return trimmed(c.rest());
    }
    if (c.is("create")) {
        c.skip_to("as");
        ++c.at;
        return begins_query(c) || c.is_symbol('(') ? trimmed(without_data_clause(c.rest())) : std::string();
    }
    if (c.is("copy")) return query_in(bracketed(c));
    if (c.is_any("refresh", "alter", "call", "do", "execute", "fetch", "move", "close", "cluster", "vacuum", "analyze",
                 "grant", "truncate", "drop"))
        if (c.tokens.size() < 2 || c.tokens[1].kind == Kind::word || c.tokens[1].kind == Kind::quoted) return {};
    if (c.is_symbol('(')) {
        Cursor behind = c;
        behind.skip();
        if (behind.end() || behind.is_symbol(';') ||
            behind.is_any("union", "except", "intersect", "order", "limit", "offset", "fetch"))
            return trimmed(text);
    }
    return trimmed(expression(c));
}

std::size_t comments_before(std::string_view text) noexcept {
    constexpr std::size_t window = 1024;
    const bool whole = text.size() <= window;
    if (!whole) text.remove_prefix(text.size() - window);
    if (whole && is_bare(text)) return text.size();
    // A semicolon inside of a comment: what is behind it does not pass, or is a comment too.
    std::size_t end = text.rfind(';');
    for (int tries = 16; end != std::string_view::npos && tries > 0; --tries) {
        if (is_bare(text.substr(end + 1))) return text.size() - end - 1;
        end = end == 0 ? std::string_view::npos : text.rfind(';', end - 1);
    }
    return 0;
}

Numbered number_parameters(std::string_view text, std::vector<NamedParameter> parameters) {
    std::sort(parameters.begin(), parameters.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    Numbered result;
    std::size_t copied = 0;
    const std::vector<SqlToken> tokens = tokenize(text);
    for (const NamedParameter& parameter : parameters) {
        auto token = std::lower_bound(tokens.begin(), tokens.end(), parameter.at,
                                      [](const SqlToken& t, std::size_t at) { return t.begin < at; });
        if (token == tokens.end() || token->begin != parameter.at || token->begin < copied) continue;
        auto last = token;
        if (token->kind != Kind::parameter)
            while (last + 2 < tokens.end() && last[1].kind == Kind::symbol && last[1].text == "." &&
                   last[2].begin == last[1].end && (last[2].kind == Kind::word || last[2].kind == Kind::quoted))
                last += 2;
        auto known = std::find(result.numbers.begin(), result.numbers.end(), parameter.number);
        if (known == result.numbers.end()) known = result.numbers.insert(known, parameter.number);
        result.text += text.substr(copied, token->begin - copied);
        result.text += '$' + std::to_string(known - result.numbers.begin() + 1);
        copied = last->end;
    }
    result.text += text.substr(copied);
    return result;
}

bool speaks_of_secrets(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::any_of(suspicious.begin(), suspicious.end(),
                       [&lower](const char* word) { return lower.find(word) != std::string::npos; });
}

std::string without_constants(std::string_view text) {
    std::string result;
    std::size_t copied = 0;
    for (const SqlToken& token : tokenize(text)) {
        const bool constant = token.kind == Kind::string || token.kind == Kind::number || token.kind == Kind::broken;
        if (!constant && token.kind != Kind::comment) continue;
        result += text.substr(copied, token.begin - copied);
        if (constant) result += token.kind == Kind::number ? "?" : "'***'";
        copied = token.end;
    }
    return result += text.substr(copied);
}

}  // namespace perfkit::workload

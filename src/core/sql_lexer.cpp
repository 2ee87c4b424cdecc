#include "perfkit/core/sql_lexer.hpp"

#include <algorithm>

namespace perfkit {

namespace {

using Kind = SqlToken::Kind;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) { return starts_word(c) || is_digit(c) || c == '$'; }
bool is_operator(char c) { return std::string_view("~!@#^&|`?+-*/%<>=").find(c) != std::string_view::npos; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

class Lexer {
public:
    explicit Lexer(std::string_view sql) : sql_(sql) {}

    std::vector<SqlToken> run() {
        while (at_ < sql_.size()) {
            if (is_space(sql_[at_])) {
                ++at_;
                continue;
            }
            const std::size_t begin = at_;
            const Kind kind = next();
            tokens_.push_back({kind, begin, at_, sql_.substr(begin, at_ - begin)});
        }
        return std::move(tokens_);
    }

private:
    char peek(std::size_t ahead) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

    Kind next() {
        const char c = sql_[at_];
        if (c == '-' && peek(1) == '-') return line_comment();
        if (c == '/' && peek(1) == '*') return block_comment();
        if (c == '\'') return string(false);
        if (c == '"') return quoted();
        if (c == '$') return dollar();
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
        if (starts_word(c)) return word();
        if (c == ':' && (peek(1) == ':' || peek(1) == '=')) {
            at_ += 2;
            return Kind::operation;
        }
        if (is_operator(c)) return operation();
        ++at_;
        return Kind::symbol;
    }

    Kind line_comment() {
        at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
        return Kind::comment;
    }

    Kind block_comment() {
        int depth = 0;
        while (at_ < sql_.size()) {
            if (sql_[at_] == '/' && peek(1) == '*') {
                ++depth;
                at_ += 2;
            } else if (sql_[at_] == '*' && peek(1) == '/') {
                at_ += 2;
                if (--depth == 0) return Kind::comment;
            } else {
                ++at_;
            }
        }
        return Kind::broken;
    }

    // From the opening quote; a doubled quote stands for one.
    Kind string(bool backslashes) {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (backslashes && sql_[at_] == '\\') {
                ++at_;
            } else if (sql_[at_] == '\'') {
                if (peek(1) != '\'') {
                    ++at_;
                    return Kind::string;
                }
                ++at_;
            }
        }
        at_ = sql_.size();
        return Kind::broken;
    }

    Kind quoted() {
        for (++at_; at_ < sql_.size(); ++at_) {
            if (sql_[at_] != '"') continue;
            if (peek(1) != '"') {
                ++at_;
                return Kind::quoted;
            }
            ++at_;
        }
        return Kind::broken;
    }

    // $1, $$...$$, $tag$...$tag$; a lone $ is a symbol.
    Kind dollar() {
        if (is_digit(peek(1))) {
            do ++at_;
            while (at_ < sql_.size() && is_digit(sql_[at_]));
            return Kind::parameter;
        }
        std::size_t end = at_ + 1;
        if (end < sql_.size() && starts_word(sql_[end]))
            while (end < sql_.size() && (starts_word(sql_[end]) || is_digit(sql_[end]))) ++end;
        if (end >= sql_.size() || sql_[end] != '$') {
            ++at_;
            return Kind::symbol;
        }
        const std::string_view tag = sql_.substr(at_, end + 1 - at_);
        const std::size_t close = sql_.find(tag, end + 1);
        if (close == std::string_view::npos) {
            at_ = sql_.size();
            return Kind::broken;
        }
        at_ = close + tag.size();
        return Kind::string;
    }

    Kind number() {
        // 0x1f, 1_000 and 1e-5 among them; what follows a number directly belongs to it here.
        while (at_ < sql_.size() && (is_digit(sql_[at_]) || sql_[at_] == '.' || starts_word(sql_[at_]))) {
            const bool exponent =
                (sql_[at_] == 'e' || sql_[at_] == 'E') && (peek(1) == '+' || peek(1) == '-') && is_digit(peek(2));
            if (sql_[at_] == '.' && peek(1) == '.') break;
            at_ += exponent ? 2 : 1;
        }
        return Kind::number;
    }

    Kind word() {
        const char first = lower(sql_[at_]);
        if (peek(1) == '\'' && (first == 'e' || first == 'b' || first == 'x' || first == 'n')) {
            ++at_;
            return string(first == 'e');
        }
        if (first == 'u' && peek(1) == '&' && (peek(2) == '\'' || peek(2) == '"')) {
            at_ += 2;
            return sql_[at_] == '"' ? quoted() : string(false);
        }
        while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;
        return Kind::word;
    }

    Kind operation() {
        // Comments end an operator; a trailing + or - belongs to what follows unless the operator has
        // a character that SQL's own operators have not.
        std::size_t end = at_;
        while (end < sql_.size() && is_operator(sql_[end])) {
            const std::string_view two = sql_.substr(end, 2);
            if (end > at_ && (two == "--" || two == "/*")) break;
            ++end;
        }
        const std::string_view text = sql_.substr(at_, end - at_);
        if (text.find_first_of("~!@#%^&|`?") == std::string_view::npos)
            while (end > at_ + 1 && (sql_[end - 1] == '+' || sql_[end - 1] == '-')) --end;
        at_ = end;
        return Kind::operation;
    }

    const std::string_view sql_;
    std::size_t at_ = 0;
    std::vector<SqlToken> tokens_;
};

}  // namespace

std::vector<SqlToken> tokenize(std::string_view sql) { return Lexer(sql).run(); }

bool is_word(const SqlToken& token, std::string_view keyword) {
    return token.kind == Kind::word && std::equal(token.text.begin(), token.text.end(), keyword.begin(), keyword.end(),
                                                  [](char a, char b) { return lower(a) == b; });
}

}  // namespace perfkit

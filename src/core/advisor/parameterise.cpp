#include "perfkit/core/advisor/parameterise.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "perfkit/core/advisor/repair.hpp"
#include "perfkit/core/sql_lexer.hpp"

namespace perfkit::advisor {

namespace {

using Kind = SqlToken::Kind;

// A bracket behind one of these holds a type's length or precision.
constexpr auto types_with_numbers = std::to_array<std::string_view>(
    {"bit",    "bpchar",    "char", "character", "decimal",     "float",  "halfvec", "interval", "numeric", "precision",
     "second", "sparsevec", "time", "timestamp", "timestamptz", "timetz", "varbit",  "varchar",  "varying", "vector"});

// A minus behind one of these is a sign.
constexpr auto before_sign =
    std::to_array<std::string_view>({"and", "between", "by", "case", "else", "in", "is", "limit", "not", "offset", "or",
                                     "return", "returning", "select", "set", "then", "values", "when", "where"});

template <std::size_t N>
bool is_one_of(const SqlToken& token, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is_word(token, word); });
}

class Writer {
public:
    Writer(std::string_view sql, bool blanks) : sql_(sql), blanks_(blanks), last_(parameter_count(sql)) {
        tokens_ = tokenize(sql);
        std::erase_if(tokens_, [this](const SqlToken& token) {
            if (token.kind != Kind::comment) return false;
            comments_.push_back(token);
            return true;
        });
        if (blanks_) split_blanks();
    }

    std::string run() {
        std::string result;
        std::size_t copied = 0;
        auto comment = comments_.begin();
        // Only a space stays of a comment.
        const auto copy_to = [&](std::size_t end) {
            for (; comment != comments_.end() && comment->begin < end; ++comment) {
                result += sql_.substr(copied, comment->begin - copied);
                result += ' ';
                copied = comment->end;
            }
            result += sql_.substr(copied, end - copied);
            copied = end;
        };
        for (at_ = 0; at_ < tokens_.size(); ++at_) {
            follow();
            if (!constant()) continue;
            std::size_t begin = tokens_[at_].begin;
            if (is_number() && has_sign()) begin = tokens_[at_ - 1].begin;
            copy_to(begin);
            result += '$' + std::to_string(++last_);
            copied = tokens_[at_].end;
        }
        copy_to(sql_.size());
        return result;
    }

private:
    const SqlToken* before(std::size_t steps = 1) const { return at_ < steps ? nullptr : &tokens_[at_ - steps]; }
    bool is_symbol(const SqlToken* token, char symbol) const {
        return token != nullptr && token->kind == Kind::symbol && token->text[0] == symbol;
    }

    bool is_number() const { return tokens_[at_].kind == Kind::number || is_blank(); }

    // "=?" is an operator and a number.
    void split_blanks() {
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            const SqlToken token = tokens_[i];
            const std::size_t length = token.text.size();
            if (token.kind != Kind::operation || length < 2 || token.text.back() != '?' || token.text == "@?") continue;
            tokens_[i] = {Kind::operation, token.begin, token.end - 1, token.text.substr(0, length - 1)};
            const SqlToken blank{Kind::operation, token.end - 1, token.end, token.text.substr(length - 1)};
            tokens_.insert(tokens_.begin() + static_cast<std::ptrdiff_t>(i) + 1, blank);
        }
    }

    // ? in the place of a number: an operator has an operand on either side.
    bool is_blank() const {
        if (!blanks_ || tokens_[at_].kind != Kind::operation || tokens_[at_].text != "?") return false;
        if (at_ + 1 == tokens_.size()) return true;
        const SqlToken& next = tokens_[at_ + 1];
        return next.kind != Kind::string && next.kind != Kind::parameter && next.kind != Kind::quoted &&
               !is_symbol(&next, '(') && !is_word(next, "array");
    }

    bool has_sign() const {
        const SqlToken* const sign = before();
        if (sign == nullptr || sign->kind != Kind::operation || sign->text != "-") return false;
        const SqlToken* const earlier = before(2);
        if (earlier == nullptr) return true;
        if (earlier->kind == Kind::symbol) return earlier->text != ")" && earlier->text != "]";
        return earlier->kind == Kind::operation || is_one_of(*earlier, before_sign);
    }

    // Where ORDER BY and GROUP BY list their columns, and where a type has its numbers.
    void follow() {
        const SqlToken& token = tokens_[at_];
        if (is_symbol(&token, '(')) {
            ++depth_;
            if (before() != nullptr && is_one_of(*before(), types_with_numbers)) type_depth_ = depth_;
        }
        if (is_symbol(&token, ')')) {
            if (type_depth_ == depth_) type_depth_ = 0;
            if (list_depth_ == depth_) list_depth_ = none;
            --depth_;
        }
        if (is_word(token, "by")) list_depth_ = depth_;
        if (depth_ == list_depth_ && (is_word(token, "limit") || is_word(token, "offset") || is_word(token, "having")))
            list_depth_ = none;
    }

    bool constant() const {
        const SqlToken& token = tokens_[at_];
        if (token.kind == Kind::string) return true;
        if (!is_number() || type_depth_ != 0) return false;
        const bool item =
            depth_ == list_depth_ && before() != nullptr && (is_word(*before(), "by") || is_symbol(before(), ','));
        return !item || !ends_item();
    }

    // A number that is all of a list's item is a column's.
    bool ends_item() const {
        if (at_ + 1 == tokens_.size()) return true;
        const SqlToken& next = tokens_[at_ + 1];
        return next.kind == Kind::symbol || (next.kind == Kind::word && !is_word(next, "and") && !is_word(next, "or"));
    }

    static constexpr int none = -1;
    const std::string_view sql_;
    const bool blanks_;
    int last_;
    std::vector<SqlToken> tokens_, comments_;
    std::size_t at_ = 0;
    int depth_ = 0, type_depth_ = 0, list_depth_ = none;
};

}  // namespace

std::string parameterise(std::string_view sql) { return Writer(sql, false).run(); }

std::string parameterise_blanks(std::string_view sql) { return Writer(sql, true).run(); }

}  // namespace perfkit::advisor

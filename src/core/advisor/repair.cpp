#include "perfkit/core/advisor/repair.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "perfkit/core/sql_lexer.hpp"

namespace perfkit::advisor {

namespace {

using Kind = SqlToken::Kind;
using Tokens = std::vector<SqlToken>;

// Words that an expression can follow.  After any other word a constant makes "type 'literal'".
constexpr auto before_expression = std::to_array<std::string_view>(
    {"all",     "and",      "any",       "asymmetric", "between", "both",      "by",      "case",      "content",
     "default", "distinct", "document",  "else",       "escape",  "except",    "execute", "fetch",     "filter",
     "first",   "for",      "from",      "groups",     "having",  "ilike",     "in",      "intersect", "is",
     "key",     "leading",  "like",      "limit",      "next",    "not",       "offset",  "on",        "or",
     "order",   "overlaps", "passing",   "placing",    "range",   "returning", "rows",    "select",    "set",
     "similar", "some",     "symmetric", "then",       "to",      "trailing",  "union",   "using",     "value",
     "values",  "variadic", "version",   "when",       "where",   "with"});

constexpr auto interval_fields =
    std::to_array<std::string_view>({"year", "month", "day", "hour", "minute", "second", "to"});

template <std::size_t N>
bool is_one_of(const SqlToken& token, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return is_word(token, word); });
}

bool is_symbol(const SqlToken& token, char symbol) { return token.kind == Kind::symbol && token.text[0] == symbol; }

// A change of the text: what stands between two bytes becomes something else.
struct Edit {
    std::size_t begin, end;
    std::string text;
};

std::string apply(std::string_view sql, std::vector<Edit> edits) {
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    std::string text;
    std::size_t at = 0;
    for (const Edit& edit : edits) {
        if (edit.begin < at) continue;  // the same place again
        text += sql.substr(at, edit.begin - at);
        text += edit.text;
        at = edit.end;
    }
    return text += sql.substr(at);
}

Tokens without_comments(const Tokens& tokens) {
    Tokens kept;
    std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(kept),
                 [](const SqlToken& token) { return token.kind != Kind::comment; });
    return kept;
}

class Repairer {
public:
    explicit Repairer(std::string_view sql) : sql_(sql), all_(tokenize(sql)), tokens_(without_comments(all_)) {}

    Repair run() {
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (tokens_[i].kind == Kind::parameter) literal(i);
            if (is_word(tokens_[i], "extract")) extract(i);
            if (is_word(tokens_[i], "normalize")) normalize(i);
        }
        for (std::size_t i = 0; i < all_.size(); ++i) shortened_list(i);
        return {apply(sql_, edits_), notes_};
    }

private:
    std::string_view between(std::size_t first, std::size_t last) const {
        return sql_.substr(tokens_[first].begin, tokens_[last].end - tokens_[first].begin);
    }

    void change(std::size_t begin, std::size_t end, const std::string& text) {
        notes_.push_back(std::string(sql_.substr(begin, end - begin)) + " as " + text);
        edits_.push_back({begin, end, text});
    }

    // The place of the "(" that "timestamp(3)" or "numeric(10, 2)" has before `last`, its ")"; or npos.
    std::size_t modifier_start(std::size_t last) const {
        if (!is_symbol(tokens_[last], ')')) return npos;
        std::size_t i = last;
        while (i-- > 0) {
            if (is_symbol(tokens_[i], '(')) return i;
            if (tokens_[i].kind != Kind::number && !is_symbol(tokens_[i], ',')) return npos;
        }
        return npos;
    }

    bool is_name(std::size_t i) const { return tokens_[i].kind == Kind::word || tokens_[i].kind == Kind::quoted; }

    // Where the type name begins that ends with token `last`; npos: there is no type name.
    std::size_t type_start(std::size_t last) const {
        std::size_t i = last;
        if (is_word(tokens_[i], "zone")) {
            // timestamp(3) with time zone; but AT TIME ZONE is followed by an expression.
            if (i < 3 || !is_word(tokens_[i - 1], "time") ||
                !(is_word(tokens_[i - 2], "with") || is_word(tokens_[i - 2], "without")))
                return npos;
            i -= 3;
            if (const std::size_t modifier = modifier_start(i); modifier != npos && modifier > 0) i = modifier - 1;
            return is_word(tokens_[i], "timestamp") || is_word(tokens_[i], "time") ? i : npos;
        }
        if (const std::size_t modifier = modifier_start(i); modifier != npos) {
            if (modifier == 0) return npos;
            i = modifier - 1;
        }
        if (!is_name(i) || (tokens_[i].kind == Kind::word && is_one_of(tokens_[i], before_expression))) return npos;
        const auto preceded_by = [&](std::string_view word) { return i > 0 && is_word(tokens_[i - 1], word); };
        if (is_word(tokens_[i], "precision")) return preceded_by("double") ? i - 1 : npos;
        if (is_word(tokens_[i], "varying")) {
            if (!preceded_by("character") && !preceded_by("char") && !preceded_by("bit")) return npos;
            --i;
        }
        if ((is_word(tokens_[i], "character") || is_word(tokens_[i], "char")) && preceded_by("national")) --i;
        while (i > 1 && is_symbol(tokens_[i - 1], '.') && is_name(i - 2)) i -= 2;
        return i;
    }

    // "type $1" and "interval $1 day to second(3)" become casts.
    void literal(std::size_t i) {
        if (i == 0) return;
        const std::size_t start = type_start(i - 1);
        if (start == npos) return;
        std::size_t end = i;
        if (is_word(tokens_[start], "interval"))
            while (end + 1 < tokens_.size() && is_one_of(tokens_[end + 1], interval_fields)) {
                ++end;
                if (end + 3 < tokens_.size() && is_symbol(tokens_[end + 1], '(') &&
                    tokens_[end + 2].kind == Kind::number && is_symbol(tokens_[end + 3], ')'))
                    end += 3;
            }
        std::string type(between(start, i - 1));
        if (end > i) type += " " + std::string(between(i + 1, end));
        change(tokens_[start].begin, tokens_[end].end, "CAST(" + std::string(tokens_[i].text) + " AS " + type + ")");
    }

    // extract($1 FROM x) is the function call that PostgreSQL makes of it.
    void extract(std::size_t i) {
        if (i + 3 >= tokens_.size() || !is_symbol(tokens_[i + 1], '(') || tokens_[i + 2].kind != Kind::parameter ||
            !is_word(tokens_[i + 3], "from"))
            return;
        change(tokens_[i].begin, tokens_[i + 3].end, "pg_catalog.extract(" + std::string(tokens_[i + 2].text) + ",");
    }

    // normalize(x, $1), whose second argument is a keyword otherwise.
    void normalize(std::size_t i) {
        if (i + 1 >= tokens_.size() || !is_symbol(tokens_[i + 1], '(') || (i > 0 && is_symbol(tokens_[i - 1], '.')))
            return;
        int depth = 0;
        for (std::size_t j = i + 1; j < tokens_.size(); ++j) {
            if (is_symbol(tokens_[j], '(')) ++depth;
            if (is_symbol(tokens_[j], ')') && --depth == 0) {
                if (j >= 2 && tokens_[j - 1].kind == Kind::parameter && is_symbol(tokens_[j - 2], ','))
                    change(tokens_[i].begin, tokens_[i].end, "pg_catalog.normalize");
                return;
            }
        }
    }

    // IN ($1 /*, ... */): a list of a length that nobody knows any more.
    void shortened_list(std::size_t i) {
        if (all_[i].kind != Kind::comment || all_[i].text != "/*, ... */" || i < 3 || i + 1 >= all_.size()) return;
        if (all_[i - 1].kind != Kind::parameter || !is_symbol(all_[i - 2], '(') || !is_word(all_[i - 3], "in") ||
            !is_symbol(all_[i + 1], ')'))
            return;
        const bool negated = i >= 4 && is_word(all_[i - 4], "not");
        change(all_[negated ? i - 4 : i - 3].begin, all_[i + 1].end,
               std::string(negated ? "<> ALL (" : "= ANY (") + std::string(all_[i - 1].text) + ")");
    }

    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

    const std::string_view sql_;
    const Tokens all_;
    const Tokens tokens_;
    std::vector<Edit> edits_;
    std::vector<std::string> notes_;
};

// Expressions of GROUP BY, or of ORDER BY under SELECT DISTINCT, that the select list repeats.
class Unifier {
public:
    explicit Unifier(std::string_view sql) : sql_(sql), tokens_(without_comments(tokenize(sql))) {}

    Repair run() {
        find_items();
        std::vector<Edit> edits;
        std::vector<std::string> notes;
        for (std::size_t a = 0; a < items_.size(); ++a) {
            const auto& [first, last] = items_[a];
            for (std::size_t b = 0; b < items_.size(); ++b)
                if (a != b && alike(first, last, items_[b].first) && items_[b].second - items_[b].first == last - first)
                    return {std::string(sql_), {}};
            for (std::size_t i = 0; i + (last - first) < tokens_.size(); ++i) {
                if (i == first || !alike(first, last, i)) continue;
                for (std::size_t k = 0; k <= last - first; ++k) {
                    const SqlToken &kept = tokens_[first + k], &other = tokens_[i + k];
                    if (kept.kind != Kind::parameter || kept.text == other.text) continue;
                    edits.push_back({other.begin, other.end, std::string(kept.text)});
                    notes.push_back(std::string(other.text) + " as " + std::string(kept.text) + ", which groups by it");
                }
                i += last - first;
            }
        }
        return {apply(sql_, edits), notes};
    }

private:
    static constexpr auto enders = std::to_array<std::string_view>(
        {"having", "order", "limit", "offset", "fetch", "window", "union", "intersect", "except", "for"});

    void find_items() {
        const bool distinct = std::any_of(tokens_.begin(), tokens_.end(),
                                          [](const SqlToken& token) { return is_word(token, "distinct"); });
        for (std::size_t i = 0; i + 2 < tokens_.size(); ++i)
            if ((is_word(tokens_[i], "group") || (distinct && is_word(tokens_[i], "order"))) &&
                is_word(tokens_[i + 1], "by"))
                add_items(i + 2);
    }

    // The expressions with parameters, of a list that begins here.
    void add_items(std::size_t i) {
        int depth = 0;
        std::size_t first = i;
        bool parameters = false;
        const auto finish = [&](std::size_t end) {
            // Without the direction of a sort.
            while (end > first && (is_word(tokens_[end - 1], "asc") || is_word(tokens_[end - 1], "desc"))) --end;
            if (parameters && end > first + 1) items_.emplace_back(first, end - 1);
            parameters = false;
        };
        for (; i < tokens_.size(); ++i) {
            const SqlToken& token = tokens_[i];
            if (is_symbol(token, '(') || is_symbol(token, '[')) ++depth;
            if ((is_symbol(token, ')') || is_symbol(token, ']')) && --depth < 0) break;
            if (depth == 0 && (is_one_of(token, enders) || is_symbol(token, ';'))) break;
            if (token.kind == Kind::parameter) parameters = true;
            if (depth == 0 && is_symbol(token, ',')) {
                finish(i);
                first = i + 1;
            }
        }
        finish(i);
    }

    // Whether the tokens from `at` on are those from first to last, but for the numbers of parameters.
    bool alike(std::size_t first, std::size_t last, std::size_t at) const {
        for (std::size_t k = 0; k <= last - first; ++k) {
            if (at + k >= tokens_.size()) return false;
            const SqlToken &a = tokens_[first + k], &b = tokens_[at + k];
            if (a.kind != b.kind) return false;
            if (a.kind == Kind::parameter) continue;
            if (a.kind == Kind::word ? !same_word(a.text, b.text) : a.text != b.text) return false;
        }
        return true;
    }

    static bool same_word(std::string_view a, std::string_view b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
            const auto lower = [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
            return lower(x) == lower(y);
        });
    }

    const std::string_view sql_;
    const Tokens tokens_;
    std::vector<std::pair<std::size_t, std::size_t>> items_;
};

}  // namespace

Repair repair(std::string_view sql) { return Repairer(sql).run(); }

Repair unify_grouping(std::string_view sql) { return Unifier(sql).run(); }

int parameter_count(std::string_view sql) {
    int most = 0;
    for (const SqlToken& token : tokenize(sql))
        if (token.kind == Kind::parameter) most = std::max(most, std::atoi(std::string(token.text.substr(1)).c_str()));
    return most;
}

}  // namespace perfkit::advisor

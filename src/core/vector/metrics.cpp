// Which metric a statement orders a column by, told from its text: what stands beside the operator.
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "perfkit/core/sql_lexer.hpp"
#include "perfkit/core/vector/advice.hpp"

namespace perfkit::vectors {

namespace {

// An operand is no longer: public.t.embedding::public.halfvec(768), OPERATOR(public.<=>).
constexpr std::size_t near = 12;

bool names(const SqlToken& token, std::string_view name) {
    if (token.kind == SqlToken::Kind::quoted) {
        std::string plain;
        for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
            plain += token.text[i];
            if (token.text[i] == '"') ++i;
        }
        return plain == name;
    }
    if (token.kind != SqlToken::Kind::word || token.text.size() != name.size()) return false;
    return std::equal(name.begin(), name.end(), token.text.begin(), [](char wanted, char given) {
        return wanted == static_cast<char>(std::tolower(static_cast<unsigned char>(given)));
    });
}

bool ends_operand(const SqlToken& token) {
    if (token.kind == SqlToken::Kind::symbol) return token.text == "," || token.text == ";";
    if (token.kind == SqlToken::Kind::operation) return token.text != "::";
    static constexpr std::string_view keywords[]{"by",    "select", "where", "and", "or",
                                                 "limit", "asc",    "desc",  "as",  "from"};
    return std::any_of(std::begin(keywords), std::end(keywords),
                       [&](std::string_view keyword) { return is_word(token, keyword); });
}

}  // namespace

void count_metrics(std::string_view sql, std::string_view table, std::string_view column, int (&counts)[6]) {
    if (sql.find('<') == std::string_view::npos) return;
    std::vector<SqlToken> tokens = tokenize(sql);
    std::erase_if(tokens, [](const SqlToken& token) { return token.kind == SqlToken::Kind::comment; });
    if (std::none_of(tokens.begin(), tokens.end(), [&](const SqlToken& token) { return names(token, table); })) return;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].kind != SqlToken::Kind::operation) continue;
        const auto metric = metric_of_operator(tokens[i].text);
        if (!metric) continue;
        bool beside = false;
        for (std::size_t j = i; !beside && j > 0 && i - j < near && !ends_operand(tokens[j - 1]); --j)
            beside = names(tokens[j - 1], column);
        for (std::size_t j = i + 1; !beside && j < tokens.size() && j - i <= near && !ends_operand(tokens[j]); ++j)
            beside = names(tokens[j], column);
        counts[static_cast<std::size_t>(*metric)] += beside;
    }
}

}  // namespace perfkit::vectors

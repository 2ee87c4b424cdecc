// Splits SQL text into tokens as PostgreSQL's scanner does: quotes and their prefixes, dollar quotes,
// nested comments, quoted identifiers, parameters, operators.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace perfkit {

struct SqlToken {
    enum class Kind {
        word,    // identifier or keyword
        quoted,  // "identifier", U&"identifier"
        string,  // '...', E'...', B'...', X'...', U&'...', N'...', $tag$...$tag$
        number,
        parameter,  // $1
        operation,  // + - <= ->> :: and so on
        symbol,     // ( ) [ ] , ; . :
        comment,    // -- ... and /* ... */
        broken,     // a quote or comment that does not end
    };
    Kind kind;
    std::size_t begin;
    std::size_t end;  // behind its last byte
    std::string_view text;
};

// All tokens but white space, in order.  Never fails: what the scanner would reject comes as broken.
std::vector<SqlToken> tokenize(std::string_view sql);

// Whether a word token is this keyword, given in lower case.
bool is_word(const SqlToken& token, std::string_view keyword);

}  // namespace perfkit

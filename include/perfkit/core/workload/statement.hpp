// The text of a statement on its way into a sample.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::workload {

// The query inside a text that the server knows as its source: PREPARE p AS, EXPLAIN, DECLARE CURSOR, CREATE TABLE AS
// and COPY (query) without what is around it, an expression of PL/pgSQL ("x := (SELECT ...) + 1") as a SELECT.  Empty
// where there is none, as in REFRESH MATERIALIZED VIEW.
std::string query_in(std::string_view text);

// How many bytes at the end of the text, back to its beginning or a semicolon, are only comments and white space: with
// version 18 a statement begins behind them.  Looks at the last kilobyte.
std::size_t comments_before(std::string_view text) noexcept;

// A name in the text, such as PL/pgSQL's variables, that stands for a parameter.
struct NamedParameter {
    std::size_t at = 0;  // its first byte
    int number = 0;      // the parameter's in the server
};
struct Numbered {
    std::string text;
    std::vector<int> numbers;  // $1 in the text is parameter numbers[0] of the server
};
// Puts $1, $2... in the place of names (a, a.b, "a"."b"); what is $n already is renumbered likewise.
Numbered number_parameters(std::string_view text, std::vector<NamedParameter> parameters);

// Whether a text (or a parameter) speaks of passwords, keys, or functions that take some.
bool speaks_of_secrets(std::string_view text);
// Strings as '***', numbers as ?, comments left out: words, names and parameters stay.
std::string without_constants(std::string_view text);

}  // namespace perfkit::workload

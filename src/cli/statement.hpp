#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace perfkit::cli {

// A value for a placeholder.  Numbers are written into SQL as they are, all else in quotes.
struct Value {
    std::string text;
    bool number = false;
};

std::string quote_literal(std::string_view text);
std::string quote_identifier(std::string_view name);
// A SQL literal: 42 or 'text'.
std::string literal_of(const Value& value);

// One SQL statement with placeholders :name, as psql writes them.
class Statement {
public:
    // The names of the placeholders, each once, in order of first use.
    const std::vector<std::string>& names() const { return names_; }
    // The statement with :name replaced by literals; values in the order of names().
    std::string with_literals(const std::vector<Value>& values) const;
    // The statement with :name replaced by $1, $2 ... in the order of names().
    std::string with_parameters() const;

private:
    friend std::vector<Statement> parse_statements(std::string_view sql);

    template <class Render>
    std::string render(Render&& value_of) const;

    // text_[0] value text_[1] value ... text_[n]; slots_[i] says which name stands after text_[i].
    std::vector<std::string> text_;
    std::vector<std::size_t> slots_;
    std::vector<std::string> names_;
};

// Splits SQL text at semicolons and finds the placeholders; neither is looked for in strings,
// quoted identifiers, dollar quotes and comments, and :: is a cast.  Statements without any text
// are left out.  Throws std::invalid_argument for a quote or comment that is not closed.
std::vector<Statement> parse_statements(std::string_view sql);

}  // namespace perfkit::cli

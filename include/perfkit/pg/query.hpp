// Runs a query of our own, as the caller, whatever the session's settings: with a search_path that
// nobody can put a function into, and numbers in full.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

using TextRow = std::vector<std::optional<std::string>>;

// Sets a setting of the session up to the end of the GUC nesting level.  Reports what cannot be set as an ERROR, so it
// is for pg::call.
void set_option(const char* name, const char* value);

// Every value of the result as text.
std::vector<TextRow> run_query(const std::string& sql);

// The same for a statement that changes rows; the result is what it is RETURNING.
std::vector<TextRow> run_change(const std::string& sql);

// Numbers among them; NULL is 0.
double number_of(const std::optional<std::string>& text);
std::int64_t integer_of(const std::optional<std::string>& text);

// As an SQL identifier; empty where the extension is not in this database.
std::string schema_of_extension(const std::string& name);

// While it lives, errors point into this text, not into the one that the client sent.
class InnerText {
public:
    explicit InnerText(const char* inner) noexcept;
    ~InnerText();
    InnerText(const InnerText&) = delete;
    InnerText& operator=(const InnerText&) = delete;

private:
    ErrorContextCallback callback_;
};

// A string as an SQL literal, a name as an SQL identifier.
std::string quoted_literal(const std::string& text);
std::string quoted_name(const std::string& name);

}  // namespace perfkit::pg

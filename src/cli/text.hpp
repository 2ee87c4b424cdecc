#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::cli {

std::string_view trimmed(std::string_view text);
std::vector<std::string> split_list(std::string_view text, char separator);
// The whole text as a finite number, or nothing.  (Not std::from_chars, which Apple's library lacks
// for floating point; the program never leaves the C locale.)
std::optional<double> parse_number(std::string_view text);

// For people: "12,345", "1.2 GB", "3.14", "-12.3 %"; digits follow the size of the value.
std::string format_count(double value);
std::string format_bytes(double bytes);
std::string format_milliseconds(double value);
std::string format_percent(double fraction, int digits = 1);
std::string format_fixed(double value, int digits);

// A table whose columns are as wide as their content; the first column is text, the others numbers.
class Table {
public:
    explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    // Columns from this one on are text too.
    void text_from(std::size_t column) { text_from_ = column; }
    std::string plain() const;
    std::string markdown() const;

private:
    std::vector<std::size_t> widths() const;

    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
    std::size_t text_from_ = static_cast<std::size_t>(-1);
};

}  // namespace perfkit::cli

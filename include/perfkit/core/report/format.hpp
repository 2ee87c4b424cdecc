// Numbers as a reader wants them: three digits that count, and a unit that does not wrap away from them.
#pragma once

#include <optional>
#include <string>

namespace perfkit::report {

// What a number is of; it decides how the number is written.
enum class Unit { count, bytes, milliseconds, percent, per_second, bytes_per_second, sessions };

// In UTF-8; a dash where nobody knows.
std::string number_text(std::optional<double> value, Unit unit);

// How one number became another: "3.2 times", "-18 %", "the same"; empty where there is nothing to compare.
std::string change_text(std::optional<double> before, std::optional<double> after);

// Digits, with a comma between thousands.
std::string grouped(std::string digits);

// As attributes of SVG and CSS have it: at most two digits behind the point, whatever the locale.
std::string coordinate(double value);

}  // namespace perfkit::report

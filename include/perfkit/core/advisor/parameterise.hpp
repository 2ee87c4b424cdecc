// Text with constants to text with parameters, as pg_stat_statements has it.
#pragma once

#include <string>
#include <string_view>

namespace perfkit::advisor {

// Strings and numbers become parameters behind those that the text has; comments go.  What cannot be a parameter
// stays: the numbers of ORDER BY 1 and numeric(10, 2).
std::string parameterise(std::string_view sql);

// The same for a text from which constants were taken: '***' was a string, ? (where it is no operator) a number.
std::string parameterise_blanks(std::string_view sql);

}  // namespace perfkit::advisor

// Names for indexes and for advice.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::advisor {

// table_column_column_idx, in at most 63 bytes of UTF-8 or a single-byte encoding, and none that is
// taken: a number is appended where needed.  Long parts are cut, the longest first, never within a
// character (`character_end` gives the greatest end of a character that is not behind a position).
std::string index_name(std::string_view table, const std::vector<std::string>& columns,
                       const std::function<bool(const std::string&)>& taken,
                       const std::function<std::size_t(std::string_view, std::size_t)>& character_end);

// Sixteen hexadecimal digits that depend on each of the parts.
std::string fingerprint(const std::vector<std::string>& parts);

}  // namespace perfkit::advisor

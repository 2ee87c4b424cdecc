// Tags that applications put into the comments of their statements.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perfkit::workload {

using Tags = std::vector<std::pair<std::string, std::string>>;

// Those in comments that hold nothing else, key='value' with commas between them, as the specification of sqlcommenter
// has it (google.github.io/sqlcommenter/spec), decoded.  What is not ASCII is decoded into UTF-8, and only where that
// is wanted; what cannot be decoded stays as it is.
Tags tags_in(std::string_view text, bool utf8);

// As a JSON object.
std::string json_of(const Tags& tags);

}  // namespace perfkit::workload

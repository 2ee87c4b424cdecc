// How long a file has existed.
#pragma once

#include <optional>
#include <string>

namespace perfkit::pg {

// Days for which the file has existed at least: since it was created where the file system knows
// that, else since it was last written.  Nothing where it is not there.
std::optional<double> days_of_file(const std::string& path);

}  // namespace perfkit::pg

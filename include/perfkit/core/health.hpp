// The settings of the health checks, as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perfkit::health {

// Where a check turns to warn and to critical, for one that is not to keep its own thresholds.
struct Threshold {
    std::string check;
    std::optional<double> warn;
    std::optional<double> critical;
};

// Reads "connections=70/90, cache_hit=95, xid_age=/60": the names of checks, each with the value from
// which it warns, the one from which it is critical, or both.  Throws std::invalid_argument, which says
// what is wrong.
std::vector<Threshold> parse_thresholds(std::string_view text);

// Reads "connections, cache_hit": names of checks.  Throws as above.
std::vector<std::string> parse_names(std::string_view text);

}  // namespace perfkit::health

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace perfkit::cli {

// Results of bench that carry the same label are rounds of one thing.  Gives one report for each
// label, in order of first appearance, of the shape of a single one, where
// - a measured number is the median of the rounds', and "rounds" beside it has them all by key,
// - samples, errors and index scans are sums, sizes the last round's,
// - the interval of a median is the least and greatest median of a round.
// Reports without a label stay as they are.
std::vector<nlohmann::json> merge_rounds(std::vector<nlohmann::json> reports);

}  // namespace perfkit::cli

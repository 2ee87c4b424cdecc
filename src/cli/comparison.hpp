#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace perfkit::cli {

enum class Measure { latency, service, cpu };

// What two runs say about one query's median.
enum class Verdict { faster, slower, unchanged, too_few_samples };

// Faster and slower: the median moved by at least a tenth, and the 95 % confidence intervals of the
// two medians do not overlap.  The arguments are summaries as in a result file.
Verdict judge(const nlohmann::json& before, const nlohmann::json& after);

// The relative change as "-97.4 %" or "+47.0 %"; "-" where a value is missing.
std::string change_text(const nlohmann::json& before, const nlohmann::json& after);

// The table of one run against later ones, and what changed around them; the first report is the
// one that the others are compared with.  Reports are result files of perfkit bench, at least two.
std::string compare_reports(const std::vector<nlohmann::json>& reports, Measure measure, bool markdown);

}  // namespace perfkit::cli

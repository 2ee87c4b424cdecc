#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace perfkit::cli {

// Medians of two runs as a picture: for each query that both measured a bar before and a bar after,
// on a logarithmic scale of milliseconds.  A self-contained SVG, readable on light and dark pages.
std::string chart_of(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace perfkit::cli

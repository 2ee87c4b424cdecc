#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "driver.hpp"
#include "workload.hpp"

namespace perfkit::cli {

// The value of "format" in a result file; another number means that keys have changed their meaning.
inline constexpr const char* bench_format = "perfkit-bench-1";

// The measured part of a result file: "queries", "reads", "writes", "all", "throughput_per_s",
// "mix_mean_ms", "backlog".  Sorts the samples.  docs/cli.md explains the keys.
nlohmann::json json_of_samples(const Workload& workload, DriverResult& result, bool scheduled);

// A result file as text for people.
std::string text_of_report(const nlohmann::json& report);

// A number of a result file as milliseconds, "-" where it is null.
std::string milliseconds_or_dash(const nlohmann::json& value);

}  // namespace perfkit::cli

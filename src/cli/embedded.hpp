#pragma once

#include <string_view>

// The files of bench/registry/, put into the program by cmake/embed.cmake.
namespace perfkit::cli::embedded {

extern const std::string_view schema;
extern const std::string_view data;
extern const std::string_view keys;
extern const std::string_view workload;

}  // namespace perfkit::cli::embedded

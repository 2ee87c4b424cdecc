#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parameter.hpp"
#include "statement.hpp"

namespace perfkit::cli {

struct Parameter {
    std::vector<std::string> names;
    Distribution distribution;
};

enum class Kind { read, write };

struct QueryTemplate {
    std::string name;
    std::string about;
    Kind kind = Kind::read;
    double weight = 1;
    std::vector<Parameter> parameters;
    std::vector<Statement> statements;
};

struct Workload {
    std::string name;
    std::vector<QueryTemplate> templates;
};

// Reads a workload file; its format is in docs/cli.md.  Throws std::invalid_argument with the line.
Workload parse_workload(std::string_view text, std::string name);

// Applies "name=weight,..." in order; "all" stands for every template.
// Throws std::invalid_argument for an unknown name, a bad weight, or when no weight is left.
void apply_mix(Workload& workload, std::string_view mix);

}  // namespace perfkit::cli

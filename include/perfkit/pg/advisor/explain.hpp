// EXPLAIN, of plans that may read hypothetical indexes.
#pragma once

#include <optional>
#include <string>

#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

struct Explained {
    std::string text;
    std::optional<double> cost;  // of the whole plan
};

// As EXPLAIN would: planned with the caller's rights, and not run.
Explained explain(const std::string& query, const WhatIf& what_if);

}  // namespace perfkit::pg

// Existing indexes that could go.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/advisor/drops.hpp"
#include "perfkit/pg/advisor/advise.hpp"

namespace perfkit::pg {

struct DropAdvice {
    advisor::Drop drop;
    advisor::KnownIndex index;
    std::string other_name;        // of the index that does its work
    int replaced_by = -1;          // candidate whose creation makes it redundant
    double days = 0;               // that its scans have been counted for
    std::optional<double> upkeep;  // milliseconds per hour; nothing where that is unknown
};

// Those that the plans of the workload do not miss.
std::vector<DropAdvice> drops(const Advice& advice, const AdviceOptions& options);

}  // namespace perfkit::pg

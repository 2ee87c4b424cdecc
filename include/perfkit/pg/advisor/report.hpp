// Advice as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/json.hpp"
#include "perfkit/pg/advisor/advise.hpp"
#include "perfkit/pg/advisor/drops.hpp"

namespace perfkit::pg {

struct AdviceRow {
    std::string id, action, schema, table, index, ddl, reason;
    std::optional<std::string> warning;
    std::int64_t bytes = 0;
    std::optional<double> cost_before, cost_after, saved_ms_per_hour, write_ms_per_hour;
    int queries_helped = 0;
    Json evidence;
};

// The indexes to create, in the order of the selection, then those to drop.
std::vector<AdviceRow> advice_rows(const Advice& advice, const std::vector<DropAdvice>& drops);

struct QueryRow {
    const Examined* examined = nullptr;
    std::string status, reason;
    std::optional<double> share, cost_before, cost_after, saved_ms_per_hour;
    std::vector<std::string> advice_ids;
};

// Every query of the workload, and what became of it.
std::vector<QueryRow> query_rows(const Advice& advice);

}  // namespace perfkit::pg

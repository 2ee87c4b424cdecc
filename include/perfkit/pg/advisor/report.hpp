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
    // To carry it out, and to tell later what came of it.
    std::string definition;   // USING method (keys) ...; of what to drop its name
    std::string undo;         // the statement that takes it back
    std::string replacement;  // the advised index that has to be there first; empty: none
    Oid table_id = InvalidOid, index_id = InvalidOid;
    Json watched;  // the queries that it is about
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

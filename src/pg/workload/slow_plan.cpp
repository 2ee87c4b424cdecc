// Explains an execution that was slow, as it ends.
//
// EXPLAIN looks names up, and therefore runs aside.

#include <cstddef>
#include <cstdint>
#include <string>

#include "perfkit/core/workload/plan.hpp"
#include "perfkit/core/workload/statement.hpp"
#include "perfkit/pg/compat_planner.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/text.hpp"
#include "perfkit/pg/workload/aside.hpp"
#include "perfkit/pg/workload/names.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/values.hpp"

extern "C" {
#include "access/xact.h"
#include "commands/explain.h"
#if PERFKIT_PG18  // where it was split
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "utils/memutils.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Key;
using perfkit::workload::PlanStore;

namespace {

// As EXPLAIN (FORMAT JSON) would show it, with what the execution was instrumented for.
std::string explained(QueryDesc* query, bool actual) {
    const StringInfo text = call([=] {
        ExplainState* const es = NewExplainState();
        const int measured = actual ? query->instrument_options : 0;
        es->analyze = es->summary = actual;
        es->timing = (measured & INSTRUMENT_TIMER) != 0;
        es->buffers = (measured & INSTRUMENT_BUFFERS) != 0;
        es->wal = (measured & INSTRUMENT_WAL) != 0;
        es->settings = true;
        es->format = EXPLAIN_FORMAT_JSON;
        ExplainBeginOutput(es);
        ExplainOpenGroup("Query", nullptr, true, es);
        ExplainPrintPlan(es, query);
        ExplainCloseGroup("Query", nullptr, true, es);
        ExplainEndOutput(es);
        return es->str;
    });
    return perfkit::workload::compact_json({text->data, static_cast<std::size_t>(text->len)});
}

void explain_and_keep(const Key& key, QueryDesc* query, std::uint64_t nanoseconds) {
    SharedPlans& shared = *SharedPlans::get();
    const bool actual = query->planstate->instrument != nullptr;
    const std::string full = outline_of(query->plannedstmt);
    const std::int64_t shape = perfkit::workload::shape_of(full);
    bool wanted = false;
    shared.try_with([&](PlanStore& store) {
        wanted = store.note(key, shape, nanoseconds, GetCurrentStatementStartTimestamp(), actual);
    });
    if (!wanted) return;
    const std::string outline = clipped(full, PlanStore::longest_outline);
    std::string json = explained(query, actual);
    const PlannedStmt* const statement = query->plannedstmt;
    const Source source = source_of(query->sourceText, statement->stmt_location, statement->stmt_len, MaxAllocSize);
    // What the text calls a password may have another name in the plan, as behind a view.
    const bool redacted = !sample_parameters || perfkit::workload::speaks_of_secrets(json) ||
                          perfkit::workload::speaks_of_secrets(source.text);
    if (redacted) json = perfkit::workload::plan_without_constants(json);
    shared.try_with([&](PlanStore& store) { store.keep(key, shape, {outline, json, nanoseconds, actual, redacted}); });
}

}  // namespace

void keep_slow_plan(const Key& key, QueryDesc* query, std::uint64_t nanoseconds) {
    // In parallel mode there are no subtransactions (before 17).
    if (IsInParallelMode() || query->planstate == nullptr || !IsTransactionState()) return;
    if ((query->estate->es_top_eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) return;
    guarded([&key, query, nanoseconds] {
        if (ErrorData* const cancelled = aside([&] { explain_and_keep(key, query, nanoseconds); });
            cancelled != nullptr)
            throw Error(cancelled);
    });
}

}  // namespace perfkit::pg::workload

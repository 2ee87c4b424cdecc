// Explains an execution that was slow, as it ends.
//
// EXPLAIN looks names up, so an error may leave locks and pins behind, and it may have to wait for someone who locks a
// catalog.  Therefore it runs in a subtransaction, which is always rolled back: whatever happened there is undone.  Its
// errors end there, except for a cancel: that was meant for the statement.

#include <cstdint>
#include <string>

#include "perfkit/core/workload/plan.hpp"
#include "perfkit/core/workload/statement.hpp"
#include "perfkit/pg/compat_planner.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/values.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "commands/explain.h"
#if PERFKIT_PG18  // where it was split
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
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
    const bool redacted = !sample_parameters || perfkit::workload::speaks_of_secrets(json);
    if (redacted) json = perfkit::workload::plan_without_constants(json);
    shared.try_with([&](PlanStore& store) { store.keep(key, shape, {outline, json, nanoseconds, actual, redacted}); });
}

// The report of a cancel, which the caller has to go on raising; else null.
ErrorData* in_subtransaction(const Key& key, QueryDesc* query, std::uint64_t nanoseconds) {
    const MemoryContext before = CurrentMemoryContext;
    const ResourceOwner owner = CurrentResourceOwner;
    const std::uint32_t held = InterruptHoldoffCount, cancel_held = QueryCancelHoldoffCount;
    ErrorData* cancelled = nullptr;
    MemoryContext scratch = call([before] {
        MemoryContext made = AllocSetContextCreate(before, "pg_perfkit plan", ALLOCSET_DEFAULT_SIZES);
        BeginInternalSubTransaction(nullptr);
        MemoryContextSwitchTo(made);
        return made;
    });
    // On a standby, a conflict with recovery would end a session that is in a subtransaction.
    if (RecoveryInProgress()) InterruptHoldoffCount = held + 1;
    try {
        explain_and_keep(key, query, nanoseconds);
    } catch (const Error& error) {
        if (error.report()->sqlerrcode == ERRCODE_QUERY_CANCELED) cancelled = error.report();
    } catch (...) {
    }
    InterruptHoldoffCount = held;  // an error has set them to zero
    QueryCancelHoldoffCount = cancel_held;
    call([] { RollbackAndReleaseCurrentSubTransaction(); });
    MemoryContextSwitchTo(before);
    CurrentResourceOwner = owner;
    if (cancelled == nullptr) MemoryContextDelete(scratch);
    return cancelled;
}

}  // namespace

void keep_slow_plan(const Key& key, QueryDesc* query, std::uint64_t nanoseconds) {
    // In parallel mode there are no subtransactions (before 17).
    if (IsInParallelMode() || query->planstate == nullptr || !IsTransactionState()) return;
    if ((query->estate->es_top_eflags & EXEC_FLAG_EXPLAIN_ONLY) != 0) return;
    guarded([&key, query, nanoseconds] {
        if (ErrorData* const cancelled = in_subtransaction(key, query, nanoseconds); cancelled != nullptr)
            throw Error(cancelled);
    });
}

}  // namespace perfkit::pg::workload

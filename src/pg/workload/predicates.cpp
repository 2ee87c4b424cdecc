// Which executions are measured, and what becomes of it.

#include "perfkit/pg/workload/predicates.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "perfkit/core/workload/predicate.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/text.hpp"
#include "perfkit/pg/workload/aside.hpp"
#include "perfkit/pg/workload/hot.hpp"
#include "perfkit/pg/workload/predicate_walk.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/values.hpp"

extern "C" {
#include "access/parallel.h"
#include "common/pg_prng.h"
#include "nodes/makefuncs.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Key;
using perfkit::workload::PredicateKind;
using perfkit::workload::PredicateStore;

PERFKIT_HOT perfkit::workload::Pacer predicate_pacer;
PERFKIT_HOT std::size_t watched_executions = 0;

namespace {

struct Watched {
    const QueryDesc* query;
    bool whole;  // fetched in one go
};
std::array<Watched, 8> watched;

Watched* watched_of(const QueryDesc* query) noexcept {
    for (std::size_t i = 0; i < watched_executions; ++i)
        if (watched[i].query == query) return &watched[i];
    return nullptr;
}

// Names of the tables in the plan, partitions' as their table's.
List* table_names(const PlanNames& names) {
    List* result = NIL;
    for (Index table = 1; table <= static_cast<Index>(names.tables); ++table) {
        const RangeTblEntry* const entry = rt_fetch(table, names.statement->rtable);
        const Oid relation = names.relation_of(table);
        char* name = OidIsValid(relation) ? get_rel_name(relation) : nullptr;
        if (name == nullptr) name = pstrdup(entry->eref != nullptr ? entry->eref->aliasname : "?");
        result = lappend(result, name);
    }
    return result;
}

// Looks names up.
char* written(const PlanNames& names, const Observation& seen) {
    List* const context = deparse_context_for_plan_tree(const_cast<PlannedStmt*>(names.statement), table_names(names));
    bool prefixed = !OidIsValid(seen.key.relation);
    for (std::uint32_t i = 0; i < seen.parts.column_count; ++i)
        prefixed = prefixed || seen.parts.columns[i].relation != seen.key.relation;
    if (seen.key.kind != PredicateKind::sort && seen.key.kind != PredicateKind::group)
        return deparse_expression(reinterpret_cast<Node*>(make_ands_explicit(seen.expressions)), context, prefixed,
                                  false);
    StringInfoData text;
    initStringInfo(&text);
    int i = 0;
    ListCell* cell;
    foreach (cell, seen.expressions) {
        if (i > 0) appendStringInfoString(&text, ", ");
        appendStringInfoString(&text, deparse_expression(static_cast<Node*>(lfirst(cell)), context, prefixed, false));
        if (seen.sort_operators != nullptr) {
            bool descending = false;
            get_equality_op_for_ordering_op(seen.sort_operators[i], &descending);
            if (descending) appendStringInfoString(&text, " DESC");
            if (seen.nulls_first[i] != descending)
                appendStringInfoString(&text, descending ? " NULLS LAST" : " NULLS FIRST");
        }
        ++i;
    }
    return text.data;
}

// In a memory context of its own, which the caller deletes.  Null where memory was short.
Observations* observations_of(QueryDesc* query, bool whole) noexcept {
    const std::uint32_t held = InterruptHoldoffCount, cancel_held = QueryCancelHoldoffCount;
    Observations* result = nullptr;
    try {
        call([&] {
            auto* const made = static_cast<Observations*>(palloc(sizeof(Observations)));
            *made = {};
            observe(*made, query, whole);
            result = made;
        });
    } catch (...) {
        InterruptHoldoffCount = held;  // the error has set them to zero
        QueryCancelHoldoffCount = cancel_held;
    }
    return result;
}

ErrorData* note(const Key& key, const Observations& observations) {
    SharedPredicates& shared = *SharedPredicates::get();
    std::array<bool, Observations::most> wanted{};
    bool any = false;
    shared.try_with([&](PredicateStore& store) {
        for (int i = 0; i < observations.count; ++i) {
            const Observation& seen = observations.each[i];
            wanted[static_cast<std::size_t>(i)] =
                store.note(seen.key, seen.parts, seen.seen, key, GetCurrentStatementStartTimestamp());
            any = any || wanted[static_cast<std::size_t>(i)];
        }
    });
    if (!any) return nullptr;
    return aside([&] {
        std::array<std::string, Observations::most> texts;
        for (std::size_t i = 0; i < static_cast<std::size_t>(observations.count); ++i) {
            if (!wanted[i]) continue;
            const Observation& seen = observations.each[i];
            texts[i] = perfkit::workload::with_question_marks(
                call([&observations, &seen] { return written(observations.names, seen); }));
        }
        shared.try_with([&](PredicateStore& store) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(observations.count); ++i)
                if (wanted[i])
                    store.keep(observations.each[i].key, clipped(texts[i], PredicateStore::longest_text),
                               texts[i].size() > PredicateStore::longest_text);
        });
    });
}

}  // namespace

bool take_turn() noexcept {
    if (!predicate_pacer.due(
            static_cast<std::uint32_t>(predicate_rate), [] { return GetCurrentTimestamp(); },
            pg_prng_uint64(&pg_global_prng_state)))
        return false;
    return SharedPredicates::get() != nullptr && watched_executions < watched.size() && !IsInParallelMode();
}

void watch(const QueryDesc* query) noexcept {
    unwatch(query);  // an error's leftover that had the same address
    if (watched_executions < watched.size()) watched[watched_executions++] = {query, true};
}

void note_partial_fetch(const QueryDesc* query) noexcept {
    if (Watched* const found = watched_of(query); found != nullptr) found->whole = false;
}

void unwatch(const QueryDesc* query) noexcept {
    if (Watched* const found = watched_of(query); found != nullptr) *found = watched[--watched_executions];
}

void keep_predicates(const Key& key, QueryDesc* query) {
    const Watched* const found = watched_of(query);
    if (found == nullptr) return;
    const bool whole = found->whole;
    unwatch(query);
    if (query->planstate == nullptr || IsInParallelMode() || !IsTransactionState()) return;
    guarded([&key, query, whole] {
        const MemoryContext before = CurrentMemoryContext;
        MemoryContext scratch = nullptr;
        try {
            scratch = call([] {
                return AllocSetContextCreate(CurrentMemoryContext, "pg_perfkit predicates", ALLOCSET_DEFAULT_SIZES);
            });
        } catch (const Error&) {
            return;
        }
        MemoryContextSwitchTo(scratch);
        ErrorData* cancelled = nullptr;
        if (const Observations* const observations = observations_of(query, whole); observations != nullptr)
            cancelled = note(key, *observations);
        MemoryContextSwitchTo(before);
        if (cancelled != nullptr) throw Error(cancelled);
        MemoryContextDelete(scratch);
    });
}

}  // namespace perfkit::pg::workload

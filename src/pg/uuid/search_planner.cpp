// What the planner asks about time conditions on UUIDs: index conditions, partitions, row counts.

#include <algorithm>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/uuid/estimate.hpp"

extern "C" {
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "parser/parsetree.h"
#include "partitioning/partbounds.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
}

using namespace perfkit;
using namespace perfkit::pg;

// Everything in this namespace calls the server without pg::call, and owns nothing: for its bodies.
namespace {

Node* copy_of(const Node* node) { return static_cast<Node*>(copyObjectImpl(node)); }

Expr* uuid_constant(const Uuid& uuid) {
    void* memory = palloc(sizeof(pg_uuid_t));
    std::memcpy(memory, uuid.data(), uuid.size());
    return reinterpret_cast<Expr*>(
        makeConst(UUIDOID, -1, InvalidOid, sizeof(pg_uuid_t), PointerGetDatum(memory), false, false));
}

// A call of another function of the extension, found in the schema of the one that is supported.
Expr* call_of(const char* name, Oid beside, Oid result, List* args) {
    Oid types[2] = {};
    int count = 0;
    ListCell* cell;
    foreach (cell, args) types[count++] = exprType(static_cast<Node*>(lfirst(cell)));
    oidvector* vector = buildoidvector(types, count);
    const Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
                                         PointerGetDatum(vector), ObjectIdGetDatum(get_func_namespace(beside)));
    if (!OidIsValid(function)) return nullptr;
    return reinterpret_cast<Expr*>(makeFuncExpr(function, result, args, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
}

// The ids of a condition: at least `first` and less than `end`, either null where it does not matter.
struct Bounds {
    Expr* first = nullptr;
    Expr* end = nullptr;
};

Bounds bounds_of(Oid function, Node* time) {
    const TimeComparison* comparison = nullptr;
    const char* name = get_func_name(function);
    for (const TimeComparison& candidate : time_comparisons)
        if (name != nullptr && candidate.function == name) comparison = &candidate;
    const bool range = exprType(time) == TSTZRANGEOID;
    if (!range && comparison == nullptr) return {};
    const auto* constant = IsA(time, Const) ? reinterpret_cast<const Const*>(time) : nullptr;
    if (constant != nullptr && constant->constisnull) return {};
    if (range && constant != nullptr) {
        const UuidSpan span = span_of_range(DatumGetRangeTypeP(constant->constvalue));
        return {uuid_constant(span.first), uuid_constant(span.end)};
    }
    if (range)
        return {call_of("pk_uuid_range_start", function, UUIDOID, list_make1(time)),
                call_of("pk_uuid_range_end", function, UUIDOID, list_make1(copy_of(time)))};
    Expr* cut = constant != nullptr ? uuid_constant(comparison->cut_at(DatumGetTimestampTz(constant->constvalue)))
                                    : call_of("pk_uuid_cut", function, UUIDOID,
                                              list_make2(time, makeBoolConst(comparison->cut == Cut::after, false)));
    return comparison->bounds_below ? Bounds{cut, nullptr} : Bounds{nullptr, cut};
}

// `id OPERATOR bound` by the operator family's operator, where that is uuid's own: BRIN's families for
// Bloom filters have another under the same number.
List* add_comparison(List* list, Oid family, StrategyNumber strategy, Node* id, Expr* bound) {
    const Oid op = get_opfamily_member(family, UUIDOID, UUIDOID, static_cast<int16>(strategy));
    const Oid expected = strategy == BTLessStrategyNumber ? F_UUID_LT : F_UUID_GE;
    if (bound == nullptr || !OidIsValid(op) || get_opcode(op) != expected) return list;
    return lappend(
        list, make_opclause(op, BOOLOID, false, reinterpret_cast<Expr*>(copy_of(id)), bound, InvalidOid, InvalidOid));
}

List* comparisons(Oid family, Node* id, const Bounds& bounds) {
    List* list = add_comparison(NIL, family, BTGreaterEqualStrategyNumber, id, bounds.first);
    return add_comparison(list, family, BTLessStrategyNumber, id, bounds.end);
}

// The condition on the bytes, which an index can look for.  Lossy: it does not look at the version.
Node* index_condition(SupportRequestIndexCondition* request) {
    if (request->indexarg != 0 || (request->index->relam != BTREE_AM_OID && request->index->relam != BRIN_AM_OID))
        return nullptr;
    List* args = IsA(request->node, OpExpr)     ? reinterpret_cast<OpExpr*>(request->node)->args
                 : IsA(request->node, FuncExpr) ? reinterpret_cast<FuncExpr*>(request->node)->args
                                                : NIL;
    if (list_length(args) != 2) return nullptr;
    auto* time = static_cast<Node*>(lsecond(args));
    if (!is_pseudo_constant_for_index(request->root, time, request->index)) return nullptr;
    List* conditions =
        comparisons(request->opfamily, static_cast<Node*>(linitial(args)), bounds_of(request->funcid, time));
    return reinterpret_cast<Node*>(conditions);
}

bool is_range_partitioned_by(Oid table, AttrNumber column) {
    Relation relation = table_open(table, NoLock);
    PartitionKey key = RelationGetPartitionKey(relation);
    bool found = false;
    if (key != nullptr && get_partition_strategy(key) == PARTITION_STRATEGY_RANGE)
        for (int i = 0; i < get_partition_natts(key); ++i) found |= get_partition_col_attnum(key, i) == column;
    table_close(relation, NoLock);
    return found;
}

// The version, which must be unknown where the time is, as the condition is: `version OR time IS NULL AND
// NULL`.  In a WHERE clause the planner drops the second half, and of NOT leaves `NOT version AND time IS NOT NULL`.
Expr* unknown_without(Node* time, Expr* version) {
    if (IsA(time, Const)) return version;
    NullTest* test = makeNode(NullTest);
    test->arg = reinterpret_cast<Expr*>(copy_of(time));
    test->nulltesttype = IS_NULL;
    test->argisrow = false;
    test->location = -1;
    Expr* unknown = make_andclause(list_make2(test, makeBoolConst(false, true)));
    return make_orclause(list_make2(version, unknown));
}

// Partitions are pruned by the operators of their key's family alone.  Where the column is such a
// key, the condition becomes one on the bytes and on the version.
Node* simplified(SupportRequestSimplify* request) {
    List* args = request->fcall->args;
    if (request->root == nullptr || list_length(args) != 2 || !IsA(linitial(args), Var)) return nullptr;
    const auto* id = static_cast<const Var*>(linitial(args));
    auto* time = static_cast<Node*>(lsecond(args));
    Query* query = request->root->parse;
    if (id->varlevelsup != 0 || id->varattno <= 0 || id->varno <= 0 || id->varno > list_length(query->rtable))
        return nullptr;
    const RangeTblEntry* table = rt_fetch(id->varno, query->rtable);
    if (table->rtekind != RTE_RELATION || table->relkind != RELKIND_PARTITIONED_TABLE || !table->inh) return nullptr;
    if (!is_range_partitioned_by(table->relid, id->varattno)) return nullptr;
    // It will stand there up to three times.
    if (contain_volatile_functions(time) || contain_subplans(time)) return nullptr;
    const TypeCacheEntry* type = lookup_type_cache(UUIDOID, TYPECACHE_BTREE_OPFAMILY);
    auto* variable = static_cast<Node*>(linitial(args));
    List* conditions = comparisons(type->btree_opf, variable, bounds_of(request->fcall->funcid, time));
    Expr* version = call_of("pk_uuid_is_v7", request->fcall->funcid, BOOLOID, list_make1(copy_of(variable)));
    if (conditions == NIL || version == nullptr) return nullptr;
    return reinterpret_cast<Node*>(make_andclause(lappend(conditions, unknown_without(time, version))));
}

double in_bounds(double selectivity) { return std::clamp(selectivity, 0.0, 1.0); }

}  // namespace

namespace {

std::optional<double> range_selectivity(SupportRequestSelectivity* request) {
    VariableStatData variable;
    Node* time = nullptr;
    bool on_left = false;
    if (!call([&] {
            return get_restriction_variable(request->root, request->args, request->varRelid, &variable, &time,
                                            &on_left);
        }))
        return std::nullopt;
    std::optional<double> share;
    if (on_left && IsA(time, Const)) {
        const auto* constant = reinterpret_cast<const Const*>(time);
        if (constant->constisnull)
            share = 0;
        else
            share = share_of_rows(request->root, variable,
                                  call([constant] { return span_of_range(DatumGetRangeTypeP(constant->constvalue)); }));
    }
    call([&variable] { ReleaseVariableStats(variable); });
    return share;
}

std::optional<double> version_selectivity(SupportRequestSelectivity* request) {
    VariableStatData variable;
    call([&] {
        examine_variable(request->root, static_cast<Node*>(linitial(request->args)), request->varRelid, &variable);
    });
    const auto share = share_of_rows(request->root, variable, {uuid_nil, uuid_max()});
    call([&variable] { ReleaseVariableStats(variable); });
    return share;
}

Node* selectivity(SupportRequestSelectivity* request) {
    const bool of_version = list_length(request->args) == 1;
    std::optional<double> share;
    if (!request->is_join) share = of_version ? version_selectivity(request) : range_selectivity(request);
    request->selectivity = in_bounds(share.value_or(of_version ? 1.0 : DEFAULT_RANGE_INEQ_SEL));
    return reinterpret_cast<Node*>(request);
}

// The other side of a range, `id < t` beside `id >= t`, where the query has one.
UuidSpan narrowed_by_siblings(PlannerInfo* root, const VariableStatData& variable, const UuidSpan& span) {
    UuidSpan narrowed = span;
    if (variable.rel == nullptr) return narrowed;
    ListCell* cell;
    foreach (cell, variable.rel->baserestrictinfo) {
        auto* clause = reinterpret_cast<Node*>(static_cast<RestrictInfo*>(lfirst(cell))->clause);
        const auto sibling = time_condition_of(root, clause, variable.var);
        if (sibling && !sibling->bounds_below) narrowed.end = std::min(narrowed.end, sibling->span.end);
    }
    return narrowed;
}

}  // namespace

PERFKIT_FUNCTION(pk_uuid_search_support) {
    auto* request = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
    Node* answer = nullptr;
    if (IsA(request, SupportRequestIndexCondition))
        answer =
            pg::call([request] { return index_condition(reinterpret_cast<SupportRequestIndexCondition*>(request)); });
    else if (IsA(request, SupportRequestSimplify))
        answer = pg::call([request] { return simplified(reinterpret_cast<SupportRequestSimplify*>(request)); });
    else if (IsA(request, SupportRequestSelectivity))
        answer = selectivity(reinterpret_cast<SupportRequestSelectivity*>(request));
    PG_RETURN_POINTER(answer);
}

// RESTRICT of the operators.  The planner multiplies what the two sides of a range leave, as if they
// were independent; so the lower bound is estimated among those rows that the upper one leaves.
PERFKIT_FUNCTION(pk_uuid_search_sel) {
    auto* root = reinterpret_cast<PlannerInfo*>(PG_GETARG_POINTER(0));
    const Oid op = PG_GETARG_OID(1);
    auto* args = reinterpret_cast<List*>(PG_GETARG_POINTER(2));
    const int relation = PG_GETARG_INT32(3);
    VariableStatData variable;
    Node* time = nullptr;
    bool on_left = false;
    if (!pg::call([&] { return get_restriction_variable(root, args, relation, &variable, &time, &on_left); }))
        PG_RETURN_FLOAT8(DEFAULT_INEQ_SEL);
    std::optional<double> share;
    const TimeComparison* comparison = time_comparison_of(pg::call([op] { return get_opcode(op); }));
    if (on_left && IsA(time, Const) && comparison != nullptr) {
        const auto* constant = reinterpret_cast<const Const*>(time);
        if (constant->constisnull) {
            share = 0;
        } else {
            const UuidSpan span = comparison->span(DatumGetTimestampTz(constant->constvalue));
            const UuidSpan narrowed = comparison->bounds_below ? narrowed_by_siblings(root, variable, span) : span;
            share = share_of_rows(root, variable, narrowed);
            if (share && narrowed.end != span.end) {
                const double among = *share_of_rows(root, variable, {uuid_nil, narrowed.end});
                share = among > 0 ? *share / among : 0;
            }
        }
    }
    pg::call([&variable] { ReleaseVariableStats(variable); });
    PG_RETURN_FLOAT8(in_bounds(share.value_or(DEFAULT_INEQ_SEL)));
}

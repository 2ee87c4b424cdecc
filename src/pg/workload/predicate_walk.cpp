// Which rows each node of a plan took in and gave out, by what.

#include <algorithm>
#include <cstdint>

#include "perfkit/pg/workload/predicate_walk.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_index.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/rel.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::PredicateKind;
using perfkit::workload::PredicateSeen;

namespace {

struct Walk {
    Observations& found;
    // Of the node at hand.
    struct At {
        const PlanState* parent = nullptr;
        bool complete = true;     // it ran to its end, so that its estimate can be compared
        double participants = 0;  // below a Gather: by how many its rows were divided, as the planner has it
        double gather_loops = 1;
    } at;
};

const Plan* side(const PlanState* node, bool inner) { return inner ? node->plan->righttree : node->plan->lefttree; }

bool is_subplan(const PlanState* parent, const PlanState* child) {
    for (const List* const list : {parent->initPlan, parent->subPlan}) {
        ListCell* cell;
        foreach (cell, list)
            if (static_cast<const SubPlanState*>(lfirst(cell))->planstate == child) return true;
    }
    return false;
}

Walk::At below(Walk::At at, const PlanState* child) {
    const PlanState* const parent = at.parent;
    at.parent = child;
    if (parent == nullptr) return at;
    if (is_subplan(parent, child)) return {child, false, 0, 1};
    const Plan* const plan = parent->plan;
    switch (nodeTag(plan)) {
        case T_Limit:
        case T_MergeJoin:  // ends with the shorter side
            at.complete = false;
            break;
        case T_Sort:
        case T_Hash:
            at.complete = true;
            break;
        case T_Agg:
            if (reinterpret_cast<const Agg*>(plan)->aggstrategy != AGG_SORTED) at.complete = true;
            break;
        case T_NestLoop: {
            const auto* const join = reinterpret_cast<const Join*>(plan);
            const bool stops = join->jointype == JOIN_SEMI || join->jointype == JOIN_ANTI || join->inner_unique;
            if (stops && child->plan == side(parent, true)) at.complete = false;
            break;
        }
        case T_Gather:
        case T_GatherMerge: {
            const int workers = IsA(plan, Gather) ? reinterpret_cast<const Gather*>(plan)->num_workers
                                                  : reinterpret_cast<const GatherMerge*>(plan)->num_workers;
            const double leader = parallel_leader_participation ? 1.0 - 0.3 * workers : 0;
            at.participants = workers + std::max(leader, 0.0);
            at.gather_loops = parent->instrument->nloops;
            break;
        }
        default:
            break;
    }
    return at;
}

// Whether each worker has a part of its rows.
bool is_partial(const Plan* plan) {
    check_stack_depth();
    if (plan->parallel_aware) return true;
    if (IsA(plan, Append)) {
        const List* const parts = reinterpret_cast<const Append*>(plan)->appendplans;
        return parts != NIL && is_partial(static_cast<const Plan*>(linitial(parts)));
    }
    if (IsA(plan, SubqueryScan)) return is_partial(reinterpret_cast<const SubqueryScan*>(plan)->subplan);
    return plan->lefttree != nullptr && is_partial(plan->lefttree);
}

double loops_of(const Walk& walk, const PlanState* node) {
    return walk.at.participants > 0 && is_partial(node->plan) ? walk.at.gather_loops : node->instrument->nloops;
}

// How many rows the planner expected in all loops.
double expected(const Walk& walk, const PlanState* node) {
    if (!walk.at.complete) return -1;
    const bool divided = walk.at.participants > 0 && is_partial(node->plan);
    return node->plan->plan_rows * loops_of(walk, node) * (divided ? walk.at.participants : 1);
}

void add(Walk& walk, Observation& seen, bool of_one_table, Oid relation) {
    if (seen.expressions == NIL) return;
    describe(walk.found.names, seen, of_one_table, relation);
    for (int i = 0; i < walk.found.count; ++i) {
        Observation& known = walk.found.each[i];
        if (known.key != seen.key) continue;
        // The same on each partition, or a table that is there several times.
        PredicateSeen& sum = known.seen;
        sum.loops = std::max(sum.loops, seen.seen.loops);
        sum.rows_in = sum.rows_in < 0 || seen.seen.rows_in < 0 ? -1 : sum.rows_in + seen.seen.rows_in;
        sum.rows_out += seen.seen.rows_out;
        sum.estimate = sum.estimate < 0 || seen.seen.estimate < 0 ? -1 : sum.estimate + seen.seen.estimate;
        return;
    }
    if (walk.found.count < Observations::most) walk.found.each[walk.found.count++] = seen;
}

Observation start(PredicateKind kind, const PredicateSeen& seen) {
    Observation result{};
    result.key.database = MyDatabaseId;
    result.key.kind = kind;
    result.seen = seen;
    return result;
}

List* conditions(const Walk& walk, const PlanState* node, const List* clauses) {
    return reinterpret_cast<List*>(resolved(walk.found.names, node->plan, clauses));
}

// removed: by the node's conditions; estimate: of what they leave.
void filter(Walk& walk, const PlanState* node, double removed, double estimate, bool of_one_table, Oid relation) {
    if (node->plan->qual == NIL) return;
    const double out = node->instrument->ntuples;
    Observation seen = start(PredicateKind::filter, {loops_of(walk, node), out + removed, out, estimate});
    seen.expressions = conditions(walk, node, node->plan->qual);
    add(walk, seen, of_one_table, relation);
}

// Whether rows were left out, and not expected, by a condition that the plan does not show: its index's.
bool on_partial_index(const PlanState* node) {
    RelationData* index = nullptr;
    if (IsA(node, IndexScanState)) index = reinterpret_cast<const IndexScanState*>(node)->iss_RelationDesc;
    if (IsA(node, IndexOnlyScanState)) index = reinterpret_cast<const IndexOnlyScanState*>(node)->ioss_RelationDesc;
    if (IsA(node, BitmapIndexScanState)) index = reinterpret_cast<const BitmapIndexScanState*>(node)->biss_RelationDesc;
    return index != nullptr && index->rd_indextuple != nullptr &&
           !heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, nullptr);
}

// -1 where it is no bitmap scan of an index.
int conditions_of(const Plan* plan) {
    if (plan == nullptr || !IsA(plan, BitmapIndexScan)) return -1;
    return list_length(reinterpret_cast<const BitmapIndexScan*>(plan)->indexqualorig);
}

// index_conditions: that it looked into an index for; rechecked: those of the bitmap scans below it.
void scan(Walk& walk, const PlanState* node, const List* index_conditions, const List* rechecked) {
    const Oid relation = walk.found.names.relation_of(reinterpret_cast<const Scan*>(node->plan)->scanrelid);
    const Instrumentation& rows = *node->instrument;
    const List* const filters = node->plan->qual;
    const double estimate = on_partial_index(node) ? -1 : expected(walk, node);
    if (index_conditions != NIL) {
        Observation seen =
            start(PredicateKind::index_condition,
                  {loops_of(walk, node), -1, rows.ntuples + rows.nfiltered1, filters == NIL ? estimate : -1});
        seen.expressions = conditions(walk, node, index_conditions);
        add(walk, seen, true, relation);
    }
    if (IsA(node->plan, BitmapIndexScan)) return;
    const List* const found = index_conditions != NIL ? index_conditions : rechecked;
    filter(walk, node, rows.nfiltered1, found == NIL ? estimate : -1, true, relation);
    // The planner estimates what all leave, those of several indexes and of partial ones too.
    const bool of_one_index = index_conditions != NIL || conditions_of(node->plan->lefttree) == list_length(found);
    if (found == NIL || (filters == NIL && of_one_index)) return;
    Observation seen = start(PredicateKind::scan, {loops_of(walk, node), -1, rows.ntuples, estimate});
    seen.expressions = list_concat(conditions(walk, node, found), conditions(walk, node, filters));
    if (list_length(seen.expressions) == list_length(found) + list_length(filters)) add(walk, seen, true, relation);
}

double rows_of(const PlanState* node) {
    return node == nullptr || node->instrument == nullptr ? 0 : node->instrument->ntuples;
}

void join(Walk& walk, const PlanState* node, const List* equalities) {
    const auto* const plan = reinterpret_cast<const Join*>(node->plan);
    const Instrumentation& rows = *node->instrument;
    const double outer = rows_of(outerPlanState(node)), inner = rows_of(innerPlanState(node));
    double in = 0;
    const JoinType kept = join_kept(plan->jointype);
    switch (kept) {
        case JOIN_SEMI:
        case JOIN_ANTI:
            in = kept == plan->jointype ? outer : inner;
            break;
        default: {
            const Plan* const other = side(node, true);
            const bool once = IsA(node->plan, HashJoin) && other != nullptr && other->parallel_aware;
            in = IsA(node->plan, NestLoop) ? inner : outer * inner / (once ? 1 : rows.nloops);
        }
    }
    const double out = rows.ntuples + (node->plan->qual != NIL ? rows.nfiltered2 : 0);
    Observation seen = start(PredicateKind::join,
                             {loops_of(walk, node), in, out, node->plan->qual == NIL ? expected(walk, node) : -1});
    seen.key.variant = static_cast<std::uint32_t>(kept);
    List* const equal = conditions(walk, node, equalities);
    List* const others = conditions(walk, node, plan->joinqual);
    if (list_length(equal) == list_length(equalities) && list_length(others) == list_length(plan->joinqual)) {
        order_sides(walk.found.names, equal);
        seen.expressions = list_concat(equal, others);
    }
    add(walk, seen, false, InvalidOid);
    filter(walk, node, rows.nfiltered2, expected(walk, node), false, InvalidOid);
}

// Columns of the plan's output, by number.
List* keys(const Walk& walk, const Plan* plan, int count, const AttrNumber* numbers) {
    List* result = NIL;
    for (int i = 0; i < count; ++i) {
        if (plan == nullptr || numbers[i] < 1 || numbers[i] > list_length(plan->targetlist)) return NIL;
        auto* const entry = static_cast<TargetEntry*>(list_nth(plan->targetlist, numbers[i] - 1));
        Node* const key = resolved(walk.found.names, plan, entry->expr);
        if (key == nullptr) return NIL;
        result = lappend(result, key);
    }
    return result;
}

void sort(Walk& walk, const PlanState* node) {
    const auto* const plan = reinterpret_cast<const Sort*>(node->plan);
    Observation seen = start(PredicateKind::sort,
                             {loops_of(walk, node), rows_of(outerPlanState(node)), node->instrument->ntuples, -1});
    seen.expressions = keys(walk, node->plan, plan->numCols, plan->sortColIdx);
    seen.sort_operators = plan->sortOperators;
    seen.nulls_first = plan->nullsFirst;
    add(walk, seen, false, InvalidOid);
}

// What went into the groups, before workers made groups of their parts.
double rows_before_partial(const PlanState* node) {
    for (const PlanState* at = outerPlanState(node); at != nullptr; at = outerPlanState(at))
        if (IsA(at->plan, Agg) && DO_AGGSPLIT_SKIPFINAL(reinterpret_cast<const Agg*>(at->plan)->aggsplit))
            return rows_of(outerPlanState(at));
    return -1;
}

void group(Walk& walk, const PlanState* node, int count, const AttrNumber* numbers, const Oid* operators, double in) {
    const Instrumentation& rows = *node->instrument;
    const double out = rows.ntuples + (node->plan->qual != NIL ? rows.nfiltered1 : 0);
    Observation seen = start(PredicateKind::group,
                             {loops_of(walk, node), in, out, node->plan->qual == NIL ? expected(walk, node) : -1});
    seen.expressions = keys(walk, node->plan->lefttree, count, numbers);
    for (int i = 0; i < count; ++i) seen.parts.add_operator(operators[i]);
    add(walk, seen, false, InvalidOid);
}

void aggregate(Walk& walk, const PlanState* node) {
    const auto* const plan = reinterpret_cast<const Agg*>(node->plan);
    if (DO_AGGSPLIT_SKIPFINAL(plan->aggsplit)) return;
    if (plan->numCols > 0 && plan->groupingSets == NIL) {
        const double in =
            DO_AGGSPLIT_COMBINE(plan->aggsplit) ? rows_before_partial(node) : rows_of(outerPlanState(node));
        group(walk, node, plan->numCols, plan->grpColIdx, plan->grpOperators, in);
    }
    filter(walk, node, node->instrument->nfiltered1, expected(walk, node), false, InvalidOid);
}

void look_at(Walk& walk, const PlanState* node) {
    const Plan* const plan = node->plan;
    switch (nodeTag(plan)) {
        case T_SeqScan:
        case T_SampleScan:
        case T_TidScan:
        case T_TidRangeScan:
        case T_SubqueryScan:
        case T_FunctionScan:
        case T_ValuesScan:
        case T_TableFuncScan:
        case T_CteScan:
        case T_NamedTuplestoreScan:
        case T_WorkTableScan:
        case T_ForeignScan:
        case T_CustomScan:
            return scan(walk, node, NIL, NIL);
        case T_BitmapHeapScan:
            return scan(walk, node, NIL, reinterpret_cast<const BitmapHeapScan*>(plan)->bitmapqualorig);
        case T_IndexScan:
            return scan(walk, node, reinterpret_cast<const IndexScan*>(plan)->indexqualorig, NIL);
        case T_IndexOnlyScan:
            return scan(walk, node, reinterpret_cast<const IndexOnlyScan*>(plan)->indexqual, NIL);
        case T_BitmapIndexScan:
            return scan(walk, node, reinterpret_cast<const BitmapIndexScan*>(plan)->indexqualorig, NIL);
        case T_NestLoop:
            return join(walk, node, NIL);
        case T_MergeJoin:
            return join(walk, node, reinterpret_cast<const MergeJoin*>(plan)->mergeclauses);
        case T_HashJoin:
            return join(walk, node, reinterpret_cast<const HashJoin*>(plan)->hashclauses);
        case T_Sort:
        case T_IncrementalSort:
            return sort(walk, node);
        case T_Agg:
            return aggregate(walk, node);
        case T_Group: {
            const auto* const groups = reinterpret_cast<const Group*>(plan);
            group(walk, node, groups->numCols, groups->grpColIdx, groups->grpOperators, rows_of(outerPlanState(node)));
            return filter(walk, node, node->instrument->nfiltered1, expected(walk, node), false, InvalidOid);
        }
        case T_Unique: {
            const auto* const unique = reinterpret_cast<const Unique*>(plan);
            return group(walk, node, unique->numCols, unique->uniqColIdx, unique->uniqOperators,
                         rows_of(outerPlanState(node)));
        }
        case T_Result:
            return filter(walk, node, node->instrument->nfiltered1, expected(walk, node), false, InvalidOid);
        default:
            return;
    }
}

// What the parameters of the nodes below stand for.
void note_parameters(PlanNames& names, const PlanState* node) {
    ListCell* cell;
    if (IsA(node->plan, NestLoop)) {
        foreach (cell, reinterpret_cast<const NestLoop*>(node->plan)->nestParams) {
            const auto* const param = static_cast<const NestLoopParam*>(lfirst(cell));
            note_parameter(names, param->paramno, reinterpret_cast<Node*>(param->paramval), node->plan);
        }
    }
    foreach (cell, node->subPlan) {
        const SubPlan* const plan = static_cast<const SubPlanState*>(lfirst(cell))->subplan;
        ListCell *number, *value;
        forboth(number, plan->parParam, value, plan->args)
            note_parameter(names, lfirst_int(number), static_cast<Node*>(lfirst(value)), node->plan);
    }
}

bool visit(PlanState* node, void* context) {
    Walk& walk = *static_cast<Walk*>(context);
    check_stack_depth();
    if (node->instrument == nullptr) return false;
    InstrEndLoop(node->instrument);
    const Walk::At before = walk.at;
    walk.at = below(before, node);
    note_parameters(walk.found.names, node);
    walk_plan(node, visit, context);
    if (node->instrument->nloops > 0) look_at(walk, node);
    walk.at = before;
    return false;
}

}  // namespace

void observe(Observations& observations, QueryDesc* query, bool whole) {
    prepare(observations.names, query->plannedstmt);
    Walk walk{observations, {}};
    walk.at.complete = whole;
    visit(query->planstate, &walk);
}

}  // namespace perfkit::pg::workload

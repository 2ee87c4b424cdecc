// Differences between server versions in the planner, each under the name of the newest form.
#pragma once

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "access/amapi.h"
#include "access/attmap.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "utils/rel.h"
}

namespace perfkit::pg {

// Walks and mutates expression trees.  Before 16 the callback's C type had no parameter list, which
// in C++ means no parameters.
using Walker = bool (*)(Node*, void*);
using Mutator = Node* (*)(Node*, void*);
using PlanWalker = bool (*)(PlanState*, void*);
#if PERFKIT_PG16
inline bool walk_expression(Node* node, Walker walker, void* context) {
    return expression_tree_walker_impl(node, walker, context);
}
inline bool walk_query(Query* query, Walker walker, void* context) {
    return query_tree_walker_impl(query, walker, context, 0);
}
inline Node* mutate_expression(Node* node, Mutator mutator, void* context) {
    return expression_tree_mutator_impl(node, mutator, context);
}
inline Query* mutate_query(Query* query, Mutator mutator, void* context) {
    return query_tree_mutator_impl(query, mutator, context, 0);
}
inline bool walk_plan(PlanState* node, PlanWalker walker, void* context) {
    return planstate_tree_walker_impl(node, walker, context);
}
#else
template <typename Callback, typename Function>
Callback untyped(Function function) {
    return reinterpret_cast<Callback>(reinterpret_cast<void (*)(void)>(function));
}
inline bool walk_expression(Node* node, Walker walker, void* context) {
    return expression_tree_walker(node, untyped<bool (*)()>(walker), context);
}
inline bool walk_query(Query* query, Walker walker, void* context) {
    return query_tree_walker(query, untyped<bool (*)()>(walker), context, 0);
}
inline Node* mutate_expression(Node* node, Mutator mutator, void* context) {
    return expression_tree_mutator(node, untyped<Node* (*)()>(mutator), context);
}
inline Query* mutate_query(Query* query, Mutator mutator, void* context) {
    return query_tree_mutator(query, untyped<Node* (*)()>(mutator), context, 0);
}
inline bool walk_plan(PlanState* node, PlanWalker walker, void* context) {
    return planstate_tree_walker(node, untyped<bool (*)()>(walker), context);
}
#endif

// Raises an error where the current user may not run the plan.
inline void check_permissions(const PlannedStmt* plan) {
#if PERFKIT_PG16
    ExecCheckPermissions(plan->rtable, plan->permInfos, true);
#else
    ExecCheckRTPerms(plan->rtable, true);
#endif
}

// Before 16 an index's cost function had no parameter list either.
inline void set_cost_function(IndexOptInfo* index, amcostestimate_function estimate) {
#if PERFKIT_PG16
    index->amcostestimate = estimate;
#else
    index->amcostestimate = untyped<void (*)()>(estimate);
#endif
}

// Whether the table's access method supports bitmap scans; a partitioned table has none, and is planned
// as a plain one while it has no partitions.
inline bool bitmap_scannable(Relation table) {
    if (table->rd_tableam == nullptr) return false;
#if PERFKIT_PG18
    return table->rd_tableam->scan_bitmap_next_tuple != nullptr;
#else
    return table->rd_tableam->scan_bitmap_next_block != nullptr;
#endif
}

// For each column of a partitioned table, its number in a partition.
inline AttrMap* columns_of_partition(TupleDesc partition, TupleDesc parent) {
#if PERFKIT_PG16
    return build_attrmap_by_name(partition, parent, false);
#else
    return build_attrmap_by_name(partition, parent);
#endif
}

// A join by what it keeps, whichever of its sides is read first.  Later versions have more of the latter.
inline JoinType join_kept(JoinType type) {
    switch (type) {
        case JOIN_RIGHT:
            return JOIN_LEFT;
#if PERFKIT_PG16
        case JOIN_RIGHT_ANTI:
            return JOIN_ANTI;
#endif
#if PERFKIT_PG18
        case JOIN_RIGHT_SEMI:
            return JOIN_SEMI;
#endif
        default:
            return type;
    }
}

// Whether a path key sorts the greatest value first.
inline bool descends(const PathKey* key) {
#if PERFKIT_PG18
    return key->pk_cmptype == COMPARE_GT;
#else
    return key->pk_strategy == BTGreaterStrategyNumber;
#endif
}

}  // namespace perfkit::pg

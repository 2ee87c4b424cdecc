// The predicates of a plan that has run.  All of this runs inside pg::call, and is written accordingly: it owns
// nothing, its memory is the current context's, and it throws nothing.  Nothing is looked up in catalogs.
#pragma once

#include "perfkit/core/workload/predicate_store.hpp"
#include "perfkit/pg/compat_planner.hpp"

extern "C" {
#include "executor/execdesc.h"
#include "nodes/execnodes.h"
}

namespace perfkit::pg::workload {

// What a plan's expressions refer to.
struct PlanNames {
    const PlannedStmt* statement = nullptr;
    int tables = 0;
    AppendRelInfo** parents = nullptr;  // by number in the range table, from 1; null: none
    static constexpr int most_parameters = 64;
    Node* parameters[most_parameters] = {};  // what the executor's own parameters stand for, where that is known

    Index root_of(Index table) const;
    Oid relation_of(Index table) const;  // 0: it is no relation
};
void prepare(PlanNames& names, const PlannedStmt* statement);
void note_parameter(PlanNames& names, int number, Node* value, const Plan* plan);

// The expressions (a node or a list) as of the tables at the bottom of the plan, partitions as their table; a Param
// numbered 0 in the place of each constant and of what else a name says nothing of.  Null where that is too long.
Node* resolved(const PlanNames& names, const Plan* plan, const void* expressions);
// Equality of columns, in an order that does not depend on which side of the join they came from.
void order_sides(const PlanNames& names, List* clauses);

// What a conjunction, or the keys of a sort or of groups, saw.  After resolved().
struct Observation {
    perfkit::workload::PredicateKey key;
    perfkit::workload::PredicateParts parts;
    perfkit::workload::PredicateSeen seen;
    List* expressions;
    const Oid* sort_operators;  // of a sort's keys; else null
    const bool* nulls_first;
};
void describe(const PlanNames& names, Observation& observation, bool of_one_table, Oid relation);

struct Observations {
    PlanNames names;
    static constexpr int most = 64;
    int count = 0;
    Observation each[most];
};
// Of the execution; whole: it was fetched in one go.
void observe(Observations& observations, QueryDesc* query, bool whole);

}  // namespace perfkit::pg::workload

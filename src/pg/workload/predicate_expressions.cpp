// A plan's expressions refer to the output of the nodes below them.  Here they are traced back to tables, and told
// apart.

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "perfkit/core/workload/predicate.hpp"
#include "perfkit/pg/workload/predicate_walk.hpp"

extern "C" {
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::PredicateKind;
using perfkit::workload::PredicateParts;

namespace {

// Each level of a query may use the columns of the one below several times, so that what it comes to grows
// exponentially: an expression of more nodes than this is given up.  One in the place of a parameter may be there
// often.
constexpr int most_nodes = 4096;
constexpr int most_nodes_of_parameter = 256;

struct Place {
    const PlanNames* names;
    const Plan* plan;
    int* left;  // nodes that it may still have
};

Node* placeholder(Oid type) {
    Param* const param = makeNode(Param);
    param->paramkind = PARAM_EXTERN;
    param->paramid = 0;
    param->paramtype = type;
    param->paramtypmod = -1;
    param->location = -1;
    return reinterpret_cast<Node*>(param);
}

bool is_placeholder(const Node* node) {
    return node != nullptr && IsA(node, Param) && reinterpret_cast<const Param*>(node)->paramid == 0;
}

const Plan* first_of(const List* plans) { return plans == NIL ? nullptr : static_cast<const Plan*>(linitial(plans)); }

// The plan below on whose output a column number counts, or the list that it counts in.
const Plan* plan_behind(const Plan* plan, int number, const List*& list) {
    list = NIL;
    const Plan* below = nullptr;
    if (number == OUTER_VAR) {
        below = IsA(plan, Append)        ? first_of(reinterpret_cast<const Append*>(plan)->appendplans)
                : IsA(plan, MergeAppend) ? first_of(reinterpret_cast<const MergeAppend*>(plan)->mergeplans)
                                         : plan->lefttree;
    } else if (number == INNER_VAR) {
        below = plan->righttree;
    } else if (IsA(plan, IndexOnlyScan)) {
        list = reinterpret_cast<const IndexOnlyScan*>(plan)->indextlist;
        return plan;
    } else if (IsA(plan, ForeignScan)) {
        list = reinterpret_cast<const ForeignScan*>(plan)->fdw_scan_tlist;
        return plan;
    } else if (IsA(plan, CustomScan)) {
        list = reinterpret_cast<const CustomScan*>(plan)->custom_scan_tlist;
        return plan;
    }
    if (below != nullptr) list = below->targetlist;
    return below;
}

Node* resolve(Node* node, void* context);

Node* in_list(Place place, const Plan* plan, const List* list, const Var* var) {
    if (plan == nullptr || var->varattno < 1 || var->varattno > list_length(list)) return placeholder(var->vartype);
    place.plan = plan;
    return resolve(reinterpret_cast<Node*>(static_cast<TargetEntry*>(list_nth(list, var->varattno - 1))->expr), &place);
}

Node* resolve_column(const Place& place, const Var* var) {
    const auto number = static_cast<int>(var->varno);
    if (number == OUTER_VAR || number == INNER_VAR || number == INDEX_VAR) {
        const List* list;
        const Plan* const below = plan_behind(place.plan, number, list);
        return in_list(place, below, list, var);
    }
    if (number < 1 || number > place.names->tables || var->varlevelsup != 0) return placeholder(var->vartype);
    if (IsA(place.plan, SubqueryScan)) {
        const auto* const scan = reinterpret_cast<const SubqueryScan*>(place.plan);
        if (static_cast<int>(scan->scan.scanrelid) == number && var->varattno > 0)
            return in_list(place, scan->subplan, scan->subplan->targetlist, var);
    }
    // A new one, so that what versions differ in, and where it stood in the text, is as if it were alone.
    auto table = static_cast<Index>(number);
    AttrNumber column = var->varattno;
    while (const AppendRelInfo* const up = place.names->parents[table]) {
        if (column > 0) {
            if (column > up->num_child_cols || up->parent_colnos[column - 1] == 0) break;
            column = up->parent_colnos[column - 1];
        }
        table = up->parent_relid;
    }
    Var* const found = makeVar(static_cast<int>(table), column, var->vartype, var->vartypmod, var->varcollid, 0);
    found->varnosyn = 0;
    found->varattnosyn = 0;
    return reinterpret_cast<Node*>(found);
}

// EXTRACT(year FROM t), NORMALIZE(t, NFC): which argument is a word of the syntax, which the server writes out of its
// constant without a look at whether it is one; -1: none.
int word_of_syntax(const FuncExpr* function) {
    if (function->funcformat != COERCE_SQL_SYNTAX) return -1;
    switch (function->funcid) {
        case F_EXTRACT_TEXT_DATE:
        case F_EXTRACT_TEXT_INTERVAL:
        case F_EXTRACT_TEXT_TIME:
        case F_EXTRACT_TEXT_TIMESTAMP:
        case F_EXTRACT_TEXT_TIMESTAMPTZ:
        case F_EXTRACT_TEXT_TIMETZ:
            return 0;
        case F_IS_NORMALIZED:
        case F_NORMALIZE:
            return list_length(function->args) == 2 ? 1 : -1;
        default:
            return -1;
    }
}

Node* resolve_function(const FuncExpr* function, void* context) {
    auto* const copy = reinterpret_cast<FuncExpr*>(
        mutate_expression(reinterpret_cast<Node*>(const_cast<FuncExpr*>(function)), resolve, context));
    const int word = word_of_syntax(function);
    // Without arguments where the expression has more nodes than we look at.
    if (word < 0 || list_length(copy->args) <= word) return reinterpret_cast<Node*>(copy);
    auto* const constant = static_cast<Const*>(copyObjectImpl(list_nth(function->args, word)));
    if (IsA(constant, Const)) {
        constant->location = -1;
        lfirst(list_nth_cell(copy->args, word)) = constant;
    } else {
        copy->funcformat = COERCE_EXPLICIT_CALL;
    }
    return reinterpret_cast<Node*>(copy);
}

Node* resolve(Node* node, void* context) {
    const Place& place = *static_cast<Place*>(context);
    if (node == nullptr || *place.left <= 0) return nullptr;
    --*place.left;
    check_stack_depth();
    switch (nodeTag(node)) {
        case T_Var:
            return resolve_column(place, reinterpret_cast<const Var*>(node));
        case T_Const:
            return placeholder(reinterpret_cast<const Const*>(node)->consttype);
        case T_Param: {
            const auto* const param = reinterpret_cast<const Param*>(node);
            if (param->paramkind == PARAM_EXEC && param->paramid >= 0 && param->paramid < PlanNames::most_parameters &&
                place.names->parameters[param->paramid] != nullptr)
                return static_cast<Node*>(copyObjectImpl(place.names->parameters[param->paramid]));
            return placeholder(param->paramtype);
        }
        case T_SubPlan:
        case T_AlternativeSubPlan:
            return placeholder(exprType(node));
        case T_FuncExpr:
            return resolve_function(reinterpret_cast<const FuncExpr*>(node), context);
        case T_Aggref: {
            const auto* const aggregate = reinterpret_cast<const Aggref*>(node);
            if (DO_AGGSPLIT_COMBINE(aggregate->aggsplit) && aggregate->args != NIL) {
                // Its argument is the partial aggregate below.
                Node* const partial = resolve(
                    reinterpret_cast<Node*>(static_cast<TargetEntry*>(linitial(aggregate->args))->expr), context);
                if (partial == nullptr || !IsA(partial, Aggref)) return placeholder(aggregate->aggtype);
                reinterpret_cast<Aggref*>(partial)->aggtype = aggregate->aggtype;
                return partial;
            }
            auto* const copy = reinterpret_cast<Aggref*>(mutate_expression(node, resolve, context));
            copy->aggsplit = AGGSPLIT_SIMPLE;
            copy->aggno = copy->aggtransno = -1;
            return reinterpret_cast<Node*>(copy);
        }
        case T_ArrayExpr: {
            Node* const array = mutate_expression(node, resolve, context);
            ListCell* cell;
            foreach (cell, reinterpret_cast<ArrayExpr*>(array)->elements)
                if (!is_placeholder(static_cast<Node*>(lfirst(cell)))) return array;
            return placeholder(reinterpret_cast<ArrayExpr*>(array)->array_typeid);
        }
        default:
            return mutate_expression(node, resolve, context);
    }
}

// The same with the relation's oid for its number in this plan.
Node* with_relation(Node* node, void* context) {
    if (node == nullptr) return nullptr;
    if (!IsA(node, Var)) return mutate_expression(node, with_relation, context);
    const auto* const names = static_cast<const PlanNames*>(context);
    auto* const var = static_cast<Var*>(copyObjectImpl(node));
    const Index table = static_cast<Index>(var->varno);
    if (const Oid relation = names->relation_of(table); OidIsValid(relation)) {
        var->varno = static_cast<decltype(var->varno)>(relation);
        return reinterpret_cast<Node*>(var);
    }
    // Of a function, CTE or the like: by what it is called.
    const RangeTblEntry* const entry = rt_fetch(table, names->statement->rtable);
    const char* const alias = entry->eref != nullptr ? entry->eref->aliasname : "";
    var->varno = static_cast<decltype(var->varno)>(perfkit::workload::fingerprint(alias) & 0x3FFF'FFFFu);
    return reinterpret_cast<Node*>(var);
}

std::uint64_t fingerprint_of(const PlanNames& names, Node* expression) {
    Node* const canonical = with_relation(expression, const_cast<PlanNames*>(&names));
    const char* const text = nodeToString(canonical);
    return perfkit::workload::fingerprint({text, std::strlen(text)});
}

const Node* without_relabel(const Node* node) {
    while (node != nullptr && IsA(node, RelabelType))
        node = reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg);
    return node;
}

const Var* column_of(const Node* node) {
    node = without_relabel(node);
    return node != nullptr && IsA(node, Var) ? reinterpret_cast<const Var*>(node) : nullptr;
}

// Columns by the ages of their tables, which a reader finds less surprising than chance.
bool comes_first(const PlanNames& names, Node* a, Node* b) {
    const Var *const one = column_of(a), *const other = column_of(b);
    if (one == nullptr || other == nullptr) return fingerprint_of(names, a) < fingerprint_of(names, b);
    const Oid first = names.relation_of(static_cast<Index>(one->varno));
    const Oid second = names.relation_of(static_cast<Index>(other->varno));
    if (first != second) return first < second;
    return one->varattno != other->varattno ? one->varattno < other->varattno
                                            : fingerprint_of(names, a) < fingerprint_of(names, b);
}

struct Parts {
    const PlanNames* names;
    PredicateParts* parts;
    Oid relation;
    bool several;
};

bool find_parts(Node* node, void* context) {
    if (node == nullptr) return false;
    Parts& found = *static_cast<Parts*>(context);
    switch (nodeTag(node)) {
        case T_Var: {
            const auto* const var = reinterpret_cast<const Var*>(node);
            const Oid relation = found.names->relation_of(static_cast<Index>(var->varno));
            if (OidIsValid(relation)) found.parts->add_column(relation, var->varattno);
            if (!OidIsValid(relation) || (OidIsValid(found.relation) && found.relation != relation))
                found.several = true;
            found.relation = relation;
            return false;
        }
        case T_OpExpr:
        case T_DistinctExpr:
        case T_NullIfExpr:
            found.parts->add_operator(reinterpret_cast<const OpExpr*>(node)->opno);
            break;
        case T_ScalarArrayOpExpr:
            found.parts->add_operator(reinterpret_cast<const ScalarArrayOpExpr*>(node)->opno);
            break;
        case T_RowCompareExpr: {
            ListCell* cell;
            foreach (cell, reinterpret_cast<const RowCompareExpr*>(node)->opnos)
                found.parts->add_operator(lfirst_oid(cell));
            break;
        }
        default:
            break;
    }
    return walk_expression(node, find_parts, context);
}

// Of the comparison of a column with a value, which may be on either side.
PredicateParts::Clause comparison(const List* sides, Oid operator_oid) {
    if (list_length(sides) != 2) return {};
    const auto *left = without_relabel(static_cast<const Node*>(linitial(sides))),
               *right = without_relabel(static_cast<const Node*>(lsecond(sides)));
    if (is_placeholder(left)) std::swap(left, right);
    const Var* const column = column_of(left);
    return column == nullptr || !is_placeholder(right) ? PredicateParts::Clause{}
                                                       : PredicateParts::Clause{column->varattno, operator_oid};
}

// As far as the planner's statistics of columns tell of it.  Its columns are of one table.
PredicateParts::Clause clause_of(const Node* expression, bool is_key) {
    PredicateParts::Clause result{};
    switch (is_key ? T_Var : nodeTag(expression)) {
        case T_Var:
            if (const Var* const column = column_of(expression); column != nullptr)
                result = {column->varattno, is_key ? InvalidOid : BooleanEqualOperator};
            break;
        case T_BoolExpr: {
            const auto* const inverse = reinterpret_cast<const BoolExpr*>(expression);
            const auto* const argument = static_cast<const Node*>(linitial(inverse->args));
            if (inverse->boolop == NOT_EXPR && IsA(argument, Var)) result = clause_of(argument, false);
            break;
        }
        case T_OpExpr: {
            const auto* const compares = reinterpret_cast<const OpExpr*>(expression);
            result = comparison(compares->args, compares->opno);
            break;
        }
        case T_ScalarArrayOpExpr: {
            const auto* const compares = reinterpret_cast<const ScalarArrayOpExpr*>(expression);
            if (compares->useOr) result = comparison(compares->args, compares->opno);
            break;
        }
        case T_NullTest: {
            const auto* const test = reinterpret_cast<const NullTest*>(expression);
            const Var* const column = column_of(reinterpret_cast<const Node*>(test->arg));
            if (column != nullptr && !test->argisrow) result = {column->varattno, InvalidOid};
            break;
        }
        default:
            break;
    }
    return result.column > 0 ? result : PredicateParts::Clause{};
}

Node* resolved_within(int nodes, const PlanNames& names, const Plan* plan, const void* expressions) {
    int left = nodes;
    Place place{&names, plan, &left};
    Node* const result = resolve(static_cast<Node*>(const_cast<void*>(expressions)), &place);
    return left > 0 ? result : nullptr;
}

}  // namespace

Index PlanNames::root_of(Index table) const {
    while (table >= 1 && table <= static_cast<Index>(tables) && parents[table] != nullptr)
        table = parents[table]->parent_relid;
    return table;
}

Oid PlanNames::relation_of(Index table) const {
    if (table < 1 || table > static_cast<Index>(tables)) return InvalidOid;
    const RangeTblEntry* const entry = rt_fetch(root_of(table), statement->rtable);
    return entry->rtekind == RTE_RELATION ? entry->relid : InvalidOid;
}

void prepare(PlanNames& names, const PlannedStmt* statement) {
    names.statement = statement;
    names.tables = list_length(statement->rtable);
    names.parents = static_cast<AppendRelInfo**>(palloc0(sizeof(AppendRelInfo*) * (names.tables + 1u)));
    const auto is_table = [&names](Index table) { return table >= 1 && table <= static_cast<Index>(names.tables); };
    ListCell* cell;
    foreach (cell, statement->appendRelations) {
        auto* const append = lfirst_node(AppendRelInfo, cell);
        // Of a UNION ALL the branches are tables in their own right.
        if (is_table(append->child_relid) && is_table(append->parent_relid) &&
            rt_fetch(append->parent_relid, statement->rtable)->rtekind == RTE_RELATION)
            names.parents[append->child_relid] = append;
    }
}

void note_parameter(PlanNames& names, int number, Node* value, const Plan* plan) {
    if (number >= 0 && number < PlanNames::most_parameters)
        names.parameters[number] = resolved_within(most_nodes_of_parameter, names, plan, value);
}

Node* resolved(const PlanNames& names, const Plan* plan, const void* expressions) {
    return resolved_within(most_nodes, names, plan, expressions);
}

void order_sides(const PlanNames& names, List* clauses) {
    ListCell* cell;
    foreach (cell, clauses) {
        auto* const clause = static_cast<OpExpr*>(lfirst(cell));
        if (!IsA(clause, OpExpr) || list_length(clause->args) != 2) continue;
        auto *const a = static_cast<Node*>(linitial(clause->args)), *const b =
                                                                        static_cast<Node*>(lsecond(clause->args));
        // Of one type, an equality is its own commutator.
        if (exprType(a) == exprType(b) && comes_first(names, b, a)) clause->args = list_make2(b, a);
    }
}

void describe(const PlanNames& names, Observation& observation, bool of_one_table, Oid relation) {
    Parts found{&names, &observation.parts, InvalidOid, false};
    std::uint64_t hash = 0;
    const bool in_order = observation.sort_operators != nullptr;
    int i = 0;
    ListCell* cell;
    foreach (cell, observation.expressions) {
        auto* const expression = static_cast<Node*>(lfirst(cell));
        find_parts(expression, &found);
        std::uint64_t one = fingerprint_of(names, expression);
        if (in_order) {
            one += observation.sort_operators[i] * 2ull + (observation.nulls_first[i] ? 1 : 0);
            observation.parts.add_operator(observation.sort_operators[i]);
            ++i;
        }
        hash = hash == 0 ? one : perfkit::workload::combined(hash, one, in_order);
    }
    observation.key.hash = hash;
    observation.key.relation = of_one_table ? relation : found.several ? InvalidOid : found.relation;
    const PredicateKind kind = observation.key.kind;
    if (found.several || kind == PredicateKind::sort || kind == PredicateKind::join) return;
    foreach (cell, observation.expressions)
        observation.parts.add_clause(clause_of(static_cast<const Node*>(lfirst(cell)), kind == PredicateKind::group));
}

}  // namespace perfkit::pg::workload

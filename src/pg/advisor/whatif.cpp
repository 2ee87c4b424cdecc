#include "perfkit/pg/advisor/whatif.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "perfkit/core/advisor/size.hpp"
#include "perfkit/pg/compat_planner.hpp"

extern "C" {
#include "access/amapi.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/index.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_inherits.h"
#include "commands/defrem.h"
#include "commands/explain.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "optimizer/prep.h"
#include "rewrite/rewriteManip.h"
#include "utils/index_selfuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

using advisor::IndexKey;
using advisor::IndexSpec;
using advisor::Method;
using advisor::Predicate;
using advisor::Test;

namespace {

const WhatIf* active;
get_relation_info_hook_type next_get_relation_info;
explain_get_index_name_hook_type next_explain_get_index_name;
get_index_stats_hook_type next_get_index_stats;

template <typename T>
T* allocate(int count) {
    return static_cast<T*>(palloc0(sizeof(T) * static_cast<Size>(std::max(count, 1))));
}

// A column of the table that the index was thought up for, in this table, its partition perhaps.
AttrNumber column_here(const IndexSpec& spec, int column, Oid table) {
    if (table == spec.table) return static_cast<AttrNumber>(column);
    const char* const name = get_attname(spec.table, static_cast<AttrNumber>(column), true);
    return name ? get_attnum(table, name) : InvalidAttrNumber;
}

Var* variable(Relation relation, Index rti, AttrNumber column) {
    const FormData_pg_attribute* const attribute = TupleDescAttr(RelationGetDescr(relation), column - 1);
    return makeVar(static_cast<int>(rti), column, attribute->atttypid, attribute->atttypmod, attribute->attcollation,
                   0);
}

List* predicate_of(const Predicate& predicate, const IndexSpec& spec, Relation relation, Index rti) {
    Var* const var = variable(relation, rti, column_here(spec, predicate.column, RelationGetRelid(relation)));
    if (predicate.test == Test::is_true) return list_make1(var);
    if (predicate.test == Test::is_false) return list_make1(makeBoolExpr(NOT_EXPR, list_make1(var), -1));
    NullTest* const test = makeNode(NullTest);
    test->arg = reinterpret_cast<Expr*>(var);
    test->nulltesttype = predicate.test == Test::is_null ? IS_NULL : IS_NOT_NULL;
    test->location = -1;
    return list_make1(test);
}

// Stored nodes, which speak of the index's table as number 1, for this table, its partition perhaps.
Node* nodes_here(const std::string& nodes, const IndexSpec& spec, Relation relation, Index rti) {
    auto* node = static_cast<Node*>(stringToNode(nodes.c_str()));
    if (RelationGetRelid(relation) != spec.table) {
        Relation const parent = table_open(spec.table, AccessShareLock);
        AttrMap* const map = columns_of_partition(RelationGetDescr(relation), RelationGetDescr(parent));
        bool whole_row;
        node = map_variable_attnos(node, 1, 0, map, InvalidOid, &whole_row);
        table_close(parent, NoLock);
    }
    node = eval_const_expressions(nullptr, node);
    ChangeVarNodes(node, 1, static_cast<int>(rti), 0);
    return node;
}

List* condition_of(const Hypothetical& index, Relation relation, Index rti) {
    Node* const node = nodes_here(index.condition, index.spec, relation, rti);
    auto* const qual = canonicalize_qual(reinterpret_cast<Expr*>(node), false);
    return make_ands_implicit(qual);
}

// As brincostestimate(), which takes every hypothetical index to have the default of 128 pages to a range: as many
// ranges have a table of another size, and what the pages of a range cost is put right afterwards.
void estimate_brin(PlannerInfo* root, IndexPath* path, double loops, Cost* startup, Cost* total,
                   Selectivity* selectivity, double* correlation, double* pages) {
    RelOptInfo* const rel = path->indexinfo->rel;
    const BlockNumber heap = rel->pages;
    const Hypothetical* const index = active ? active->find(path->indexinfo->indexoid) : nullptr;
    const double range =
        index && index->spec.pages_per_range > 0 ? index->spec.pages_per_range : advisor::default_pages_per_range;
    const double ranges = std::max(1.0, std::ceil(heap / range));
    rel->pages = static_cast<BlockNumber>(
        std::min(ranges * advisor::default_pages_per_range, static_cast<double>(MaxBlockNumber)));
    brincostestimate(root, path, loops, startup, total, selectivity, correlation, pages);
    rel->pages = heap;
    *total -= 0.1 * cpu_operator_cost * *selectivity * ranges * (advisor::default_pages_per_range - range);
}

// What get_relation_info makes of a real index.
IndexOptInfo* describe(const Hypothetical& index, Relation relation, RelOptInfo* rel) {
    const IndexAmRoutine* const am = GetIndexAmRoutineByAmId(index.method, false);
    const int keys = static_cast<int>(index.spec.keys.size());
    const int columns = keys + static_cast<int>(index.spec.include.size());
    IndexOptInfo* const info = makeNode(IndexOptInfo);
    info->indexoid = index.id;
    info->rel = rel;
    info->ncolumns = columns;
    info->nkeycolumns = keys;
    info->indexkeys = allocate<int>(columns);
    info->indexcollations = allocate<Oid>(keys);
    info->opfamily = allocate<Oid>(keys);
    info->opcintype = allocate<Oid>(keys);
    info->canreturn = allocate<bool>(columns);
    info->opclassoptions = allocate<bytea*>(keys);
    for (int i = 0; i < columns; ++i) {
        if (i < keys && !index.expressions.empty() && !index.expressions[i].empty()) {
            Node* const node = nodes_here(index.expressions[i], index.spec, relation, rel->relid);
            fix_opfuncids(node);
            info->indexprs = lappend(info->indexprs, node);
            info->canreturn[i] = index.spec.method == Method::btree;
            info->indextlist =
                lappend(info->indextlist,
                        makeTargetEntry(reinterpret_cast<Expr*>(node), static_cast<AttrNumber>(i + 1), nullptr, false));
            continue;
        }
        const int column = i < keys ? index.spec.keys[i].column : index.spec.include[i - keys];
        const AttrNumber here = column_here(index.spec, column, RelationGetRelid(relation));
        if (here == InvalidAttrNumber) return nullptr;
        info->indexkeys[i] = here;
        info->canreturn[i] = index.spec.method == Method::btree;
        Var* const var = variable(relation, rel->relid, here);
        info->indextlist = lappend(info->indextlist, makeTargetEntry(reinterpret_cast<Expr*>(var),
                                                                     static_cast<AttrNumber>(i + 1), nullptr, false));
    }
    for (int i = 0; i < keys; ++i) {
        info->opfamily[i] = index.keys[i].family;
        info->opcintype[i] = index.keys[i].input_type;
        info->indexcollations[i] = index.keys[i].collation;
    }
    if (index.spec.method == Method::btree) {
        info->sortopfamily = info->opfamily;
        info->reverse_sort = allocate<bool>(keys);
        info->nulls_first = allocate<bool>(keys);
        for (int i = 0; i < keys; ++i) {
            info->reverse_sort[i] = index.spec.keys[i].descending;
            info->nulls_first[i] = index.spec.keys[i].nulls_first;
        }
    }
    if (index.spec.predicate && index.condition.empty())
        info->indpred = predicate_of(*index.spec.predicate, index.spec, relation, rel->relid);
    if (!index.condition.empty()) info->indpred = condition_of(index, relation, rel->relid);
    // Of no row, so that it serves no query.
    if (index.only_statistics) info->indpred = list_make1(makeBoolConst(false, false));
    info->unique = index.unique;
    info->relam = index.method;
    info->amcanorderbyop = am->amcanorderbyop;
    info->amoptionalkey = am->amoptionalkey;
    info->amsearcharray = am->amsearcharray;
    info->amsearchnulls = am->amsearchnulls;
    info->amcanparallel = am->amcanparallel;
    info->amhasgettuple = am->amgettuple != nullptr;
    info->amhasgetbitmap = am->amgetbitmap != nullptr && bitmap_scannable(relation);
    info->amcanmarkpos = am->ammarkpos != nullptr && am->amrestrpos != nullptr;
    set_cost_function(info, index.spec.method == Method::brin ? estimate_brin : am->amcostestimate);
    info->immediate = true;
    info->hypothetical = true;
    // A partition gets its share of what the whole table's index would take.
    const double share = index.table_rows > 0 ? std::min(1.0, rel->tuples / index.table_rows) : 1;
    info->tuples = index.size.entries > 0 ? std::ceil(index.size.entries * share) : rel->tuples;
    info->pages = static_cast<BlockNumber>(std::max(1.0, std::ceil(index.size.pages * share)));
    info->tree_height = index.size.height;
    return info;
}

// Whether the index would exist on this table: on itself, or on what it is a partition of.
bool is_on(const Hypothetical& index, Oid table, List*& ancestors, bool& looked) {
    if (index.spec.table == table) return true;
    if (!looked) {
        looked = true;
        if (get_rel_relispartition(table)) ancestors = get_partition_ancestors(table);
    }
    return list_member_oid(ancestors, index.spec.table);
}

void edit_indexes(Oid table, RelOptInfo* rel) {
    List* kept = NIL;
    ListCell* cell;
    foreach (cell, rel->indexlist) {
        auto* const info = static_cast<IndexOptInfo*>(lfirst(cell));
        if (!active->hides(info->indexoid)) kept = lappend(kept, info);
    }
    List* ancestors = NIL;
    bool looked = false;
    Relation relation = nullptr;
    for (const Hypothetical* index : active->added()) {
        if (!is_on(*index, table, ancestors, looked)) continue;
        // The planner holds a lock already.
        if (!relation) relation = table_open(table, NoLock);
        // At the end: where costs are equal, the planner keeps to what exists.
        if (IndexOptInfo* const info = describe(*index, relation, rel)) kept = lappend(kept, info);
    }
    if (relation) table_close(relation, NoLock);
    rel->indexlist = kept;
}

// Forwards, and adds palloc'd nodes only: nothing here owns what an error could leak.
void on_get_relation_info(PlannerInfo* root, Oid table, bool inheritance_parent, RelOptInfo* rel) {
    if (next_get_relation_info) next_get_relation_info(root, table, inheritance_parent, rel);
    if (!active) return;
    if (!active->foreign_tables_allowed() && get_rel_relkind(table) == RELKIND_FOREIGN_TABLE)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("it reads a foreign table, and planning it could call another server")));
    if (!inheritance_parent) edit_indexes(table, rel);
}

void keep(HeapTuple) {}

bool on_get_index_stats(PlannerInfo* root, Oid id, AttrNumber key, VariableStatData* variable) {
    const Hypothetical* const index = active ? active->find(id) : nullptr;
    if (index && key > 0 && static_cast<std::size_t>(key) <= index->statistics.size() && index->statistics[key - 1]) {
        variable->statsTuple = index->statistics[key - 1];
        variable->freefunc = keep;
        // Who asks for advice may read the table; and only functions written in C are applied.
        variable->acl_ok = true;
        return true;
    }
    return next_get_index_stats ? next_get_index_stats(root, id, key, variable) : false;
}

const char* on_explain_get_index_name(Oid id) {
    if (const Hypothetical* const index = active ? active->find(id) : nullptr) return index->name.c_str();
    return next_explain_get_index_name ? next_explain_get_index_name(id) : nullptr;
}

void visit_plan(const Plan* plan, void (*visit)(void*, Oid), void* context);

void visit_plans(const List* plans, void (*visit)(void*, Oid), void* context) {
    const ListCell* cell;
    foreach (cell, plans) visit_plan(static_cast<const Plan*>(lfirst(cell)), visit, context);
}

void visit_plan(const Plan* plan, void (*visit)(void*, Oid), void* context) {
    if (plan == nullptr) return;
    check_stack_depth();
    switch (nodeTag(plan)) {
        case T_IndexScan:
            visit(context, reinterpret_cast<const IndexScan*>(plan)->indexid);
            break;
        case T_IndexOnlyScan:
            visit(context, reinterpret_cast<const IndexOnlyScan*>(plan)->indexid);
            break;
        case T_BitmapIndexScan:
            visit(context, reinterpret_cast<const BitmapIndexScan*>(plan)->indexid);
            break;
        case T_BitmapAnd:
            visit_plans(reinterpret_cast<const BitmapAnd*>(plan)->bitmapplans, visit, context);
            break;
        case T_BitmapOr:
            visit_plans(reinterpret_cast<const BitmapOr*>(plan)->bitmapplans, visit, context);
            break;
        case T_Append:
            visit_plans(reinterpret_cast<const Append*>(plan)->appendplans, visit, context);
            break;
        case T_MergeAppend:
            visit_plans(reinterpret_cast<const MergeAppend*>(plan)->mergeplans, visit, context);
            break;
        case T_SubqueryScan:
            visit_plan(reinterpret_cast<const SubqueryScan*>(plan)->subplan, visit, context);
            break;
        case T_CustomScan:
            visit_plans(reinterpret_cast<const CustomScan*>(plan)->custom_plans, visit, context);
            break;
        default:
            break;
    }
    visit_plan(plan->lefttree, visit, context);
    visit_plan(plan->righttree, visit, context);
}

Oid method_oid(Method method) {
    switch (method) {
        case Method::btree:
            return BTREE_AM_OID;
        case Method::hash:
            return HASH_AM_OID;
        case Method::gin:
            return GIN_AM_OID;
        case Method::brin:
            return BRIN_AM_OID;
    }
    return InvalidOid;
}

// False where the column is not there.
bool find_type(Oid table, int column, Oid* type, Oid* collation) {
    int32 typmod;
    HeapTuple const tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(static_cast<int16>(column)));
    if (!HeapTupleIsValid(tuple)) return false;
    ReleaseSysCache(tuple);
    get_atttypetypmodcoll(table, static_cast<AttrNumber>(column), type, &typmod, collation);
    return true;
}

// False where there is no operator class for the type.
bool complete_key(Oid type, Oid method, Hypothetical::Key* result) {
    if (!OidIsValid(result->opclass)) result->opclass = GetDefaultOpClass(type, method);
    if (!OidIsValid(result->opclass)) return false;
    return get_opclass_opfamily_and_input_type(result->opclass, &result->family, &result->input_type);
}

}  // namespace

std::optional<Hypothetical> make_hypothetical(const IndexSpec& spec, const advisor::TableFacts& table,
                                              const Expressions& expressions) {
    Hypothetical index;
    index.spec = spec;
    index.method = method_oid(spec.method);
    index.size = advisor::size_of(spec, table);
    index.table_rows = table.rows;
    if (spec.predicate && spec.predicate->column < 0) index.condition = expressions.at(spec.predicate->column).nodes;
    for (const IndexKey& key : spec.keys) {
        Hypothetical::Key completed{key.opclass, InvalidOid, InvalidOid, InvalidOid};
        Oid type = InvalidOid;
        if (key.column < 0) {
            const Expression& expression = expressions.at(key.column);
            index.expressions.push_back(expression.nodes);
            index.statistics.push_back(expression.statistics);
            type = expression.type;
            completed.collation = expression.collation;
        } else {
            index.expressions.emplace_back();
            index.statistics.push_back(nullptr);
            if (!call([&] { return find_type(spec.table, key.column, &type, &completed.collation); }))
                return std::nullopt;
        }
        if (!call([&] { return complete_key(type, index.method, &completed); })) return std::nullopt;
        index.keys.push_back(completed);
    }
    return index;
}

Hypothetical make_statistics_carrier(const Expression& expression) {
    Hypothetical index;
    index.spec = {expression.table, Method::btree, {{-1}}, {}, {}};
    index.method = BTREE_AM_OID;
    index.expressions = {expression.nodes};
    index.statistics = {expression.statistics};
    index.only_statistics = true;
    Hypothetical::Key key{InvalidOid, InvalidOid, InvalidOid, expression.collation};
    call([&] { complete_key(expression.type, BTREE_AM_OID, &key); });
    index.keys.push_back(key);
    return index;
}

Oid unused_relation_id(Oid from) {
    while (call([from] { return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(from)); })) --from;
    return from;
}

bool WhatIf::hides(Oid index) const { return std::find(hidden_.begin(), hidden_.end(), index) != hidden_.end(); }

const Hypothetical* WhatIf::find(Oid id) const {
    const auto found =
        std::find_if(added_.begin(), added_.end(), [id](const Hypothetical* index) { return index->id == id; });
    return found == added_.end() ? nullptr : *found;
}

WhatIf::Scope::Scope(const WhatIf& what_if) noexcept : outer_(active) { active = &what_if; }

WhatIf::Scope::~Scope() { active = outer_; }

void visit_indexes(const PlannedStmt* plan, void (*visit)(void*, Oid), void* context) {
    visit_plan(plan->planTree, visit, context);
    visit_plans(plan->subplans, visit, context);
}

void init_whatif() {
    next_get_relation_info = get_relation_info_hook;
    get_relation_info_hook = on_get_relation_info;
    next_explain_get_index_name = explain_get_index_name_hook;
    explain_get_index_name_hook = on_explain_get_index_name;
    next_get_index_stats = get_index_stats_hook;
    get_index_stats_hook = on_get_index_stats;
}

}  // namespace perfkit::pg

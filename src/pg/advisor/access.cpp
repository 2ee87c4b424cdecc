// Tells the core what the planner knows of each table that it plans to read.
//
// The hook is called once per table of the query, when its restrictions, the joins, the equivalence
// classes and the wanted orders are known, and before paths are chosen among.

#include <algorithm>

#include "perfkit/pg/advisor/planning.hpp"
#include "perfkit/pg/compat_planner.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/catalog.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "parser/parse_coerce.h"
#include "parser/parsetree.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
}

namespace perfkit::pg {

using advisor::Access;
using advisor::Clause;
using advisor::ClauseKind;
using advisor::IndexKey;
using advisor::JoinClause;
using advisor::Test;

namespace {

Collector* collecting;
set_rel_pathlist_hook_type next_set_rel_pathlist;

Node* bare(Node* node) {
    while (node && IsA(node, RelabelType)) node = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
    return node;
}

// The user column of this table that an expression is; 0: it is something else.
int column_of(Node* node, Index rti) {
    node = bare(node);
    if (node == nullptr || !IsA(node, Var)) return 0;
    const Var* const var = castNode(Var, node);
    return var->varno == static_cast<int>(rti) && var->varlevelsup == 0 && var->varattno > 0 ? var->varattno : 0;
}

Oid type_of(Node* node) { return exprType(bare(node)); }

// Whether a constant is one of the statement's own, not the value of a parameter, with which a generic plan could not
// do anything, nor computed, perhaps from one.
bool is_literal(const Const* constant, const Statement& statement) {
    if (statement.parameter_values.empty()) return true;
    const std::string& text = statement.text;
    const int place = constant->location;
    if (place < 0 || place + 1 >= static_cast<int>(text.size())) return false;
    return !(text[place] == '$' && text[place + 1] >= '0' && text[place + 1] <= '9');
}

struct Looked {
    int rti;
    const Statement* statement;
};

// Whether something in an expression keeps it from being an index's.
bool unfit(Node* node, void* context) {
    if (node == nullptr) return false;
    const auto* const looked = static_cast<const Looked*>(context);
    switch (nodeTag(node)) {
        case T_Var: {
            const Var* const var = castNode(Var, node);
            return var->varno != looked->rti || var->varlevelsup != 0 || var->varattno <= 0;
        }
        case T_Const:
            return !is_literal(castNode(Const, node), *looked->statement);
        case T_RelabelType: {
            // What COLLATE leaves behind, and what cannot be told apart from the type's collation in SQL.
            auto* const argument = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
            const Oid collation = exprCollation(argument);
            return (OidIsValid(collation) && collation != exprCollation(node)) || walk_expression(node, unfit, context);
        }
        case T_Param:
        case T_SubLink:
        case T_SubPlan:
        case T_AlternativeSubPlan:
        case T_Aggref:
        case T_GroupingFunc:
        case T_WindowFunc:
        case T_PlaceHolderVar:
        case T_CurrentOfExpr:
        case T_SetToDefault:
        case T_NextValueExpr:
            return true;
        default:
            return walk_expression(node, unfit, context);
    }
}

// An expression over this table alone, of which an index can have the values.
bool indexable(Node* node, Index rti, const Statement* statement) {
    Looked looked{static_cast<int>(rti), statement};
    return !unfit(node, &looked) && contain_var_clause(node) && !contain_mutable_functions(node);
}

// The B-tree strategy of an operator on values of a type with its default operator class; 0: none.
int btree_strategy(Oid op, Oid type) {
    const TypeCacheEntry* const entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
    return OidIsValid(entry->btree_opf) ? get_op_opfamily_strategy(op, entry->btree_opf) : 0;
}

struct FoundOpclass {
    Oid id;
    bool is_default;
};

constexpr int most_opclasses = 8;
constexpr double most_kinds = 32;  // of rows, by the value of a column

// GIN operator classes for a type that answer an operator; the specialised ones, which make the
// smaller index, before the default.
int gin_opclasses(Oid op, Oid type, FoundOpclass* found) {
    int count = 0;
    CatCList* const list = SearchSysCacheList1(CLAAMNAMENSP, ObjectIdGetDatum(GIN_AM_OID));
    for (int i = 0; i < list->n_members && count < most_opclasses; ++i) {
        const auto* const opclass = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(&list->members[i]->tuple));
        if (!IsBinaryCoercible(type, opclass->opcintype)) continue;
        if (get_op_opfamily_strategy(op, opclass->opcfamily) == 0) continue;
        found[count++] = {opclass->oid, opclass->opcdefault};
    }
    ReleaseSysCacheList(list);
    return count;
}

class Reader {
public:
    Reader(PlannerInfo* root, RelOptInfo* rel, Index rti) : root_(root), rel_(rel), rti_(rti) {}

    Access read(Oid table) {
        Access access;
        access.table = table;
        access.table_rows = rel_->tuples;
        access.rows = rel_->rows;
        const ListCell* cell;
        foreach (cell, rel_->baserestrictinfo) {
            const auto* const info = static_cast<const RestrictInfo*>(lfirst(cell));
            if (info->orclause) {
                add_arms(info->orclause, access);
            } else {
                const std::size_t known = access.clauses.size();
                add_clause(reinterpret_cast<Node*>(info->clause), access.clauses, selectivity(info));
                if (access.clauses.size() == known) ++access.opaque;
                if (access.clauses.size() > known) add_condition(info, access);
            }
        }
        foreach (cell, rel_->joininfo)
            add_join(reinterpret_cast<Node*>(static_cast<const RestrictInfo*>(lfirst(cell))->clause), access);
        foreach (cell, root_->eq_classes) add_equivalence(static_cast<const EquivalenceClass*>(lfirst(cell)), access);
        for (const List* keys : {root_->query_pathkeys, root_->sort_pathkeys, root_->group_pathkeys,
                                 root_->distinct_pathkeys, root_->window_pathkeys})
            add_order(keys, access);
        read_columns(access);
        return access;
    }

private:
    double selectivity(const RestrictInfo* info) const {
        return info->norm_selec >= 0 && info->norm_selec <= 1 ? info->norm_selec : 1;
    }

    bool constant(Node* node) const {
        return !bms_is_member(static_cast<int>(rti_), call([&] { return pull_varnos(root_, node); })) &&
               !call([&] { return contain_volatile_functions(node); });
    }

    void add(std::vector<Clause>& clauses, int column, ClauseKind kind, double share, Test test = Test::is_null) const {
        clauses.push_back({column, kind, test, {}, share});
    }

    // The column, or the expression of one or more, that is compared with a value; 0: it is neither.
    int key_of(Node* node) const {
        if (const int column = column_of(node, rti_)) return column;
        Node* const expression = bare(node);
        if (!expression || !collecting->expressions || IsA(expression, Var)) return 0;
        if (!call([&] { return indexable(expression, rti_, collecting->statement); })) return 0;
        return collecting->expressions->number_of(planner_rt_fetch(rti_, root_)->relid, expression, rti_);
    }

    // One condition that must hold, as a clause where an index could answer it.
    void add_clause(Node* node, std::vector<Clause>& clauses, double share) const {
        switch (nodeTag(node)) {
            case T_OpExpr:
                add_operator(castNode(OpExpr, node), clauses, share);
                break;
            case T_ScalarArrayOpExpr: {
                const auto* const list = castNode(ScalarArrayOpExpr, node);
                auto* const left = static_cast<Node*>(linitial(list->args));
                if (!list->useOr || !constant(static_cast<Node*>(lsecond(list->args))) ||
                    !collates(left, list->inputcollid) ||
                    call([&] { return btree_strategy(list->opno, type_of(left)); }) != BTEqualStrategyNumber)
                    break;
                if (const int column = key_of(left)) add(clauses, column, ClauseKind::in_list, share);
                break;
            }
            case T_NullTest: {
                const auto* const test = castNode(NullTest, node);
                const int column = column_of(reinterpret_cast<Node*>(test->arg), rti_);
                if (column && !test->argisrow)
                    add(clauses, column, ClauseKind::test, share,
                        test->nulltesttype == IS_NULL ? Test::is_null : Test::is_not_null);
                break;
            }
            case T_Var: {
                const int column = column_of(node, rti_);
                if (column && castNode(Var, node)->vartype == BOOLOID)
                    add(clauses, column, ClauseKind::test, share, Test::is_true);
                break;
            }
            case T_BoolExpr: {
                const auto* const logic = castNode(BoolExpr, node);
                auto* const argument = static_cast<Node*>(linitial(logic->args));
                const int column = logic->boolop == NOT_EXPR ? column_of(argument, rti_) : 0;
                if (column && type_of(argument) == BOOLOID)
                    add(clauses, column, ClauseKind::test, share, Test::is_false);
                break;
            }
            case T_RestrictInfo:
                add_clause(reinterpret_cast<Node*>(castNode(RestrictInfo, node)->clause), clauses, share);
                break;
            default:
                break;
        }
    }

    // What a partial index could have for its condition: that a column of few values is equal to a constant.
    void add_condition(const RestrictInfo* info, Access& access) const {
        const Clause& clause = access.clauses.back();
        if (clause.kind != ClauseKind::equal || clause.column < 0 || !collecting->expressions) return;
        if (clause.selectivity <= 0) return;  // no such rows as far as is known: the index would be empty
        auto* const node = reinterpret_cast<Node*>(info->clause);
        if (!call([&] { return indexable(node, rti_, collecting->statement) && few_values(node); })) return;
        const int number = collecting->expressions->number_of_condition(planner_rt_fetch(rti_, root_)->relid, node,
                                                                        rti_, clause.selectivity);
        if (number) access.conditions.push_back({number, clause.column});
    }

    // Whether the column of a comparison is known to have few values, so that each is of a kind of rows.
    bool few_values(Node* node) const {
        VariableStatData variable;
        bool guessed;
        examine_variable(root_, static_cast<Node*>(linitial(pull_var_clause(node, 0))), 0, &variable);
        const double values = get_variable_numdistinct(&variable, &guessed);
        ReleaseVariableStats(variable);
        return !guessed && values <= most_kinds;
    }

    bool collates(Node* column, Oid collation) const {
        return !OidIsValid(collation) || collation == exprCollation(bare(column));
    }

    void add_operator(const OpExpr* expr, std::vector<Clause>& clauses, double share) const {
        if (list_length(expr->args) != 2) return;
        auto* column_side = static_cast<Node*>(linitial(expr->args));
        auto* value_side = static_cast<Node*>(lsecond(expr->args));
        Oid op = expr->opno;
        if (!constant(value_side)) {
            std::swap(column_side, value_side);
            op = call([&] { return get_commutator(op); });
        }
        if (!OidIsValid(op) || !constant(value_side)) return;
        const Oid type = type_of(column_side);
        const int strategy =
            collates(column_side, expr->inputcollid) ? call([&] { return btree_strategy(op, type); }) : 0;
        const int column = strategy == 0 ? column_of(column_side, rti_) : key_of(column_side);
        if (!column) return;
        if (strategy == BTEqualStrategyNumber) return add(clauses, column, ClauseKind::equal, share);
        if (strategy != 0) return add(clauses, column, ClauseKind::range, share);
        FoundOpclass found[most_opclasses];
        const int count = call([&] { return gin_opclasses(op, type, found); });
        if (count == 0) return;
        Clause clause{column, ClauseKind::contains, Test::is_null, {}, share};
        for (const bool wanted : {false, true})
            for (int i = 0; i < count; ++i)
                if (found[i].is_default == wanted) clause.opclasses.push_back(found[i].id);
        clauses.push_back(std::move(clause));
    }

    void add_arms(const Expr* expr, Access& access) const {
        if (!IsA(expr, BoolExpr)) return;
        const ListCell* cell;
        foreach (cell, reinterpret_cast<const BoolExpr*>(expr)->args) {
            auto* node = static_cast<Node*>(lfirst(cell));
            if (IsA(node, RestrictInfo)) node = reinterpret_cast<Node*>(castNode(RestrictInfo, node)->clause);
            std::vector<Clause> arm;
            if (IsA(node, BoolExpr) && castNode(BoolExpr, node)->boolop == AND_EXPR) {
                const ListCell* inner;
                foreach (inner, castNode(BoolExpr, node)->args) add_clause(static_cast<Node*>(lfirst(inner)), arm, 1);
            } else {
                add_clause(node, arm, 1);
            }
            if (!arm.empty()) access.arms.push_back(std::move(arm));
        }
    }

    // column = something of another table, that is no plain equivalence (of an outer join, say).
    void add_join(Node* node, Access& access) const {
        if (!IsA(node, OpExpr) || list_length(castNode(OpExpr, node)->args) != 2) return;
        const auto* const expr = castNode(OpExpr, node);
        auto* column_side = static_cast<Node*>(linitial(expr->args));
        auto* other_side = static_cast<Node*>(lsecond(expr->args));
        Oid op = expr->opno;
        if (!column_of(column_side, rti_)) {
            std::swap(column_side, other_side);
            op = call([&] { return get_commutator(op); });
        }
        const int column = column_of(column_side, rti_);
        if (!column || !OidIsValid(op) || !constant(other_side) || !collates(column_side, expr->inputcollid)) return;
        if (call([&] { return btree_strategy(op, type_of(column_side)); }) != BTEqualStrategyNumber) return;
        add_partner(access, column, call([&] { return pull_varnos(root_, other_side); }));
    }

    void add_partner(Access& access, int column, Relids partners) const {
        int partner = -1;
        while ((partner = bms_next_member(partners, partner)) >= 0) {
            const JoinClause join{column, partner};
            if (std::find(access.joins.begin(), access.joins.end(), join) == access.joins.end())
                access.joins.push_back(join);
        }
    }

    // The member of an equivalence class that is a column of this table.
    int member_column(const EquivalenceClass* equivalence) const {
        const ListCell* cell;
        foreach (cell, equivalence->ec_members) {
            const auto* const member = static_cast<const EquivalenceMember*>(lfirst(cell));
            if (member->em_is_child || member->em_is_const) continue;
            if (const int column = column_of(reinterpret_cast<Node*>(member->em_expr), rti_)) return column;
        }
        return 0;
    }

    void add_equivalence(const EquivalenceClass* equivalence, Access& access) const {
        if (equivalence->ec_has_volatile || list_length(equivalence->ec_members) < 2) return;
        const int column = member_column(equivalence);
        if (!column) return;
        const ListCell* cell;
        foreach (cell, equivalence->ec_members) {
            const auto* const member = static_cast<const EquivalenceMember*>(lfirst(cell));
            if (!member->em_is_child && !bms_is_member(static_cast<int>(rti_), member->em_relids))
                add_partner(access, column, member->em_relids);
        }
    }

    void add_order(const List* path_keys, Access& access) const {
        std::vector<IndexKey> order;
        const ListCell* cell;
        foreach (cell, path_keys) {
            const auto* const key = static_cast<const PathKey*>(lfirst(cell));
            const int column = member_column(key->pk_eclass);
            if (!column) break;
            order.push_back({column, 0, descends(key), key->pk_nulls_first});
        }
        if (!order.empty() && std::find(access.orders.begin(), access.orders.end(), order) == access.orders.end())
            access.orders.push_back(std::move(order));
    }

    void read_columns(Access& access) const {
        Bitmapset* const columns = call([&] {
            Bitmapset* used = nullptr;
            pull_varattnos(reinterpret_cast<Node*>(rel_->reltarget->exprs), rti_, &used);
            const ListCell* cell;
            foreach (cell, rel_->baserestrictinfo)
                pull_varattnos(reinterpret_cast<Node*>(static_cast<const RestrictInfo*>(lfirst(cell))->clause), rti_,
                               &used);
            return used;
        });
        int member = -1;
        while ((member = bms_next_member(columns, member)) >= 0) {
            const int column = member + FirstLowInvalidHeapAttributeNumber;
            if (column > 0)
                access.needed.push_back(column);
            else
                access.whole_row = true;
        }
    }

    PlannerInfo* const root_;
    RelOptInfo* const rel_;
    const Index rti_;
};

// Whether the table is read only as a part of one that is read as a whole, which is where an index
// would be made.
bool part_of_partitioned(const PlannerInfo* root, const RelOptInfo* rel, Index rti, Oid table) {
    if (rel->reloptkind != RELOPT_OTHER_MEMBER_REL || !get_rel_relispartition(table)) return false;
    const AppendRelInfo* const parent = root->append_rel_array ? root->append_rel_array[rti] : nullptr;
    return parent && OidIsValid(parent->parent_reloid);
}

bool advisable(Oid table) {
    if (table < FirstNormalObjectId) return false;
    const char kind = get_rel_relkind(table);
    if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_PARTITIONED_TABLE) return false;
    return get_rel_persistence(table) != RELPERSISTENCE_TEMP;
}

void on_set_rel_pathlist(PlannerInfo* root, RelOptInfo* rel, Index rti, RangeTblEntry* rte) {
    if (next_set_rel_pathlist) next_set_rel_pathlist(root, rel, rti, rte);
    if (!collecting || rte->rtekind != RTE_RELATION) return;
    const Oid table = rte->relid;
    if (!advisable(table) || part_of_partitioned(root, rel, rti, table)) return;
    // An inheritance parent is read as itself and its children, each of which comes here too.
    if (rte->inh && rte->relkind != RELKIND_PARTITIONED_TABLE) return;
    guarded([=] { collecting->accesses.push_back(Reader(root, rel, rti).read(table)); });
}

}  // namespace

CollectorScope::CollectorScope(Collector* collector) noexcept : outer_(collecting) { collecting = collector; }

CollectorScope::~CollectorScope() { collecting = outer_; }

void init_access() {
    next_set_rel_pathlist = set_rel_pathlist_hook;
    set_rel_pathlist_hook = on_set_rel_pathlist;
}

}  // namespace perfkit::pg

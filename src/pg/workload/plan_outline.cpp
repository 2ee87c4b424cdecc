// The shape of a plan in words: kinds of nodes, relations, indexes and their order, and nothing that a constant
// changes. Partitions count as their table: which of them a constant leaves over is no change.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/workload/plan.hpp"
#include "perfkit/pg/compat_planner.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/workload/plans.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_index.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/nodes.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::PlanNode;

namespace {

std::string name_of(Oid relation) {
    const char* const name = call([relation] { return get_rel_name(relation); });
    return name == nullptr ? "?" : name;
}

const char* join_name(JoinType type) {
    switch (type) {
        case JOIN_LEFT:
            return " Left";
        case JOIN_RIGHT:
            return " Right";
        case JOIN_FULL:
            return " Full";
        case JOIN_SEMI:
            return " Semi";
        case JOIN_ANTI:
            return " Anti";
        case JOIN_INNER:
            return "";
        default:
            return " Right Anti";  // and what later versions add
    }
}

const char* aggregate_name(AggStrategy strategy) {
    switch (strategy) {
        case AGG_PLAIN:
            return "Aggregate";
        case AGG_SORTED:
            return "GroupAggregate";
        case AGG_HASHED:
            return "HashAggregate";
        case AGG_MIXED:
            return "MixedAggregate";
    }
    return "Aggregate";
}

const char* command_name(CmdType command) {
    switch (command) {
        case CMD_INSERT:
            return "Insert";
        case CMD_UPDATE:
            return "Update";
        case CMD_DELETE:
            return "Delete";
        default:
            return "Merge";
    }
}

class Outline {
public:
    explicit Outline(const PlannedStmt* statement) : statement_(statement) {
        parents_.resize(static_cast<std::size_t>(list_length(statement->rtable)) + 1);
        ListCell* cell;
        foreach (cell, statement->appendRelations) {
            const auto* const append = lfirst_node(AppendRelInfo, cell);
            if (append->child_relid < parents_.size() && append->parent_relid < parents_.size() &&
                rt_fetch(append->parent_relid, statement->rtable)->rtekind == RTE_RELATION)
                parents_[append->child_relid] = append->parent_relid;
        }
    }

    PlanNode whole() {
        PlanNode root{"", false, {node(statement_->planTree)}};
        if (statement_->subplans == NIL) return std::move(root.children[0]);
        root.label = "Query";
        ListCell* cell;
        foreach (cell, statement_->subplans)
            if (lfirst(cell) != nullptr) root.children.push_back(node(static_cast<Plan*>(lfirst(cell))));
        return root;
    }

private:
    Index root_of(Index relation) const {
        while (relation < parents_.size() && parents_[relation] != 0) relation = parents_[relation];
        return relation;
    }

    // " on t alias", for what is scanned.
    std::string scanned(const Plan* plan) const {
        const Index number = reinterpret_cast<const Scan*>(plan)->scanrelid;
        if (number == 0) return "";  // a foreign or custom scan of a join
        return " on " + relation(number);
    }
    std::string relation(Index number) const {
        const RangeTblEntry* const entry = rt_fetch(root_of(number), statement_->rtable);
        const char* const alias = entry->eref != nullptr ? entry->eref->aliasname : "";
        if (entry->rtekind != RTE_RELATION) return alias;
        std::string name = name_of(entry->relid);
        if (name != alias) name += std::string(" ") + alias;
        return name;
    }

    // By name; of a partition by its columns, as each partition's index has a name of its own.
    std::string index(Oid oid, Index table) const {
        if (root_of(table) == table) return " using " + name_of(oid);
        std::string columns;
        struct {
            std::int16_t column[INDEX_MAX_KEYS];
            int count = 0;
        } found;
        call([oid, &found] {
            const HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(oid));
            if (!HeapTupleIsValid(tuple)) return;
            const auto* const form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
            found.count = form->indnkeyatts;
            for (int i = 0; i < found.count; ++i) found.column[i] = form->indkey.values[i];
            ReleaseSysCache(tuple);
        });
        for (int i = 0; i < found.count; ++i) columns += (i > 0 ? ", " : "") + std::to_string(found.column[i]);
        return " using index of columns (" + columns + ")";
    }

    std::string label(const Plan* plan) const {
        const Index table = reinterpret_cast<const Scan*>(plan)->scanrelid;  // used for scans only
        switch (nodeTag(plan)) {
            case T_Result:
                return "Result";
            case T_ProjectSet:
                return "ProjectSet";
            case T_ModifyTable: {
                const auto* const modify = reinterpret_cast<const ModifyTable*>(plan);
                const Index target = static_cast<Index>(linitial_int(modify->resultRelations));
                return command_name(modify->operation) + std::string(" on ") + relation(target);
            }
            case T_Append:
                return "Append";
            case T_MergeAppend:
                return "Merge Append";
            case T_RecursiveUnion:
                return "Recursive Union";
            case T_BitmapAnd:
                return "BitmapAnd";
            case T_BitmapOr:
                return "BitmapOr";
            case T_SeqScan:
                return "Seq Scan" + scanned(plan);
            case T_SampleScan:
                return "Sample Scan" + scanned(plan);
            case T_IndexScan: {
                const auto* const scan = reinterpret_cast<const IndexScan*>(plan);
                return (scan->indexorderdir < 0 ? "Index Scan Backward" : "Index Scan") + index(scan->indexid, table) +
                       scanned(plan);
            }
            case T_IndexOnlyScan: {
                const auto* const scan = reinterpret_cast<const IndexOnlyScan*>(plan);
                return (scan->indexorderdir < 0 ? "Index Only Scan Backward" : "Index Only Scan") +
                       index(scan->indexid, table) + scanned(plan);
            }
            case T_BitmapIndexScan:
                return "Bitmap Index Scan" + index(reinterpret_cast<const BitmapIndexScan*>(plan)->indexid, table);
            case T_BitmapHeapScan:
                return "Bitmap Heap Scan" + scanned(plan);
            case T_TidScan:
                return "Tid Scan" + scanned(plan);
            case T_TidRangeScan:
                return "Tid Range Scan" + scanned(plan);
            case T_SubqueryScan:
                return "Subquery Scan" + scanned(plan);
            case T_FunctionScan:
                return "Function Scan" + scanned(plan);
            case T_ValuesScan:
                return "Values Scan";
            case T_TableFuncScan:
                return "Table Function Scan" + scanned(plan);
            case T_CteScan:
                return "CTE Scan" + scanned(plan);
            case T_NamedTuplestoreScan:
                return "Named Tuplestore Scan" + scanned(plan);
            case T_WorkTableScan:
                return "WorkTable Scan" + scanned(plan);
            case T_ForeignScan:
                return "Foreign Scan" + scanned(plan);
            case T_CustomScan: {
                const auto* const scan = reinterpret_cast<const CustomScan*>(plan);
                const bool named = scan->methods != nullptr && scan->methods->CustomName != nullptr;
                return std::string("Custom Scan (") + (named ? scan->methods->CustomName : "?") + ")" + scanned(plan);
            }
            case T_NestLoop:
                return std::string("Nested Loop") + join_name(reinterpret_cast<const Join*>(plan)->jointype);
            case T_MergeJoin:
                return std::string("Merge Join") + join_name(reinterpret_cast<const Join*>(plan)->jointype);
            case T_HashJoin:
                return std::string("Hash Join") + join_name(reinterpret_cast<const Join*>(plan)->jointype);
            case T_Material:
                return "Materialize";
            case T_Memoize:
                return "Memoize";
            case T_Sort:
                return "Sort";
            case T_IncrementalSort:
                return "Incremental Sort";
            case T_Group:
                return "Group";
            case T_Agg: {
                const auto* const aggregate = reinterpret_cast<const Agg*>(plan);
                const char* const part = DO_AGGSPLIT_SKIPFINAL(aggregate->aggsplit) ? "Partial "
                                         : DO_AGGSPLIT_COMBINE(aggregate->aggsplit) ? "Finalize "
                                                                                    : "";
                return std::string(part) + aggregate_name(aggregate->aggstrategy);
            }
            case T_WindowAgg:
                return "WindowAgg";
            case T_Unique:
                return "Unique";
            case T_Gather:
                return "Gather";
            case T_GatherMerge:
                return "Gather Merge";
            case T_Hash:
                return "Hash";
            case T_SetOp:
                return reinterpret_cast<const SetOp*>(plan)->strategy == SETOP_HASHED ? "HashSetOp" : "SetOp";
            case T_LockRows:
                return "LockRows";
            case T_Limit:
                return "Limit";
            default:
                return "node " + std::to_string(static_cast<int>(nodeTag(plan)));
        }
    }

    void add(PlanNode& to, const List* plans) {
        ListCell* cell;
        foreach (cell, plans) to.children.push_back(node(static_cast<const Plan*>(lfirst(cell))));
    }

    PlanNode node(const Plan* plan) {
        call([] { check_stack_depth(); });
        PlanNode result{(plan->parallel_aware ? "Parallel " : "") + label(plan), false, {}};
        if (plan->lefttree != nullptr) result.children.push_back(node(plan->lefttree));
        if (plan->righttree != nullptr) result.children.push_back(node(plan->righttree));
        switch (nodeTag(plan)) {
            case T_Append:
                result.append = true;
                add(result, reinterpret_cast<const Append*>(plan)->appendplans);
                break;
            case T_MergeAppend:
                result.append = true;
                add(result, reinterpret_cast<const MergeAppend*>(plan)->mergeplans);
                break;
            case T_BitmapAnd:
                add(result, reinterpret_cast<const BitmapAnd*>(plan)->bitmapplans);
                break;
            case T_BitmapOr:
                add(result, reinterpret_cast<const BitmapOr*>(plan)->bitmapplans);
                break;
            case T_SubqueryScan:
                result.children.push_back(node(reinterpret_cast<const SubqueryScan*>(plan)->subplan));
                break;
            case T_CustomScan:
                add(result, reinterpret_cast<const CustomScan*>(plan)->custom_plans);
                break;
            default:
                break;
        }
        return result;
    }

    const PlannedStmt* const statement_;
    std::vector<Index> parents_;  // by number in the range table; 0: none
};

}  // namespace

std::string outline_of(const PlannedStmt* statement) {
    return perfkit::workload::outline_of(Outline(statement).whole());
}

}  // namespace perfkit::pg::workload

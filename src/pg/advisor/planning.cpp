#include "perfkit/pg/advisor/planning.hpp"

#include <algorithm>
#include <cmath>

#include "perfkit/pg/advisor/isolation.hpp"
#include "perfkit/pg/advisor/settings.hpp"
#include "perfkit/pg/advisor/swept.hpp"
#include "perfkit/pg/compat_planner.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/subtransaction.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

namespace {

constexpr const char* longest_lock_wait = "100ms";

// What passes between C++ and the planning proper, in which an error may jump: plain pointers.
struct Job {
    const Statement* statement;
    PlannedStatement* result;
};

void remember_index(void* context, Oid index) {
    guarded([=] {
        auto& indexes = static_cast<Job*>(context)->result->indexes;
        if (std::find(indexes.begin(), indexes.end(), index) == indexes.end()) indexes.push_back(index);
    });
}

Command command_of(CmdType type) {
    switch (type) {
        case CMD_INSERT:
            return Command::insert;
        case CMD_UPDATE:
            return Command::update;
        case CMD_DELETE:
            return Command::remove;
        case CMD_MERGE:
            return Command::merge;
        default:
            return Command::select;
    }
}

void remember_target(PlannedStatement* result, Oid table, Command command, const List* targets) {
    guarded([=] {
        WriteTarget target{table, command, {}};
        const ListCell* cell;
        foreach (cell, targets) target.columns.push_back(static_cast<const TargetEntry*>(lfirst(cell))->resno);
        result->writes.push_back(std::move(target));
    });
}

// What the query and its WITH queries write.
void remember_writes(PlannedStatement* result, const Query* query) {
    if (query->resultRelation > 0) {
        const RangeTblEntry* const target = rt_fetch(query->resultRelation, query->rtable);
        const Command command = command_of(query->commandType);
        remember_target(result, target->relid, command, command == Command::update ? query->targetList : NIL);
        if (query->onConflict && query->onConflict->action == ONCONFLICT_UPDATE)
            remember_target(result, target->relid, Command::update, query->onConflict->onConflictSet);
        const ListCell* cell;
        foreach (cell, query->mergeActionList) {
            const auto* const action = static_cast<const MergeAction*>(lfirst(cell));
            if (action->commandType == CMD_UPDATE)
                remember_target(result, target->relid, Command::update, action->targetList);
        }
    }
    const ListCell* cell;
    foreach (cell, query->cteList) {
        const Node* const with = static_cast<const CommonTableExpr*>(lfirst(cell))->ctequery;
        if (IsA(with, Query)) remember_writes(result, reinterpret_cast<const Query*>(with));
    }
}

bool has_parameter(Node* node, void* context) {
    if (node == nullptr) return false;
    if (IsA(node, Param)) return true;
    return walk_expression(node, has_parameter, context);
}

// Rows that the plan gives, or writes.
double rows_of(const Plan* plan) {
    return IsA(plan, ModifyTable) && plan->lefttree ? plan->lefttree->plan_rows : plan->plan_rows;
}

RawStmt* parse(const char* text) {
    List* const statements = raw_parser(text, RAW_PARSE_DEFAULT);
    if (list_length(statements) != 1)
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("it is not one statement")));
    auto* const raw = static_cast<RawStmt*>(linitial(statements));
    switch (nodeTag(raw->stmt)) {
        case T_SelectStmt:
        case T_InsertStmt:
        case T_UpdateStmt:
        case T_DeleteStmt:
        case T_MergeStmt:
        case T_CopyStmt:
            return raw;
        default:
            ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("it is a command that has no plan")));
    }
    pg_unreachable();
}

// COPY has no plan, but what it writes counts.
void remember_copy(PlannedStatement* result, const CopyStmt* copy) {
    if (!copy->is_from || !copy->relation)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("it is a command that has no plan")));
    result->command = Command::insert;
    remember_target(result, RangeVarGetRelid(copy->relation, NoLock, false), Command::insert, NIL);
}

// The parameters' types, as given or found out.
struct Types {
    Oid* types;
    int count;
};

Query* analyze(RawStmt* raw, const Statement& statement, Types* found) {
    found->count = static_cast<int>(statement.parameter_types.size());
    found->types = static_cast<Oid*>(palloc0(sizeof(Oid) * static_cast<Size>(found->count + 1)));
    for (int i = 0; i < found->count; ++i) found->types[i] = statement.parameter_types[i];
    Query* const query = parse_analyze_varparams(raw, statement.text.c_str(), &found->types, &found->count, nullptr);
    if (query->commandType == CMD_UTILITY)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("it is a command that has no plan")));
    List* const rewritten = QueryRewrite(query);
    if (list_length(rewritten) != 1)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("rules turn it into %d statements", list_length(rewritten))));
    return linitial_node(Query, rewritten);
}

// The values for a custom plan; null for a generic one.
ParamListInfo bind(const Statement& statement, const Types& types) {
    const int count = static_cast<int>(statement.parameter_values.size());
    if (count == 0 || count != types.count) return nullptr;
    ParamListInfo const list = makeParamList(count);
    for (int i = 0; i < count; ++i) {
        ParamExternData* const parameter = &list->params[i];
        const auto& text = statement.parameter_values[i];
        parameter->ptype = types.types[i];
        parameter->pflags = PARAM_FLAG_CONST;
        parameter->isnull = !text;
        if (!text) continue;
        Oid input, element;
        getTypeInputInfo(parameter->ptype, &input, &element);
        parameter->value = OidInputFunctionCall(input, const_cast<char*>(text->c_str()), element, -1);
    }
    return list;
}

// The planning proper; may be left by longjmp at any point, so it owns nothing.
void plan(Job* job) {
    const Statement& statement = *job->statement;
    PushActiveSnapshot(GetTransactionSnapshot());
    Types types{};
    RawStmt* const raw = parse(statement.text.c_str());
    if (IsA(raw->stmt, CopyStmt)) return remember_copy(job->result, castNode(CopyStmt, raw->stmt));
    Query* query = analyze(raw, statement, &types);
    query->queryId = 0;  // no one else's statistics are to count this
    job->result->command = command_of(query->commandType);
    remember_writes(job->result, query);
    if (statement.limit > 0 && query->limitCount && query->commandType == CMD_SELECT &&
        has_parameter(query->limitCount, nullptr)) {
        query->limitCount = reinterpret_cast<Node*>(makeConst(
            INT8OID, -1, InvalidOid, sizeof(int64), Int64GetDatum(static_cast<int64>(statement.limit)), false, true));
        job->result->limit_used = true;
    }
    job->result->runs_code = calls_foreign_code(query);
    query = without_foreign_code(query, types.count + 1);
    PlannedStmt* const planned = planner(query, statement.text.c_str(), CURSOR_OPT_PARALLEL_OK, bind(statement, types));
    if (statement.check_permissions) check_permissions(planned);
    job->result->cost = planned->planTree->total_cost;
    job->result->rows = rows_of(planned->planTree);
    job->result->swept = entries_swept(planned);
    visit_indexes(planned, remember_index, job);
}

// As whom to plan: as who ran the query, so that names mean what they meant to him and his policies
// hold.  The text is what he ran, not the caller's, and Isolation lets none of its functions run.
Oid planning_user(const Statement& statement) {
    const bool exists = OidIsValid(statement.user) && SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(statement.user));
    return exists ? statement.user : GetUserId();
}

std::string reason_of(const ErrorData* report) {
    if (report->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE) return "a table that it reads is locked";
    return report->message ? report->message : "unknown error";
}

}  // namespace

bool ends_everything(int sqlstate) {
    switch (sqlstate) {
        case ERRCODE_QUERY_CANCELED:
        case ERRCODE_ADMIN_SHUTDOWN:
        case ERRCODE_CRASH_SHUTDOWN:
        case ERRCODE_CANNOT_CONNECT_NOW:
        case ERRCODE_OUT_OF_MEMORY:
            return true;
        default:
            return false;
    }
}

PlannedStatement plan_statement(const Statement& statement, const WhatIf& what_if, Collector* collector) {
    PlannedStatement result;
    Job job{&statement, &result};
    if (collector) collector->statement = &statement;
    const Oid user = call([&] { return planning_user(statement); });
    MemoryContext const context =
        call([] { return AllocSetContextCreate(CurrentMemoryContext, "pg_perfkit planning", ALLOCSET_DEFAULT_SIZES); });
    const auto run = [&] {
        MemoryContextSwitchTo(context);
        const Isolation isolation;
        const WhatIf::Scope what_if_scope(what_if);
        const CollectorScope collector_scope(collector);
        call([&] {
            Oid ignored;
            int security;
            GetUserIdAndSecContext(&ignored, &security);
            set_option("lock_timeout", longest_lock_wait);
            if (!statement.search_path.empty()) set_option("search_path", statement.search_path.c_str());
            if (statement.own_settings) adopt_settings(statement.settings);
            if (what_if.processor() > 0) raise_processor(what_if.processor());
            SetUserIdAndSecContext(user, security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
            XactReadOnly = true;
            plan(&job);
        });
    };
    int sqlstate = 0, position = 0;
    std::string reason;
    try {
        rolled_back(run);
    } catch (const Error& error) {
        // The report lies in the planning's context, which here goes with the function's.
        if (ends_everything(error.report()->sqlerrcode)) throw;
        sqlstate = error.report()->sqlerrcode;
        position = error.report()->cursorpos;
        reason = reason_of(error.report());
    }
    call([&] { MemoryContextDelete(context); });
    if (sqlstate != 0) throw Unplannable(sqlstate, position, reason);
    return result;
}

}  // namespace perfkit::pg

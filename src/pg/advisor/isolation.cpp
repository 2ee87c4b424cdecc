#include "perfkit/pg/advisor/isolation.hpp"

#include "perfkit/pg/compat_planner.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

bool written_in_c(Oid function) {
    HeapTuple const tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple)) return false;
    Oid const language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
    ReleaseSysCache(tuple);
    return language == INTERNALlanguageId || language == ClanguageId;
}

namespace {

// What the hooks pass on to.
needs_fmgr_hook_type next_needs_fmgr;
fmgr_hook_type next_fmgr;

[[noreturn]] void refuse(Oid function) {
    const char* const name = get_func_name(function);
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                    errmsg("planning it would run the function %s, which is not written in C", name ? name : "?")));
    pg_unreachable();
}

bool needs_watch(Oid function) { return !written_in_c(function) || (next_needs_fmgr && next_needs_fmgr(function)); }

void watch_function(FmgrHookEventType event, FmgrInfo* function, Datum* argument) {
    if (event == FHET_START && !written_in_c(function->fn_oid)) refuse(function->fn_oid);
    if (next_fmgr) next_fmgr(event, function, argument);
}

[[noreturn]] void refuse_execution() {
    ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("planning it would execute another statement")));
    pg_unreachable();
}

void refuse_executor(QueryDesc*, int) { refuse_execution(); }

void refuse_utility(PlannedStmt*, const char*, bool, ProcessUtilityContext, ParamListInfo, QueryEnvironment*,
                    DestReceiver*, QueryCompletion*) {
    refuse_execution();
}

// The functions of a range type may have been looked up before, where the hooks see nothing.
void check_type(Oid type) {
    type = getBaseType(type);
    if (OidIsValid(get_element_type(type))) type = getBaseType(get_element_type(type));
    if (get_typtype(type) == TYPTYPE_MULTIRANGE) type = get_multirange_range(type);
    if (type < FirstNormalObjectId || get_typtype(type) != TYPTYPE_RANGE) return;
    HeapTuple const tuple = SearchSysCache1(RANGETYPE, ObjectIdGetDatum(type));
    if (!HeapTupleIsValid(tuple)) return;
    const FormData_pg_range range = *reinterpret_cast<Form_pg_range>(GETSTRUCT(tuple));
    ReleaseSysCache(tuple);
    for (Oid const function : {range.rngcanonical, range.rngsubdiff})
        if (OidIsValid(function) && !written_in_c(function)) refuse(function);
}

struct Replacing {
    int next_parameter;
    List* calls;       // replaced so far
    List* parameters;  // what stands for each
};

// Whether a value depends on rows, so that it cannot be computed before execution.
bool depends_on_rows(Node* node, void* context) {
    if (node == nullptr) return false;
    switch (nodeTag(node)) {
        case T_Var:
        case T_Aggref:
        case T_GroupingFunc:
        case T_WindowFunc:
        case T_SubLink:
        case T_CaseTestExpr:
        case T_CoerceToDomainValue:
        case T_SetToDefault:
        case T_CurrentOfExpr:
            return true;
        default:
            return walk_expression(node, depends_on_rows, context);
    }
}

// The function that a call stands for, or InvalidOid where the planner would not compute it.
Oid function_of(Node* node) {
    switch (nodeTag(node)) {
        case T_FuncExpr:
            return castNode(FuncExpr, node)->funcretset ? InvalidOid : castNode(FuncExpr, node)->funcid;
        case T_OpExpr:
        case T_DistinctExpr:
        case T_NullIfExpr: {
            auto* const call = reinterpret_cast<OpExpr*>(node);
            set_opfuncid(call);
            return call->opretset ? InvalidOid : call->opfuncid;
        }
        case T_ScalarArrayOpExpr: {
            auto* const call = castNode(ScalarArrayOpExpr, node);
            set_sa_opfuncid(call);
            return call->opfuncid;
        }
        default:
            return InvalidOid;
    }
}

// The parameter that stands for a call; the same one for equal calls, which grouping relies on.
Node* stand_in(Node* call, Replacing* replacing) {
    ListCell* parameter;
    ListCell* known;
    forboth(known, replacing->calls, parameter, replacing->parameters) {
        if (equal(lfirst(known), call)) return static_cast<Node*>(copyObjectImpl(lfirst(parameter)));
    }
    Param* const made = makeNode(Param);
    made->paramkind = PARAM_EXTERN;
    made->paramid = replacing->next_parameter++;
    made->paramtype = exprType(call);
    made->paramtypmod = exprTypmod(call);
    made->paramcollid = exprCollation(call);
    made->location = -1;
    replacing->calls = lappend(replacing->calls, call);
    replacing->parameters = lappend(replacing->parameters, made);
    return reinterpret_cast<Node*>(made);
}

// Where a value comes from, or becomes one of another type.
bool has_type(Node* node) {
    switch (nodeTag(node)) {
        case T_Var:
        case T_Const:
        case T_Param:
        case T_FuncExpr:
        case T_OpExpr:
        case T_RelabelType:
        case T_CoerceViaIO:
        case T_CoerceToDomain:
        case T_ArrayCoerceExpr:
        case T_ArrayExpr:
        case T_SubscriptingRef:
        case T_FieldSelect:
        case T_CaseExpr:
        case T_CoalesceExpr:
        case T_MinMaxExpr:
        case T_SubLink:
        case T_Aggref:
        case T_WindowFunc:
            return true;
        default:
            return false;
    }
}

Node* replace(Node* node, void* context) {
    if (node == nullptr) return nullptr;
    if (IsA(node, Query)) return reinterpret_cast<Node*>(mutate_query(castNode(Query, node), replace, context));
    if (has_type(node)) check_type(exprType(node));
    Oid const function = function_of(node);
    if (OidIsValid(function) && !written_in_c(function) && !depends_on_rows(node, nullptr) &&
        !contain_volatile_functions(node) && !type_is_rowtype(exprType(node)))
        return stand_in(node, static_cast<Replacing*>(context));
    return mutate_expression(node, replace, context);
}

bool is_foreign(Oid function, void*) { return !written_in_c(function); }

bool calls_foreign(Node* node, void* context) {
    if (node == nullptr) return false;
    if (IsA(node, Query)) return walk_query(castNode(Query, node), calls_foreign, context);
    return check_functions_in_node(node, is_foreign, context) || walk_expression(node, calls_foreign, context);
}

}  // namespace

Isolation::Isolation() noexcept
    : post_parse_analyze_(post_parse_analyze_hook),
      needs_fmgr_(needs_fmgr_hook),
      fmgr_(fmgr_hook),
      executor_start_(ExecutorStart_hook),
      process_utility_(ProcessUtility_hook) {
    // Our planning is no workload: pg_stat_statements and its like need not see it.
    post_parse_analyze_hook = nullptr;
    if (needs_fmgr_hook != needs_watch) {
        next_needs_fmgr = needs_fmgr_hook;
        next_fmgr = fmgr_hook;
    }
    needs_fmgr_hook = needs_watch;
    fmgr_hook = watch_function;
    ExecutorStart_hook = refuse_executor;
    ProcessUtility_hook = refuse_utility;
}

Isolation::~Isolation() {
    post_parse_analyze_hook = post_parse_analyze_;
    needs_fmgr_hook = needs_fmgr_;
    fmgr_hook = fmgr_;
    ExecutorStart_hook = executor_start_;
    ProcessUtility_hook = process_utility_;
}

bool calls_foreign_code(Query* query) { return walk_query(query, calls_foreign, nullptr); }

Query* without_foreign_code(Query* query, int first_parameter) {
    Replacing replacing{first_parameter, NIL, NIL};
    return castNode(Query, replace(reinterpret_cast<Node*>(query), &replacing));
}

}  // namespace perfkit::pg

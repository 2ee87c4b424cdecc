#include "perfkit/pg/advisor/explain.hpp"

#include <cstdlib>

#include "perfkit/core/advisor/repair.hpp"
#include "perfkit/pg/query.hpp"

extern "C" {
#include "commands/explain.h"
#include "executor/tuptable.h"
#include "nodes/makefuncs.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
}

namespace perfkit::pg {

namespace {

// Takes the lines of the explanation.
struct Lines {
    DestReceiver receiver;
    StringInfoData text;
};

bool take_line(TupleTableSlot* slot, DestReceiver* self) {
    bool null;
    Datum const line = slot_getattr(slot, 1, &null);
    auto* const lines = &reinterpret_cast<Lines*>(self)->text;
    if (lines->len > 0) appendStringInfoChar(lines, '\n');
    if (!null) appendStringInfoString(lines, TextDatumGetCString(line));
    return true;
}

void start(DestReceiver*, int, TupleDesc) {}
void finish(DestReceiver*) {}

// EXPLAIN of the one statement that a text is.
ExplainStmt* explanation(const char* query, bool generic) {
    List* const statements = raw_parser(query, RAW_PARSE_DEFAULT);
    if (list_length(statements) != 1)
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("it is not one statement")));
    RawStmt* const raw = linitial_node(RawStmt, statements);
    switch (nodeTag(raw->stmt)) {
        case T_SelectStmt:
        case T_InsertStmt:
        case T_UpdateStmt:
        case T_DeleteStmt:
        case T_MergeStmt:
            break;
        default:
            ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("it is a command that has no plan")));
    }
    ExplainStmt* const statement = makeNode(ExplainStmt);
    statement->query = raw->stmt;
// The option is as old as version 16.
#if PERFKIT_PG16
    if (generic) statement->options = list_make1(makeDefElem(pstrdup("generic_plan"), nullptr, -1));
#else
    static_cast<void>(generic);
#endif
    raw->stmt = reinterpret_cast<Node*>(statement);
    Oid* types = nullptr;
    int count = 0;
    Query* const analyzed = parse_analyze_varparams(raw, query, &types, &count, nullptr);
    return castNode(ExplainStmt, analyzed->utilityStmt);
}

// May be left by longjmp at any point, so it owns nothing.
char* explain_text(const char* query, bool generic) {
    Lines lines{};
    lines.receiver.receiveSlot = take_line;
    lines.receiver.rStartup = start;
    lines.receiver.rShutdown = finish;
    lines.receiver.rDestroy = finish;
    lines.receiver.mydest = DestNone;
    initStringInfo(&lines.text);
    ParseState* const state = make_parsestate(nullptr);
    state->p_sourcetext = query;
    ExplainQuery(state, explanation(query, generic), nullptr, &lines.receiver);
    free_parsestate(state);
    return lines.text.data;
}

}  // namespace

Explained explain(const std::string& query, const WhatIf& what_if) {
    const bool generic = advisor::parameter_count(query) > 0;
    const WhatIf::Scope scope(what_if);
    const InnerText inner(query.c_str());
    Explained result;
    result.text = call([&] { return explain_text(query.c_str(), generic); });
    // The first line is the topmost node's: ... (cost=0.00..123.45 rows=...
    const std::size_t cost = result.text.find("(cost=");
    const std::size_t dots = cost == std::string::npos ? cost : result.text.find("..", cost);
    if (dots != std::string::npos && cost < result.text.find('\n'))
        result.cost = std::strtod(result.text.c_str() + dots + 2, nullptr);
    return result;
}

}  // namespace perfkit::pg

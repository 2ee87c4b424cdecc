#include "perfkit/pg/apply/utility.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "commands/portalcmds.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "tcop/cmdtag.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
}

namespace perfkit::pg {

namespace {

// What outlives transactions: the statement that is run, reports of errors.  Emptied before each.
MemoryContext work_context() {
    static MemoryContext context = nullptr;
    if (context == nullptr)
        context = AllocSetContextCreate(TopMemoryContext, "pg_perfkit apply", ALLOCSET_DEFAULT_SIZES);
    return context;
}

void begin() {
    MemoryContextReset(work_context());
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    MemoryContextSwitchTo(work_context());
}

// As the server does with what a client sends (exec_simple_query in postgres.c).
void run_parsed(const char* sql) {
    const RawStmt* const parsed = linitial_node(RawStmt, pg_parse_query(sql));
    List* const analyzed = pg_analyze_and_rewrite_fixedparams(const_cast<RawStmt*>(parsed), sql, nullptr, 0, nullptr);
    List* const planned = pg_plan_queries(analyzed, sql, CURSOR_OPT_PARALLEL_OK, nullptr);
    Portal const portal = CreatePortal("", true, true);
    portal->visible = false;
    PortalDefineQuery(portal, nullptr, sql, CreateCommandTag(parsed->stmt), planned, nullptr);
    PortalStart(portal, nullptr, 0, InvalidSnapshot);
    QueryCompletion completion;
    portal_run_once(portal, &completion);
    PortalDrop(portal, false);
}

object_access_hook_type next_access = nullptr;
std::array<Oid, 16> made;
std::size_t made_count = 0;

void on_access(ObjectAccessType access, Oid catalog, Oid object, int column, void* argument) {
    if (next_access != nullptr) next_access(access, catalog, object, column, argument);
    if (access == OAT_POST_CREATE && catalog == RelationRelationId && column == 0)
        made[made_count++ % made.size()] = object;
}

}  // namespace

void watch_relations() {
    next_access = object_access_hook;
    object_access_hook = on_access;
}

std::vector<Oid> made_relations() {
    return {made.begin(), made.begin() + static_cast<std::ptrdiff_t>(std::min(made_count, made.size()))};
}

void begin_transaction() {
    call([] {
        begin();
        PushActiveSnapshot(GetTransactionSnapshot());
    });
}

void commit_transaction() {
    call([] {
        PopActiveSnapshot();
        CommitTransactionCommand();
        MemoryContextSwitchTo(work_context());
    });
}

void roll_back() {
    call([] {
        // As the server's main loop does.  C++20 has no ++ of what is volatile, as in HOLD_INTERRUPTS().
        InterruptHoldoffCount = InterruptHoldoffCount + 1;
        disable_all_timeouts(false);
        QueryCancelPending = 0;
        AbortCurrentTransaction();
        MemoryContextSwitchTo(work_context());
        InterruptHoldoffCount = InterruptHoldoffCount - 1;
    });
}

Failed failed(const ErrorData* report) {
    std::string message = report->message ? report->message : "unknown error";
    if (report->detail) message += std::string(": ") + report->detail;
    return {report->sqlerrcode, message};
}

void run_alone(const std::string& sql) {
    const auto idle = [] {
        debug_query_string = nullptr;
        call([] { pgstat_report_activity(STATE_IDLE, nullptr); });
    };
    try {
        call([&] {
            begin();
            const char* const text = pstrdup(sql.c_str());
            debug_query_string = text;
            pgstat_report_activity(STATE_RUNNING, text);
            run_parsed(text);
            CommitTransactionCommand();
            MemoryContextSwitchTo(work_context());
        });
    } catch (const Error& error) {
        const Failed failure = failed(error.report());
        roll_back();
        idle();
        throw failure;
    }
    idle();
}

void set_for_session(const char* name, const std::string& value) {
    call([&] { SetConfigOption(name, value.c_str(), PGC_USERSET, PGC_S_SESSION); });
}

}  // namespace perfkit::pg

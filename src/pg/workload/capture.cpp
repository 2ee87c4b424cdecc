// The hooks: what each execution and planning cost, noted as it ends.
//
// This runs inside every statement of the server, so nothing here may fail, wait, or look anything
// up: an event is put together in memory of the session and appended to its ring.  The bodies own
// nothing, and therefore use the server's own PG_TRY instead of the guard: an error passes through,
// after what it interrupted is counted, or is seen when it ends the transaction.
//
// What this costs is less its instructions than the lines of cache that they and their data take from
// the server's.  So what is rare stands in functions of its own, marked as cold, and is kept elsewhere; what every
// execution goes through is marked as hot, here and where it calls, and lies side by side in one page of memory.
//
// Which executions count, and which are "top level", is as in pg_stat_statements of version 17 with
// track = all and track_utility = off.

#include <array>
#include <cmath>
#include <type_traits>

#include "perfkit/pg/workload.hpp"
#include "perfkit/pg/workload/hooks.hpp"
#include "perfkit/pg/workload/hot.hpp"
#include "perfkit/pg/workload/names.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/predicates.hpp"
#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/server.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared.hpp"
#include "perfkit/pg/workload/used.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "miscadmin.h"
#include "optimizer/planner.h"
#include "storage/bufmgr.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
}

namespace perfkit::pg {

PERFKIT_HOT int CaptureOff::depth_ = 0;

}  // namespace perfkit::pg

namespace perfkit::pg::workload {

using perfkit::workload::Event;
using perfkit::workload::Key;
using perfkit::workload::Kind;

PERFKIT_HOT Server server{&PG_exception_stack,
                          &error_context_stack,
                          &pgBufferUsage,
                          &pgWalUsage,
                          &track_io_timing,
                          &ParallelWorkerNumber,
                          &MyDatabaseId,
                          GetUserId,
                          GetCurrentStatementStartTimestamp,
                          clock_gettime};

namespace {

// Who comes after us: whoever hooked in before, or the server itself.
planner_hook_type next_planner;
PERFKIT_HOT ExecutorStart_hook_type next_executor_start;
PERFKIT_HOT ExecutorRun_hook_type next_executor_run;
PERFKIT_HOT ExecutorFinish_hook_type next_executor_finish;
PERFKIT_HOT ExecutorEnd_hook_type next_executor_end;
ProcessUtility_hook_type next_process_utility;

template <typename Hook>
void chain(Hook& hook, std::type_identity_t<Hook> ours, Hook& next, std::type_identity_t<Hook> standard) {
    next = hook != nullptr ? hook : standard;
    hook = ours;
}

// How many statements of this session are around the present one.
PERFKIT_HOT int nesting = 0;

// A parallel worker's share is in its leader's counters already.
[[gnu::hot]] bool capturing() noexcept { return enabled && *server.parallel_worker < 0 && !CaptureOff::active(); }

Key key_of(std::uint64_t queryid) noexcept {
    return {static_cast<std::int64_t>(queryid), *server.database, server.user(), nesting == 0};
}

TimestampTz statement_start() noexcept {
    const TimestampTz start = server.statement_start();
    return start != 0 ? start : GetCurrentTimestamp();  // 0: a background worker
}

Event new_event(const Key& key, Kind kind, std::uint64_t nanoseconds) noexcept {
    Event event;
    event.key = key;
    event.when = statement_start();
    event.kind = kind;
    event.nanoseconds = nanoseconds;
    return event;
}

Kind kind_of_error() noexcept { return geterrcode() == ERRCODE_QUERY_CANCELED ? Kind::cancel : Kind::failure; }

std::uint64_t queryid_of(const QueryDesc* query) noexcept {
    return static_cast<std::uint64_t>(query->plannedstmt->queryId);
}

bool captured(const QueryDesc* query) noexcept { return queryid_of(query) != 0 && capturing(); }

// An execution from its start to its end, kept here because a QueryDesc has no room for it and the server's own place
// (totaltime) costs three times as much: it reads the clock around ExecutorFinish too, and is allocated anew each time.
struct alignas(64) Measured {
    const QueryDesc* query;  // null: a free place
    // What it used so far.  Until the end the key is of who began it: the constants are his, whoever fetches the last
    // row.
    Event event;
};
static_assert(offsetof(Measured, event) + perfkit::workload::event_head_size == 64);  // one line of cache

// Executions nest, and cursors interleave; more at once than this are measured by the server's means.
constexpr std::size_t places = 16;
std::array<Measured, places> measured;
PERFKIT_HOT std::array<bool, places> by_server;  // in totaltime, for somebody else who wanted it
PERFKIT_HOT std::size_t places_used = 0;         // from here on there is none

[[gnu::cold, gnu::noinline]] std::size_t search(const QueryDesc* query) noexcept {
    for (std::size_t place = 0; place < places_used; ++place)
        if (measured[place].query == query) return place;
    return places;
}

// places where there is none.  The execution that began last is the one that runs and ends first, but for cursors.
[[gnu::hot]] inline std::size_t place_of(const QueryDesc* query) noexcept {
    if (places_used > 0 && measured[places_used - 1].query == query) [[likely]]
        return places_used - 1;
    return search(query);
}

std::size_t take_place() noexcept {
    const std::size_t place = search(nullptr);
    return place < places || places_used == places ? place : places_used++;
}

[[gnu::noinline]] void forget_free_places() noexcept {
    while (places_used > 0 && measured[places_used - 1].query == nullptr) --places_used;
}

[[gnu::hot]] inline void free_place(std::size_t place) noexcept {
    measured[place].query = nullptr;
    if (places_used == 1) [[likely]]
        places_used = 0;
    else
        forget_free_places();
}

// The execution that is about to begin, outside of any other; without a query where there is none.  Its errors are seen
// when they end the transaction, or the subtransaction: to catch them would cost every execution as much as all the
// rest of its start.  By then the server may have forgotten what the error was.
PERFKIT_HOT Key starting;
int begun_inside = 0;  // subtransactions since then, which are not its own

[[gnu::cold, gnu::noinline]] void count_failed_start() noexcept {
    const Event event = new_event(starting, Kind::failure, 0);
    starting = {};
    begun_inside = 0;
    // A session that is ended says nothing of its statement.
    if (!proc_exit_inprogress) Shared::get()->record(event, false);
}

// No execution outlives its transaction (a held cursor's is ended by then); what an error leaves behind is let go here.
[[gnu::hot]] void on_transaction_end(XactEvent event, void*) {
    if (places_used == 0 && watched_executions == 0 && starting.queryid == 0) [[likely]]
        return;
    if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE) return;
    places_used = watched_executions = 0;
    if (starting.queryid != 0) count_failed_start();
}

void on_subtransaction(SubXactEvent event, SubTransactionId, SubTransactionId, void*) {
    if (starting.queryid == 0) return;
    if (event == SUBXACT_EVENT_START_SUB)
        ++begun_inside;
    else if (event == SUBXACT_EVENT_COMMIT_SUB || event == SUBXACT_EVENT_ABORT_SUB) {
        if (begun_inside > 0)
            --begun_inside;
        else
            count_failed_start();
    }
}

// From here to its end on the stack of the hook that runs the execution.
struct Start {
    Measured* of = nullptr;
    std::uint64_t time;
    UsedBefore before;

    explicit Start(const QueryDesc* query) noexcept {
        const std::size_t place = place_of(query);
        if (place == places || by_server[place]) [[unlikely]]
            return;
        of = &measured[place];
        before.take(*server.buffers, *server.wal, *server.io_timed);
        time = now();
    }
    void end(std::uint64_t rows) const noexcept {
        if (of == nullptr) [[unlikely]]
            return;
        Event& event = of->event;
        event.nanoseconds += now() - time;
        event.rows += rows;
        if (event.fields == 0) [[likely]]
            set_used(event, *server.buffers, *server.wal, before);
        else
            add_used(event, *server.buffers, *server.wal, before);
    }
};

// Counts an execution that the error at hand ends, and lets that go on.  What was cancelled leaves a sample where it is
// known who began it: no other execution may show why it took so long.
[[noreturn, gnu::cold]] void count_and_rethrow(const QueryDesc* query, const Key& key, bool known,
                                               std::uint64_t nanoseconds) {
    const Kind kind = kind_of_error();
    Shared::get()->record(new_event(key, kind, nanoseconds), false);
    if (known && kind == Kind::cancel) sample_cancelled(key, query, nanoseconds);
    PG_RE_THROW();
}

std::uint64_t measured_by_server(const Instrumentation* total) noexcept {
    if (total == nullptr) return 0;
    const std::uint64_t running = INSTR_TIME_IS_ZERO(total->starttime) ? 0 : now() - nanoseconds_of(total->starttime);
    return nanoseconds_of(total->counter) + running;
}

// The error at hand ends an execution that runs.
[[noreturn, gnu::cold]] void fail(const QueryDesc* query, const Start& start) {
    start.end(0);
    if (watched_executions != 0) unwatch(query);
    if (!captured(query)) PG_RE_THROW();
    const std::size_t place = place_of(query);
    if (place == places)
        count_and_rethrow(query, key_of(queryid_of(query)), false, measured_by_server(query->totaltime));
    const Event& event = measured[place].event;
    const Key begun = event.key;  // the user of the moment may be that of a function that has failed
    const std::uint64_t nanoseconds = by_server[place] ? measured_by_server(query->totaltime) : event.nanoseconds;
    free_place(place);
    count_and_rethrow(query, begun, true, nanoseconds);
}

bool complete(const Instrumentation* total) noexcept {
    return total->need_timer && total->need_bufusage && total->need_walusage;
}

[[gnu::cold, gnu::noinline]] void let_server_measure(QueryDesc* query) noexcept {
    if (query->totaltime != nullptr) return;
    // As InstrAlloc, which raises an error where memory is short.
    auto* total = static_cast<Instrumentation*>(MemoryContextAllocExtended(
        query->estate->es_query_cxt, sizeof(Instrumentation), MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO));
    if (total == nullptr) return;
    total->need_timer = total->need_bufusage = total->need_walusage = true;
    query->totaltime = total;
}

[[gnu::cold, gnu::noinline]] std::size_t other_place(const QueryDesc* query) noexcept {
    const std::size_t place = search(query);  // an error's leftover that had the same address
    return place < places ? place : take_place();
}

// Has the execution measured, by us unless someone before us does.
void measure(QueryDesc* query, const Key& key) noexcept {
    const std::size_t place = places_used == 0 ? places_used++ : other_place(query);
    if (place == places) {
        let_server_measure(query);
        return;
    }
    Measured& own = measured[place];
    own.query = query;
    own.event.key = key;
    own.event.nanoseconds = own.event.rows = 0;
    own.event.fields = own.event.number = 0;
    by_server[place] = query->totaltime != nullptr && complete(query->totaltime);
}

PlannedStmt* on_plan(Query* parse, const char* text, int options, ParamListInfo parameters) {
    if (!capturing()) return next_planner(parse, text, options, parameters);

    // Some planners scribble on the query, but not on what it is.
    const auto queryid = static_cast<std::uint64_t>(parse->queryId);
    const bool timed = track_planning && queryid != 0;
    const Key key = key_of(queryid);
    if (nesting > 0) note_names(parse, text);
    const std::uint64_t start = timed ? now() : 0;
    PlannedStmt* result = nullptr;
    ++nesting;
    PG_TRY();
    {
        result = next_planner(parse, text, options, parameters);
        --nesting;
    }
    PG_CATCH();
    {
        --nesting;
        if (queryid != 0 && capturing())
            Shared::get()->record(new_event(key, kind_of_error(), timed ? now() - start : 0), false);
        PG_RE_THROW();
    }
    PG_END_TRY();
    if (timed) Shared::get()->record(new_event(key, Kind::plan, now() - start), true);
    return result;
}

// Inside of another: a function may catch the error.
[[gnu::cold, gnu::noinline]] void start_nested(QueryDesc* query, int flags, const Key& key) {
    PG_TRY();
    { next_executor_start(query, flags); }
    PG_CATCH();
    {
        if (!capturing()) PG_RE_THROW();
        count_and_rethrow(query, key, true, 0);
    }
    PG_END_TRY();
}

[[gnu::hot]] void on_executor_start(QueryDesc* query, int flags) {
    if (!captured(query)) {
        next_executor_start(query, flags);
        return;
    }
    const bool watching = (flags & EXEC_FLAG_EXPLAIN_ONLY) == 0 && predicates_due();
    if (watching) query->instrument_options |= INSTRUMENT_ROWS;
    const Key key = key_of(queryid_of(query));
    if (nesting == 0 && starting.queryid == 0) [[likely]] {
        starting = key;
        next_executor_start(query, flags);
        starting.queryid = 0;
    } else {
        start_nested(query, flags, key);
    }
    measure(query, key);
    if (watching) watch(query);
    if ((flags & EXEC_FLAG_EXPLAIN_ONLY) == 0) sample_start(key, query);
}

[[gnu::hot]] void on_executor_run(QueryDesc* query, ScanDirection direction, uint64 count PERFKIT_RUN_ONCE_PARAMETER) {
    if (watched_executions != 0 && count != 0) note_partial_fetch(query);
    const Start start(query);
    // PG_TRY, by the addresses at hand.  Nothing that is read after the jump changes before it.
    sigjmp_buf* const handler = *server.handlers;
    ErrorContextCallback* const context = *server.context;
    const auto leave = [=] {
        --nesting;
        *server.handlers = handler;
        *server.context = context;
    };
    sigjmp_buf landing;
    ++nesting;
    if (sigsetjmp(landing, 0) == 0) {
        *server.handlers = &landing;
        next_executor_run(query, direction, count PERFKIT_RUN_ONCE_ARGUMENT);
        leave();
    } else {
        leave();
        fail(query, start);
    }
    start.end(query->estate->es_processed);
}

[[gnu::noinline]] void finish_measured(QueryDesc* query) {
    const Start start(query);
    ++nesting;
    PG_TRY();
    {
        next_executor_finish(query);
        --nesting;
    }
    PG_CATCH();
    {
        --nesting;
        fail(query, start);
    }
    PG_END_TRY();
    start.end(0);
}

[[gnu::hot]] void on_executor_finish(QueryDesc* query) {
    // A plain SELECT has nothing left to do.
    if (query->operation == CMD_SELECT && !query->plannedstmt->hasModifyingCTE)
        next_executor_finish(query);
    else
        finish_measured(query);
}

[[gnu::cold]] std::uint64_t record_measured_by_server(const QueryDesc* query) noexcept {
    const Instrumentation* const total = query->totaltime;
    if (total == nullptr) return 0;
    Event event = new_event(key_of(queryid_of(query)), Kind::success, 0);
    // Others may have closed the measurement (InstrEndLoop) before us, or may do so after us.
    const auto closed = static_cast<std::uint64_t>(std::llround(total->total * 1e9));
    event.nanoseconds = closed + nanoseconds_of(total->counter);
    // Of all fetches; es_processed is of the last one only.
    event.rows = static_cast<std::uint64_t>(total->ntuples + total->tuplecount);
    UsedBefore nothing{};
    nothing.timed = track_io_timing;
    set_used(event, total->bufusage, total->walusage, nothing);
    Shared::get()->record(event, true);
    return event.nanoseconds;
}

// Counts it for who ends it, as pg_stat_statements does.
[[gnu::hot]] inline void record_measured(Event& event) noexcept {
    event.key.user = server.user();
    event.key.toplevel = nesting == 0;
    event.when = statement_start();
    Shared::get()->record(event, true);
}

// The end of one that is slow, watched, measured by the server or not captured.
[[gnu::cold, gnu::noinline]] void end_seldom(QueryDesc* query, std::size_t place) {
    const Key begun = place < places ? measured[place].event.key : key_of(queryid_of(query));
    std::uint64_t nanoseconds = 0;
    if (captured(query)) {
        if (place < places && !by_server[place]) {
            nanoseconds = measured[place].event.nanoseconds;
            record_measured(measured[place].event);
        } else {
            nanoseconds = record_measured_by_server(query);
        }
    }
    if (place < places) {
        free_place(place);
        if (nanoseconds >= slow_from) sample_slow(begun, query, nanoseconds);
        if (is_slow(nanoseconds)) keep_slow_plan(begun, query, nanoseconds);
    }
    if (watched_executions != 0) keep_predicates(begun, query);
}

[[gnu::hot]] void on_executor_end(QueryDesc* query) {
    const std::size_t place = place_of(query);
    // What took less than slow_from is slow only where slow_plan_ms, in whole milliseconds, is 0.
    if (place < places && !by_server[place] && measured[place].event.nanoseconds < slow_from && slow_plan_ms != 0 &&
        watched_executions == 0 && enabled && !CaptureOff::active()) [[likely]] {
        record_measured(measured[place].event);
        free_place(place);
    } else {
        end_seldom(query, place);
    }
    next_executor_end(query);
}

// Utility statements are not counted, but what they run inside is nested: not so for EXECUTE and PREPARE, whose
// statement is the one that the client sent.
void on_utility(PlannedStmt* statement, const char* text, bool read_only, ProcessUtilityContext context,
                ParamListInfo parameters, QueryEnvironment* environment, DestReceiver* destination,
                QueryCompletion* completion) {
    const bool transparent = IsA(statement->utilityStmt, ExecuteStmt) || IsA(statement->utilityStmt, PrepareStmt);
    if (transparent) {
        next_process_utility(statement, text, read_only, context, parameters, environment, destination, completion);
        return;
    }
    ++nesting;
    PG_TRY();
    { next_process_utility(statement, text, read_only, context, parameters, environment, destination, completion); }
    PG_FINALLY();
    { --nesting; }
    PG_END_TRY();
}

}  // namespace

void install_hooks() {
    EnableQueryId();
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction, nullptr);
    chain(planner_hook, on_plan, next_planner, standard_planner);
    chain(ExecutorStart_hook, on_executor_start, next_executor_start, standard_ExecutorStart);
    chain(ExecutorRun_hook, on_executor_run, next_executor_run, standard_ExecutorRun);
    chain(ExecutorFinish_hook, on_executor_finish, next_executor_finish, standard_ExecutorFinish);
    chain(ExecutorEnd_hook, on_executor_end, next_executor_end, standard_ExecutorEnd);
    chain(ProcessUtility_hook, on_utility, next_process_utility, standard_ProcessUtility);
}

}  // namespace perfkit::pg::workload

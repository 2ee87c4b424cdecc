// Makes version 7 UUIDs.

#include <algorithm>
#include <ctime>

#include "perfkit/core/uuid/paced_clock.hpp"
#include "perfkit/core/uuid/random_bytes.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/uuid/datum.hpp"
#include "perfkit/pg/uuid/ordering.hpp"

extern "C" {
#include "funcapi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
}

using namespace perfkit;

namespace {

constexpr std::int64_t end_seconds = uuid_end_ms / 1000;

constinit RandomBytes random_bytes(pg_strong_random);
constinit PacedClock paced_clock;
constinit UuidClock session_clock;
const std::uint64_t pace = counts_of_a_pace();

[[noreturn]] void fail_out_of_range() {
    pg::call([] {
        ereport(
            ERROR,
            (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range for a UUID of version 7"),
             errdetail("Its 48 bits of milliseconds reach from 1970-01-01 00:00:00 to 10889-08-02 05:31:50.655 UTC.")));
    });
    pg_unreachable();
}

FineTick read_clock() {
    timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (static_cast<std::uint64_t>(time.tv_sec) >= end_seconds) [[unlikely]]
        fail_out_of_range();
    return fine_tick_of(time.tv_sec, time.tv_nsec);
}

FineTick now() { return paced_clock.now(read_clock, read_counter, pace); }

// Where the clock has stepped back the UUIDs go on at the time of the last one, perhaps for long:
// the log says so, once for each step.
void note_clock_step(UuidTick last, UuidTick clock) {
    constexpr UuidTick tolerance = UuidTick{10'000} << 12;
    static bool noted = false;
    const bool behind = last > clock + tolerance;
    if (behind && !noted) {
        const auto seconds = static_cast<unsigned long long>((last - clock) >> 12) / 1000;
        pg::call([seconds] {
            ereport(
                LOG,
                (errmsg("the clock is %llu s behind the last UUID of version 7", seconds),
                 errdetail("The clock has been set back. UUIDs keep their order, and so the last one's time until the "
                           "clock has caught up."),
                 errhint("To end this: reconnect, or with pg_perfkit.uuid_ordering = cluster restart the server.")));
        });
    }
    noted = behind;
}

// One order for all sessions, and this session's own where it has used the other setting before:
// then its last tick is not the last that it has got here.
UuidStamp next_cluster_stamp(FineTick clock) {
    static FineTick mine = 0;
    if (pg::shared_uuid_tick == nullptr) [[unlikely]]
        pg::fail_without_shared_uuid_tick();
    if (tick_of(mine) != session_clock.last_tick()) [[unlikely]]
        clock = std::max(clock, (session_clock.last_tick() + 1) << fine_bits);
    mine = next_shared_tick(*pg::shared_uuid_tick, clock);
    session_clock.advance_past(tick_of(mine));
    return stamp_of(mine, random_bytes.take());
}

UuidStamp next_stamp() {
    const FineTick clock = now();
    const UuidStamp stamp = pg::uuid_ordering() == pg::UuidOrdering::backend
                                ? session_clock.next(tick_of(clock), [] { return random_bytes.take(); })
                                : next_cluster_stamp(clock);
    if (stamp.tick > tick_of(clock) + (UuidTick{1} << 12)) [[unlikely]]
        note_clock_step(stamp.tick, tick_of(clock));
    return stamp;
}

UuidTick tick_of_microseconds(std::int64_t unix_microseconds) {
    const auto us = static_cast<std::uint64_t>(unix_microseconds);
    return us / 1000 << 12 | us % 1000 * 4096 / 1000;
}

// The stamp moved by an interval: by the same number of ticks wherever the interval is as long, so
// that the order stays.
UuidStamp shifted(UuidStamp stamp, Interval* shift) {
    const auto unix_us = static_cast<std::int64_t>((stamp.tick >> 12) * 1000 + (stamp.tick & 0xfff) * 1000 / 4096);
    const TimestampTz time = unix_us - pg::epoch_gap_us;
    const TimestampTz moved = pg::call([time, shift] {
        return DatumGetTimestampTz(
            DirectFunctionCall2(timestamptz_pl_interval, TimestampTzGetDatum(time), IntervalPGetDatum(shift)));
    });
    if (TIMESTAMP_NOT_FINITE(moved)) fail_out_of_range();
    const std::int64_t us = moved - time;
    const std::int64_t rest = (us % 1000 + 1000) % 1000;
    stamp.tick += static_cast<UuidTick>((us - rest) / 1000 * 4096 + rest * 4096 / 1000);
    if (stamp.tick >> 60 != 0) fail_out_of_range();
    return stamp;
}

}  // namespace

PERFKIT_FUNCTION(pk_uuidv7) { return pg::datum_of(make_uuid_v7(next_stamp())); }

PERFKIT_FUNCTION(pk_uuidv7_shift) {
    const UuidStamp stamp = next_stamp();
    return pg::datum_of(make_uuid_v7(shifted(stamp, PG_GETARG_INTERVAL_P(0))));
}

PERFKIT_FUNCTION(pk_uuidv7_at) {
    const TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
    if (TIMESTAMP_NOT_FINITE(at) || at < -pg::epoch_gap_us || at >= uuid_end_ms * 1000 - pg::epoch_gap_us)
        fail_out_of_range();
    return pg::datum_of(
        make_uuid_v7({tick_of_microseconds(at + pg::epoch_gap_us), random_bytes.take() & uuid_tail_mask}));
}

// A row per call, so that a query that takes the rows as they come needs no memory for them.
PERFKIT_FUNCTION(pk_uuidv7_batch) {
    if (SRF_IS_FIRSTCALL()) {
        const std::int64_t count = PG_GETARG_INT64(0);
        if (count < 0) throw std::invalid_argument("the number of UUIDs must not be negative");
        pg::call([fcinfo, count] {
            FuncCallContext* first = SRF_FIRSTCALL_INIT();
            first->max_calls = static_cast<std::uint64_t>(count);
        });
    }
    FuncCallContext* context = SRF_PERCALL_SETUP();
    if (context->call_cntr < context->max_calls) {
        const Datum uuid = pg::datum_of(make_uuid_v7(next_stamp()));
        SRF_RETURN_NEXT(context, uuid);
    }
    pg::call([fcinfo, context] { end_MultiFuncCall(fcinfo, context); });
    reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)->isDone = ExprEndResult;
    PG_RETURN_NULL();
}

// Tells the planner how many rows a batch has.
PERFKIT_FUNCTION(pk_uuidv7_batch_support) {
    auto* node = reinterpret_cast<Node*>(PG_GETARG_POINTER(0));
    if (!IsA(node, SupportRequestRows)) PG_RETURN_POINTER(nullptr);
    auto* request = reinterpret_cast<SupportRequestRows*>(node);
    if (!is_funcclause(request->node)) PG_RETURN_POINTER(nullptr);
    Node* count = pg::call([request] {
        auto* call = reinterpret_cast<FuncExpr*>(request->node);
        return estimate_expression_value(request->root, static_cast<Node*>(linitial(call->args)));
    });
    if (!IsA(count, Const)) PG_RETURN_POINTER(nullptr);
    const auto* constant = reinterpret_cast<const Const*>(count);
    request->rows = constant->constisnull ? 0 : static_cast<double>(DatumGetInt64(constant->constvalue));
    PG_RETURN_POINTER(request);
}

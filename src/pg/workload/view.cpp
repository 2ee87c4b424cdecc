// The SQL side of the counters.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "perfkit/pg/latency.hpp"
#include "perfkit/pg/rights.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/workload/counts.hpp"
#include "perfkit/pg/workload/fallback.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/predicates.hpp"
#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/timestamp.h"
}

using namespace perfkit;
using namespace perfkit::workload;
using pg::Value;
using pg::workload::Shared;
using pg::workload::SharedPlans;
using pg::workload::SharedPredicates;
using pg::workload::SharedSamples;

namespace {

Shared& required() {
    if (Shared* const shared = Shared::get(); shared != nullptr) return *shared;
    pg::call([] {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("pg_perfkit captures no workload"),
                        errhint("Add pg_perfkit to shared_preload_libraries and restart the server.")));
    });
    pg_unreachable();
}

double ms(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

Value count(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// In ms.  The extremes are known exactly, and no percentile lies beyond them.
std::optional<double> percentile(const Entry& entry, double share) {
    const auto microseconds = entry.latency.percentile(share);
    if (!microseconds) return std::nullopt;
    const Timing& timing = entry.counters.execution;
    return std::clamp(*microseconds / 1000, ms(timing.min), ms(timing.max));
}

// A copy, so that the lock is not held while rows are made.
std::vector<Entry> entries_of(Shared& shared) {
    std::vector<Entry> entries;
    entries.reserve(static_cast<std::size_t>(pg::workload::max_entries));
    Shared::Access access(shared);
    for (const Entry& entry : access.table().slots())
        if (entry.in_use != 0) entries.push_back(entry);
    return entries;
}

// The timing's value where there is any.
std::optional<double> measured(const Timing& timing, double value) {
    return timing.count == 0 ? std::nullopt : std::optional(value);
}

void add_row(pg::Rows& rows, const Entry& entry, bool visible, const pg::workload::Texts& texts) {
    const auto text = texts.find(entry.key);
    const Counters& c = entry.counters;
    const auto used = [&c](Field field) { return count(c[field]); };
    rows.add({Value::of(ObjectIdGetDatum(entry.key.database)),
              Value::of(ObjectIdGetDatum(entry.key.user)),
              entry.key.toplevel != 0,
              visible ? Value(entry.key.queryid) : Value(std::nullopt),
              count(c.execution.count),
              count(c.failures),
              count(c.cancels),
              ms(c.execution.total),
              measured(c.execution, ms(c.execution.min)),
              measured(c.execution, c.execution.mean() / 1e6),
              measured(c.execution, ms(c.execution.max)),
              measured(c.execution, c.execution.deviation() / 1e6),
              percentile(entry, 0.50),
              percentile(entry, 0.95),
              percentile(entry, 0.99),
              Value::of(pg::latency_datum(entry.latency)),
              ms(c.lost_time),
              count(c.rows),
              count(c.planning.count),
              ms(c.planning.total),
              measured(c.planning, ms(c.planning.min)),
              measured(c.planning, ms(c.planning.max)),
              used(Field::shared_hit),
              used(Field::shared_read),
              used(Field::shared_dirtied),
              used(Field::shared_written),
              used(Field::local_hit),
              used(Field::local_read),
              used(Field::local_dirtied),
              used(Field::local_written),
              used(Field::temp_read),
              used(Field::temp_written),
              ms(c[Field::read_ns]),
              ms(c[Field::write_ns]),
              ms(c[Field::temp_read_ns]),
              ms(c[Field::temp_write_ns]),
              used(Field::wal_records),
              used(Field::wal_fpi),
              used(Field::wal_bytes),
              Value::time(c.first_seen),
              Value::time(c.last_seen),
              text == texts.end() ? Value(std::nullopt) : Value(text->second)});
}

struct SampleUse {
    std::uint64_t statements;
    std::uint64_t free_bytes;
};

}  // namespace

namespace perfkit::pg::workload {

const char* capture_state() {
    if (Shared::get() == nullptr) return "off: pg_perfkit is not in shared_preload_libraries";
    if (!enabled) return "off: pg_perfkit.workload is off";
    if (!IsQueryIdEnabled()) return "off: compute_query_id is off";
    return "on";
}

Counts counts_here() {
    Counts result;
    Shared* const shared = Shared::get();
    if (shared == nullptr) return result;
    const Rights may = rights();
    Shared::Access access(*shared);
    const Shared::Info info = shared->info(access);
    result.since = info.since;
    result.evicted = info.evictions > 0;
    for (const Entry& entry : access.table().slots()) {
        if (entry.in_use == 0 || entry.key.database != MyDatabaseId) continue;
        const Counters& c = entry.counters;
        const std::uint64_t executions = c.execution.count + c.failures + c.cancels;
        if (executions == 0) continue;
        if (result.first_seen == 0 || c.first_seen < result.first_seen) result.first_seen = c.first_seen;
        if (may.text_of(entry.key))
            result.counts.push_back({entry.key, static_cast<double>(executions),
                                     ms(c.execution.total) + ms(c.lost_time), static_cast<double>(c.rows),
                                     c.first_seen});
    }
    return result;
}

}  // namespace perfkit::pg::workload

PERFKIT_FUNCTION(pk_workload_counters) {
    pg::Rows rows(fcinfo);
    Shared* const shared = Shared::get();
    if (shared == nullptr) {
        pg::workload::rows_of_pg_stat_statements(rows);
        PG_RETURN_NULL();
    }
    const bool all = pg::may_read_all_stats();
    const pg::workload::Texts texts = pg::workload::readable_texts();
    for (const Entry& entry : entries_of(*shared)) add_row(rows, entry, all || entry.key.user == GetUserId(), texts);
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_workload_total) {
    Shared& shared = required();
    pg::Rows rows(fcinfo);
    std::array<Entry, 2> totals;
    {
        Shared::Access access(shared);
        totals = {access.table().total(true), access.table().total(false)};
    }
    bool toplevel = true;
    for (const Entry& total : totals) {
        const Counters& c = total.counters;
        rows.add({toplevel, count(c.execution.count), count(c.failures), count(c.cancels), ms(c.execution.total),
                  measured(c.execution, ms(c.execution.max)), percentile(total, 0.50), percentile(total, 0.95),
                  percentile(total, 0.99), Value::of(pg::latency_datum(total.latency)), ms(c.lost_time), count(c.rows),
                  count(c.planning.count), ms(c.planning.total)});
        toplevel = false;
    }
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_workload_info) {
    std::optional<Shared::Info> info;
    if (Shared* const shared = Shared::get(); shared != nullptr) {
        Shared::Access access(*shared);
        info = shared->info(access);
    }
    std::optional<SampleUse> samples;
    if (SharedSamples* const shared = SharedSamples::get(); shared != nullptr) {
        SharedSamples::Access access(*shared);
        samples =
            SampleUse{access.store().size(), access.store().free_blocks() * std::uint64_t{SampleStore::block_size}};
    }
    std::optional<std::uint64_t> plans;
    if (SharedPlans* const shared = SharedPlans::get(); shared != nullptr)
        plans = SharedPlans::Access(*shared).store().size();
    std::optional<std::uint64_t> predicates, predicate_evictions;
    if (SharedPredicates* const shared = SharedPredicates::get(); shared != nullptr) {
        SharedPredicates::Access access(*shared);
        predicates = access.store().size();
        predicate_evictions = access.store().evictions();
    }
    const auto of = [&info](auto member) { return info ? count((*info).*member) : Value(std::nullopt); };
    pg::Rows rows(fcinfo);
    rows.add({pg::workload::capture_state(), info ? Value::time(info->since) : Value(std::nullopt),
              of(&Shared::Info::entries), of(&Shared::Info::capacity), of(&Shared::Info::evictions),
              of(&Shared::Info::lost), of(&Shared::Info::flushes), of(&Shared::Info::damaged),
              info ? count(info->memory + SharedSamples::memory() + SharedPlans::memory() + SharedPredicates::memory())
                   : Value(std::nullopt),
              samples ? count(samples->statements) : Value(std::nullopt),
              samples ? count(samples->free_bytes) : Value(std::nullopt), plans ? count(*plans) : Value(std::nullopt),
              predicates ? count(*predicates) : Value(std::nullopt),
              predicate_evictions ? count(*predicate_evictions) : Value(std::nullopt)});
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_workload_reset) {
    Shared& shared = required();
    struct {
        Oid database = InvalidOid, role = InvalidOid;
    } only;
    pg::call([&only, fcinfo] {
        if (!PG_ARGISNULL(0)) only.database = get_database_oid(NameStr(*PG_GETARG_NAME(0)), false);
        if (!PG_ARGISNULL(1)) only.role = get_role_oid(NameStr(*PG_GETARG_NAME(1)), false);
    });
    const bool one_query = !PG_ARGISNULL(2);
    const std::int64_t queryid = one_query ? PG_GETARG_INT64(2) : 0;

    const auto picked = [&](const Key& key) {
        return (only.database == InvalidOid || key.database == only.database) &&
               (only.role == InvalidOid || key.user == only.role) && (!one_query || key.queryid == queryid);
    };
    {
        SharedSamples::Access access(*SharedSamples::get());
        access.store().remove_if(picked);
        Shared::forget();
    }
    {
        SharedPlans::Access access(*SharedPlans::get());
        access.store().remove_if(picked);
    }
    {
        SharedPredicates::Access access(*SharedPredicates::get());
        access.store().remove_if(picked);
    }
    Shared::Access access(shared);
    if (only.database == InvalidOid && only.role == InvalidOid && !one_query) {
        const std::int64_t all = access.table().size();
        shared.reset(access);
        PG_RETURN_INT64(all);
    }
    PG_RETURN_INT64(access.table().remove_if([&picked](const Entry& entry) { return picked(entry.key); }));
}

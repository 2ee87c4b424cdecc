// The SQL side of history: reads its rows, as the caller, who needs no right on the tables but EXECUTE on these
// functions, and shows statements of others to those who may see them.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/history/chunk.hpp"
#include "perfkit/core/history/sums.hpp"
#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/history/segments.hpp"
#include "perfkit/pg/history/settings.hpp"
#include "perfkit/pg/history/shared.hpp"
#include "perfkit/pg/latency.hpp"
#include "perfkit/pg/rights.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/text.hpp"

extern "C" {
#include "access/xlog.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"
}

using namespace perfkit;
using namespace perfkit::history;
using pg::Value;
using pg::history::Segments;
using pg::history::Shared;

namespace {

constexpr std::uint32_t wait_class = 0xff000000;
constexpr std::int64_t just_now = 5;  // minutes
constexpr TimestampTz launcher_is_late = 30 * USECS_PER_SEC;

template <typename Numbers>
Datum first_of(const Numbers& numbers, std::size_t count) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<std::int64_t>(numbers[i]));
    return pg::bigint_array(values);
}

Kind kind_of(Datum value) {
    const std::string name = pg::call([value] { return TextDatumGetCString(value); });
    const auto kind = kind_named(name);
    if (!kind)
        throw std::invalid_argument("history has no kind \"" + name +
                                    "\": queries, relations, database, waits or server");
    return *kind;
}

void tell_locked(int segments) {
    if (segments == 0) return;
    pg::call([segments] {
        ereport(WARNING, (errmsg("%d of the tables of the history are locked and were left out", segments)));
    });
}

void tell_no_samples() {
    pg::call([] {
        ereport(NOTICE, (errmsg("pg_perfkit samples no wait events"),
                         errhint("Add pg_perfkit to shared_preload_libraries and restart the server.")));
    });
}

struct Window {
    Kind kind;
    TimestampTz from;
    TimestampTz to;
};

Window window_of(FunctionCallInfo fcinfo) {
    return {kind_of(PG_GETARG_DATUM(0)), PG_GETARG_TIMESTAMPTZ(1), PG_GETARG_TIMESTAMPTZ(2)};
}

struct Taken {
    TimestampTz since;
    TimestampTz taken;
};

// Where the history lies that is shown: in the tables of this database, or what a standby has taken itself.
struct Source {
    std::optional<Segments> segments;
    std::optional<pg::history::Ring> ring;

    // Nothing in a database without the extension.
    static std::optional<Source> find() {
        Source source;
        Shared* const shared = Shared::get();
        if (shared != nullptr && RecoveryInProgress() && pg::history::standby_kb > 0 &&
            pg::history::standby_shows == pg::history::own) {
            const auto place = shared->find(MyDatabaseId);
            source.ring = place ? place->ring : pg::history::Ring{};
            return source;
        }
        source.segments = Segments::find();
        if (!source.segments) return std::nullopt;
        return source;
    }
    int read(const pg::history::Wanted& wanted, const pg::history::UseRow& use) const {
        if (segments) return pg::history::read_rows(*segments, wanted, use);
        pg::history::read_rows(*ring, wanted, use);
        return 0;
    }
    std::int64_t bytes() const {
        return segments ? pg::history::bytes_of(*segments) : static_cast<std::int64_t>(pg::history::bytes_of(*ring));
    }
};

// Those in the window: each has a row for the database, and one of another kind only where something has changed.
std::vector<Taken> snapshots_in(const Source& source, const Window& window) {
    std::vector<Taken> found;
    tell_locked(source.read({static_cast<char>(Kind::database), window.from, window.to, false, false},
                            [&found](const pg::history::Row& row) {
                                found.push_back({row.since, row.taken});
                            }));
    return found;
}

// Calls lead with what lies before the window, and use with what lies in it.
template <typename Lead, typename Use>
void read(const Source& source, const Window& window, Lead lead, Use use) {
    const bool gauges = shape_of(window.kind).gauges > 0;
    source.read({static_cast<char>(window.kind), window.from, window.to, gauges, true},
                [&](const pg::history::Row& row) {
                    const Records records = decode(row.data);
                    if (row.taken <= window.from)
                        lead(row, records);
                    else
                        use(row, records);
                });
}

// Of waits: running, waiting, looks.
Datum counters_of(Kind kind, const Sums& sums, const Sum& all) {
    if (kind != Kind::waits) return first_of(all.counters, shape_of(kind).counters);
    std::vector<std::int64_t> values(3);
    for (const auto& [id, sum] : sums.objects())
        values[id[0] < 0 ? 2 : id[0] == 0 ? 0 : 1] += static_cast<std::int64_t>(sum.counters[0]);
    return pg::bigint_array(values);
}

// As long as nothing keeps it from being on.
std::string state_of(const std::optional<pg::history::Place>& place, const pg::history::Launcher& launcher,
                     TimestampTz now) {
    if (Shared::get() == nullptr) return "off: pg_perfkit is not in shared_preload_libraries";
    if (pg::history::takes_none()) return "off: this is a standby, and pg_perfkit.standby_history_size is 0";
    if (pg::history::interval_s == 0) return "off: pg_perfkit.history_interval is 0";
    if (!pg::history::enabled || (place && place->off)) return "off: pg_perfkit.history is off for this database";
    if (launcher.pid == 0 || now - launcher.last_round > launcher_is_late) return "dead: the launcher is not running";
    if (launcher.trouble[0] != '\0') return "trouble";
    if (place && place->trouble[0] != '\0') return "trouble";
    if (!place || place->tried == 0 || !place->has_extension) return "on: no snapshot has been tried yet";
    return "on";
}

[[noreturn]] void none_taken(const char* why) {
    pg::call([why] {
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("no snapshot could be taken: %s", why)));
    });
    pg_unreachable();
}

Shared& required() {
    if (Shared* const shared = Shared::get(); shared != nullptr) return *shared;
    pg::call([] {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("pg_perfkit takes no history"),
                        errhint("Add pg_perfkit to shared_preload_libraries and restart the server.")));
    });
    pg_unreachable();
}

}  // namespace

PERFKIT_FUNCTION(pk_history_info) {
    pg::Rows rows(fcinfo);
    const TimestampTz now = GetCurrentTimestamp();
    pg::history::Launcher launcher;
    std::optional<pg::history::Place> place;
    if (Shared* const shared = Shared::get(); shared != nullptr) {
        // It is here, so the launcher may want to know.
        shared->notice(MyDatabaseId);
        launcher = shared->launcher();
        place = shared->find(MyDatabaseId);
    }
    std::int64_t snapshots = 0, bytes = 0;
    int locked = 0;
    TimestampTz oldest = 0, newest = 0;
    if (const auto source = Source::find(); source) {
        locked = source->read({static_cast<char>(Kind::database), DT_NOBEGIN, DT_NOEND, false, false},
                              [&](const pg::history::Row& row) {
                                  ++snapshots;
                                  if (oldest == 0) oldest = row.taken;
                                  newest = row.taken;
                              });
        bytes = source->bytes();
    }
    const std::string state = state_of(place, launcher, now);
    // Before the first look at a database that has the extension, nothing is overdue.
    TimestampTz since = 0;
    if (launcher.pid == 0)
        since = std::max(place ? place->succeeded : 0, PgStartTime);
    else if (place && place->has_extension)
        since = std::max(place->succeeded, launcher.since);
    if (locked > 0) oldest = newest = 0;
    const bool off = state.starts_with("off") || since == 0;
    const char* const trouble = launcher.trouble[0] != '\0' ? launcher.trouble.data()
                                : place                     ? place->trouble.data()
                                                            : "";
    rows.add({state, static_cast<std::int64_t>(pg::history::interval_s),
              std::int64_t{pg::history::retention_minutes} * 60, locked > 0 ? Value(std::nullopt) : Value(snapshots),
              Value::time(oldest), Value::time(newest), bytes,
              newest - oldest >= USECS_PER_HOUR
                  ? Value(static_cast<std::int64_t>(static_cast<double>(bytes) * USECS_PER_DAY /
                                                    static_cast<double>(newest - oldest)))
                  : Value(std::nullopt),
              Value::time(place ? place->tried : 0), Value::time(place ? place->succeeded : 0),
              off ? Value(std::nullopt) : Value(static_cast<double>(now - since) / USECS_PER_SEC),
              *trouble == '\0' || !pg::may_read_all_stats() ? Value(std::nullopt) : Value(trouble),
              place ? Value(place->resets) : Value(std::nullopt)});
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_history_snapshot) {
    Shared& shared = required();
    if (pg::history::takes_none())
        pg::call([] {
            ereport(ERROR,
                    (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("no history is taken on a standby"),
                     errdetail("pg_perfkit.standby_history_size is 0.")));
        });
    const auto number = shared.ask(MyDatabaseId);
    if (!number) throw std::runtime_error("history has no room for a further database");
    for (;;) {
        const auto place = shared.find(MyDatabaseId);
        const pg::history::Launcher launcher = shared.launcher();
        if (place && place->served >= *number) {
            if (place->trouble[0] != '\0') none_taken(place->trouble.data());
            if (!place->has_extension) none_taken("the extension has been dropped");
            if (place->off) none_taken("pg_perfkit.history is off for this database");
            PG_RETURN_TIMESTAMPTZ(place->taken);
        }
        if (!place) none_taken("the database has lost its place");
        if (launcher.trouble[0] != '\0') none_taken(launcher.trouble.data());
        if (launcher.pid == 0) none_taken("the launcher is not running");
        pg::call([] {
            (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 5, PG_WAIT_EXTENSION);
            ResetLatch(MyLatch);
            CHECK_FOR_INTERRUPTS();
        });
    }
}

PERFKIT_FUNCTION(pk_history_totals) {
    const Window window = window_of(fcinfo);
    const Shape shape = shape_of(window.kind);
    pg::Rows rows(fcinfo);
    const auto source = Source::find();
    if (!source) PG_RETURN_NULL();
    std::int64_t seconds = 0;
    const std::vector<Taken> snapshots = snapshots_in(*source, window);
    for (const Taken& snapshot : snapshots)
        if (snapshot.since != 0) seconds += snapshot.taken - snapshot.since;
    if (snapshots.empty()) PG_RETURN_NULL();
    Sums sums;
    read(
        *source, window,
        [&](const pg::history::Row& row, const Records& records) { sums.before_window(records, row.since == 0); },
        [&](const pg::history::Row& row, const Records& records) { sums.in_window(records, row.since == 0); });
    const bool all = pg::may_read_all_stats();
    for (const auto& [id, sum] : sums.objects()) {
        const bool visible = window.kind != Kind::queries || all || static_cast<Oid>(id[1]) == GetUserId();
        std::vector<Value> ids;
        for (std::size_t i = 0; i < most_ids; ++i)
            ids.push_back(i < shape.ids && (visible || i > 0) ? Value(id[i]) : Value(std::nullopt));
        rows.add({ids[0], ids[1], ids[2], Value::of(first_of(sum.counters, shape.counters)),
                  Value::of(first_of(sum.first, shape.gauges)), Value::of(first_of(sum.last, shape.gauges)),
                  shape.latency ? Value::of(pg::bigint_array(sum.latency_pairs())) : Value(std::nullopt), sum.snapshots,
                  static_cast<double>(seconds) / USECS_PER_SEC});
    }
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_history_points) {
    const Window window = window_of(fcinfo);
    const Shape shape = shape_of(window.kind);
    pg::Rows rows(fcinfo);
    const auto source = Source::find();
    if (!source) PG_RETURN_NULL();
    const std::vector<Taken> snapshots = snapshots_in(*source, window);
    auto next = snapshots.begin();
    Sums sums;
    const auto add = [&](TimestampTz since, TimestampTz taken) {
        const Sum all = sums.all();
        rows.add({Value::time(since), Value::time(taken), Value::of(counters_of(window.kind, sums, all)),
                  Value::of(first_of(all.last, shape.gauges)),
                  shape.latency ? Value::of(pg::bigint_array(all.latency_pairs())) : Value(std::nullopt)});
        sums.next_point();
    };
    // In which nothing of this kind has changed.
    const auto add_quiet = [&](TimestampTz until) {
        for (; next != snapshots.end() && next->taken < until; ++next) add(next->since, next->taken);
        if (next != snapshots.end() && next->taken == until) ++next;
    };
    read(
        *source, window,
        [&](const pg::history::Row& row, const Records& records) { sums.before_window(records, row.since == 0); },
        [&](const pg::history::Row& row, const Records& records) {
            add_quiet(row.taken);
            sums.in_window(records, row.since == 0);
            add(row.since, row.taken);
        });
    add_quiet(DT_NOEND);
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_recent_waits) {
    pg::Rows rows(fcinfo);
    const Shared* const shared = Shared::get();
    if (shared == nullptr) {
        tell_no_samples();
        PG_RETURN_NULL();
    }
    const std::int64_t now = pg::history::this_minute();
    const LastHour looks = shared->launcher().recent_looks;
    for (const pg::history::WaitCount& wait : shared->waits_of(MyDatabaseId))
        if (const std::int64_t seen = wait.recent.seen(now); seen > 0)
            rows.add({static_cast<std::int64_t>(wait.event), seen, looks.seen(now), wait.recent.seen(now, just_now),
                      looks.seen(now, just_now)});
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_wait_event_name) {
    const std::int64_t number = PG_GETARG_INT64(0);
    if (number < 0 || number > 0xffffffff) PG_RETURN_NULL();
    if (number == 0) PG_RETURN_TEXT_P(pg::call([] { return cstring_to_text("CPU"); }));
    PG_RETURN_TEXT_P(pg::call([number] {
        const auto info = static_cast<std::uint32_t>(number);
        // Names that libraries give are known to this start of the server only, and asking for others is an error.
        if ((info & wait_class) == PG_WAIT_EXTENSION) return cstring_to_text("Extension");
        const char* const type = pgstat_get_wait_event_type(info);
        const char* const event = pgstat_get_wait_event(info);
        return cstring_to_text(psprintf("%s: %s", type == nullptr ? "?" : type, event == nullptr ? "?" : event));
    }));
}

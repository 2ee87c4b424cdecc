// Takes one snapshot of one database and leaves, so that nobody has to wait to drop the database.
//
// It runs with the rights of the bootstrap superuser, as such workers do, and therefore runs no SQL at all: it reads
// shared memory, catalogs and the cumulative statistics, and writes through segments.hpp.  Whatever goes wrong is noted
// for pk_history_info() and is otherwise nobody's problem.
#include "perfkit/pg/history/worker.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/history/chunk.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/history/measure.hpp"
#include "perfkit/pg/history/ring.hpp"
#include "perfkit/pg/history/segments.hpp"
#include "perfkit/pg/history/settings.hpp"
#include "perfkit/pg/history/shared.hpp"

extern "C" {
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::history {

using namespace perfkit::history;

namespace {

constexpr int most_ms = 20000;                           // then it gives up
constexpr TimestampTz longest_silence = USECS_PER_HOUR;  // without a row, where nothing happens
constexpr std::uint64_t least_free_bytes = std::uint64_t{256} << 20;

struct Outcome {
    bool has_extension = true;
    bool off = false;
    bool written = false;
    TimestampTz taken = 0;
    std::int64_t resets = 0;
    std::string trouble;
    std::string reading;  // to be kept, where it has been written
    Limits limits;
    bool standby = false;
    std::string rows;    // there: to be added to the ring
    bool begin = false;  // as a part of it
};

// The reading that the last worker kept, if it is there.
std::optional<Reading> last_reading(const Place& place) {
    if (place.reading == 0) return std::nullopt;
    struct Kept {
        dsm_segment* segment;
        const char* bytes;
        std::size_t size;
    };
    const Kept kept = call([&place] {
        dsm_segment* const segment = dsm_attach(place.reading);
        if (segment == nullptr) return Kept{nullptr, nullptr, 0};
        return Kept{segment, static_cast<const char*>(dsm_segment_address(segment)), dsm_segment_map_length(segment)};
    });
    if (kept.segment == nullptr) return std::nullopt;
    std::string_view bytes(kept.bytes, kept.size);
    Reading reading = decode_reading(take_block(bytes));
    call([&kept] { dsm_detach(kept.segment); });
    return reading;
}

// Gives the handle of a segment of shared memory that outlives this process.
dsm_handle keep(const std::string& reading) {
    std::string block;
    append_block(block, reading);
    return call([&block] {
        dsm_segment* const segment = dsm_create(block.size(), 0);
        std::memcpy(dsm_segment_address(segment), block.data(), block.size());
        dsm_pin_segment(segment);
        const dsm_handle handle = dsm_segment_handle(segment);
        dsm_detach(segment);
        return handle;
    });
}

// An eighth of what is kept, in bytes and in time.
Limits limits() {
    const std::int64_t retention = std::int64_t{retention_minutes} * 60;
    return {static_cast<std::size_t>(standby_kb) * 1024 / ring_parts,
            std::max<std::int64_t>(retention / (segment_count - 1), 1), retention};
}

bool is_nearly_full(const char* directory) {
    struct statvfs disk;
    return statvfs(directory, &disk) == 0 && std::uint64_t{disk.f_bavail} * disk.f_frsize < least_free_bytes;
}

// One of those that a snapshot writes to.
bool disk_is_nearly_full() {
    return is_nearly_full(DataDir) || is_nearly_full("pg_wal") || is_nearly_full(DatabasePath);
}

// What a snapshot gained over the one before, as rows: with all gauges where those before may go.
Snapshot snapshot_of(std::array<Gain, kinds.size()> gains, const Reading& reading, const std::optional<Reading>& last,
                     TimestampTz since, TimestampTz now, bool all_gauges) {
    Snapshot rows;
    rows.since = last ? since : 0;
    rows.taken = now;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const Kind kind = kinds[i];
        if (last && all_gauges && shape_of(kind).gauges > 0) gains[i] = gained((*last)[i], reading[i], true);
        // The database's is always there: it tells that there was a snapshot.  A first reading without a relation tells
        // that those before it are gone.
        const bool tells = kind == Kind::database || (!last && shape_of(kind).gauges > 0);
        if (gains[i].records.empty() && !tells) continue;
        rows.data.push_back({static_cast<char>(kind), encode(gains[i].records, shape_of(kind), false)});
    }
    return rows;
}

Outcome take(const Place& place) {
    Outcome outcome;
    const bool standby = RecoveryInProgress();
    outcome.standby = standby;
    const auto segments = Segments::find();
    if (!segments) {
        outcome.has_extension = false;
        return outcome;
    }
    outcome.off = !enabled;
    if (outcome.off) return outcome;
    if (!segments->complete()) {
        outcome.trouble = "tables of the history are missing: the extension needs ALTER EXTENSION pg_perfkit UPDATE";
        return outcome;
    }
    if (!standby && XactReadOnly) {
        outcome.trouble = "default_transaction_read_only is on for this database";
        return outcome;
    }
    if (!standby && disk_is_nearly_full()) {
        outcome.trouble = "the disk is nearly full: less than 256 MB are free";
        return outcome;
    }

    const TimestampTz now = GetCurrentTimestamp();
    const Reading reading = read_all(*segments);
    auto last = last_reading(place);
    const bool begins = !last || now <= place.taken || place.on_standby != standby;
    if (begins) last.reset();

    // What nobody would miss is not written: an idle database writes no WAL.
    std::array<Gain, kinds.size()> gains;
    bool counted = begins;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        gains[i] = begins ? first(reading[i]) : gained((*last)[i], reading[i], false);
        if (kinds[i] == Kind::queries || kinds[i] == Kind::relations) counted |= gains[i].counted;
        outcome.resets += gains[i].resets;
    }
    if (!counted && place.requested == place.served && now - place.taken < longest_silence) {
        outcome.resets = 0;  // they will be seen again
        return outcome;
    }

    outcome.limits = limits();
    outcome.taken = now;
    outcome.reading = encode_reading(reading);
    const auto rows = [&](bool all_gauges) { return snapshot_of(gains, reading, last, place.taken, now, all_gauges); };
    if (standby) {
        outcome.rows = rows_of(rows(false));
        outcome.begin = !has_room(place.ring, outcome.rows.size(), now, outcome.limits);
        if (outcome.begin) outcome.rows = rows_of(rows(true));
        outcome.written = fits(outcome.rows.size(), outcome.limits);
        if (!outcome.written)
            outcome.trouble = "a snapshot takes more than an eighth of pg_perfkit.standby_history_size";
        return outcome;
    }
    Writer writer(*segments, now, outcome.limits.span_seconds, outcome.limits.retention_seconds);
    if (!writer.open()) {
        outcome.trouble = "a table of the history is locked";
        return outcome;
    }
    const Snapshot written = rows(writer.fresh());
    for (const Snapshot::Data& data : written.data) writer.add({data.kind, written.since, written.taken, data.bytes});
    outcome.written = true;
    return outcome;
}

// In a transaction of its own; an error ends it, and the reading before stays the one to compare with.
Outcome take_in_transaction(const Place& place) {
    dsm_handle kept = 0;
    Outcome failed;
    try {
        call([] {
            StartTransactionCommand();
            PushActiveSnapshot(GetTransactionSnapshot());
        });
        Outcome outcome = take(place);
        if (outcome.written) kept = keep(outcome.reading);
        // Not in a transaction: a part of the ring outlives it.
        std::vector<dsm_handle> dropped;
        call([] {
            PopActiveSnapshot();
            CommitTransactionCommand();
        });
        if (outcome.written) {
            Ring ring;
            if (outcome.standby)
                ring = add(place.ring, outcome.rows, outcome.taken, outcome.begin, outcome.limits, dropped);
            else  // what a standby had collected before it was promoted
                dropped = handles_of(place.ring);
            const bool found = Shared::get()->change(place.database, false, [&](Place& mine) {
                std::swap(mine.reading, kept);
                mine.taken = outcome.taken;
                mine.on_standby = outcome.standby;
                mine.ring = ring;
            });
            // The database has lost its place, with all that was kept before; nobody would find what is new.
            if (!found) {
                dropped.clear();
                if (outcome.begin) dropped.push_back(ring.parts[0].handle);
            }
        }
        // The one before; or the new one.
        if (kept != 0) dropped.push_back(kept);
        unpin(dropped);
        return outcome;
    } catch (const Error& error) {
        failed.trouble = error.report()->message;
    } catch (const std::exception& error) {
        failed.trouble = error.what();
    }
    call([] { AbortOutOfAnyTransaction(); });
    if (kept != 0) unpin({kept});
    return failed;
}

void note(const Place& before, const Outcome& outcome) {
    std::array<char, 200> trouble;
    copy_text(trouble, outcome.trouble);
    Shared::get()->change(before.database, false, [&](Place& place) {
        place.under_way = false;
        place.has_extension = outcome.has_extension;
        place.off = outcome.off;
        place.served = std::max(place.served, before.requested);
        place.resets += outcome.resets;
        if (outcome.trouble.empty() && outcome.has_extension && !outcome.off) place.succeeded = GetCurrentTimestamp();
        place.trouble = trouble;
    });
    // Once for each kind of trouble.
    if (outcome.trouble.empty() || trouble == before.trouble) return;
    call([&trouble] { ereport(LOG, (errmsg("pg_perfkit took no snapshot for its history: %s", trouble.data()))); });
}

void set(const char* name, const char* value) { SetConfigOption(name, value, PGC_USERSET, PGC_S_OVERRIDE); }

void run(Oid database) {
    call([database] {
        pqsignal(SIGTERM, die);
        BackgroundWorkerUnblockSignals();
        BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
        set("search_path", "pg_catalog, pg_temp");
        set("lock_timeout", "100ms");            // for the catalogs; everything else is asked for without waiting
        set("synchronous_commit", "off");        // no wait for a disk or a standby
        set("stats_fetch_consistency", "none");  // a reading of now, without a copy of everything
        if (GetConfigOption("transaction_timeout", true, false) != nullptr) set("transaction_timeout", "0");
        set("application_name", "pg_perfkit history");
        pgstat_report_activity(STATE_RUNNING, "pg_perfkit takes a snapshot for its history");
        enable_timeout_after(STATEMENT_TIMEOUT, most_ms);
    });
    const auto place = Shared::get()->find(database);
    if (!place) return;
    const Outcome outcome = take_in_transaction(*place);
    call([] { disable_timeout(STATEMENT_TIMEOUT, false); });
    note(*place, outcome);
}

}  // namespace

BackgroundWorkerHandle* start_worker(Oid database) {
    const std::string name = "pg_perfkit history of database " + std::to_string(database);
    return call([&] {
        MemoryContext const before = MemoryContextSwitchTo(TopMemoryContext);
        BackgroundWorkerHandle* const handle =
            pg::start_worker(name.c_str(), "pg_perfkit history", "pk_history_worker", ObjectIdGetDatum(database));
        MemoryContextSwitchTo(before);
        return handle;
    });
}

}  // namespace perfkit::pg::history

extern "C" {
PGDLLEXPORT void pk_history_worker(Datum);
}

void pk_history_worker(Datum database) {
    perfkit::pg::guarded([database] { perfkit::pg::history::run(DatumGetObjectId(database)); });
    proc_exit(0);
}

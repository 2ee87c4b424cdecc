// Knows the databases, and starts a worker for one of them at a time, when a snapshot of it is due.  Once a second it
// looks what sessions wait for.  It is connected to no database.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/history/settings.hpp"
#include "perfkit/pg/history/shared.hpp"
#include "perfkit/pg/history/worker.hpp"
#include "perfkit/pg/worker.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::history {

namespace {

constexpr long round_ms = 1000;
constexpr TimestampTz look_interval = 900 * 1000;              // at least, between two looks at waits
constexpr TimestampTz databases_age = 30 * USECS_PER_SEC;      // then the list is read again
constexpr TimestampTz unknown_interval = 600 * USECS_PER_SEC;  // between two looks whether one has got the extension
constexpr TimestampTz longest_worker = 60 * USECS_PER_SEC;     // then it is ended
constexpr TimestampTz shortest_interval = USECS_PER_SEC;

// Those that take connections.  Templates are left alone: somebody might be copying one.
std::vector<Oid> databases() {
    std::vector<Oid> found;
    call([&found] {
        StartTransactionCommand();
        Relation const catalog = table_open(DatabaseRelationId, AccessShareLock);
        SysScanDesc const scan = systable_beginscan(catalog, InvalidOid, false, nullptr, 0, nullptr);
        while (HeapTuple const tuple = systable_getnext(scan)) {
            const FormData_pg_database& form = *reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
            if (form.datallowconn && !form.datistemplate && form.datconnlimit != -2) found.push_back(form.oid);
        }
        systable_endscan(scan);
        table_close(catalog, AccessShareLock);
        CommitTransactionCommand();
    });
    return found;
}

class Rounds {
public:
    Rounds() { launcher_.pid = MyProcPid, launcher_.since = GetCurrentTimestamp(); }

    void round() {
        const TimestampTz now = GetCurrentTimestamp();
        launcher_.last_round = now;
        Shared& shared = *Shared::get();
        shared.set_launcher(launcher_, MyLatch);
        // It is woken more often while workers begin and end.
        if (interval_s > 0 && (now - looked_ >= look_interval || now < looked_)) {
            shared.count_waits();
            looked_ = now;
        }
        // What sessions wait for is counted on each standby.
        if (takes_none()) return;
        watch_worker(now);
        if (worker_ == nullptr) start_due(now);
    }

private:
    Launcher launcher_;
    TimestampTz looked_ = 0;
    TimestampTz listed_ = 0;
    BackgroundWorkerHandle* worker_ = nullptr;
    TimestampTz started_ = 0;
    Oid database_ = InvalidOid;
    std::int64_t requested_ = 0;

    void watch_worker(TimestampTz now) {
        if (worker_ == nullptr) return;
        pid_t pid = 0;
        if (GetBackgroundWorkerPid(worker_, &pid) == BGWH_STOPPED) {
            pfree(worker_);
            worker_ = nullptr;
            worker_ended();
        } else if (now - started_ > longest_worker) {
            call([this] { TerminateBackgroundWorker(worker_); });
        }
    }

    // It may not have come to say so itself.
    void worker_ended() const {
        std::array<char, 200> lost;
        copy_text(lost, "its process ended before its time; the server's log may say why");
        bool news = false;
        Shared::get()->change(database_, false, [&](Place& place) {
            place.served = std::max(place.served, requested_);
            if (!std::exchange(place.under_way, false)) return;
            news = place.trouble != lost;
            place.trouble = lost;
        });
        if (news)
            call([&lost] { ereport(LOG, (errmsg("pg_perfkit took no snapshot for its history: %s", lost.data()))); });
    }

    // Forgets the databases that are gone.
    void list_databases(TimestampTz now) {
        if (listed_ != 0 && now - listed_ < databases_age && now >= listed_) return;
        listed_ = now;
        const std::vector<Oid> there = databases();
        Shared& shared = *Shared::get();
        std::array<Place, most_databases> places;
        shared.all(places);
        for (const Place& place : places) {
            if (place.database == InvalidOid || std::find(there.begin(), there.end(), place.database) != there.end())
                continue;
            const Place gone = shared.forget(place.database);
            if (gone.reading != 0) unpin({gone.reading});
            unpin(handles_of(gone.ring));
        }
        for (const Oid database : there) shared.change(database, true, [](Place&) {});
    }

    static TimestampTz due(const Place& place) {
        if (place.requested > place.served) return 1;
        if (interval_s == 0) return 0;
        const TimestampTz interval = std::max(interval_s * USECS_PER_SEC, shortest_interval);
        if (place.tried == 0) return 1;
        if (place.has_extension) return place.tried + interval;
        const TimestampTz its_turn = place.tried + std::max(interval, unknown_interval);
        return place.look_at == 0 ? its_turn : std::min(place.look_at, its_turn);
    }

    void start_due(TimestampTz now) {
        list_databases(now);
        Shared& shared = *Shared::get();
        std::array<Place, most_databases> places;
        shared.all(places);
        const Place* next = nullptr;
        for (const Place& place : places) {
            if (place.database == InvalidOid || due(place) == 0 || due(place) > now) continue;
            if (next == nullptr || due(place) < due(*next)) next = &place;
        }
        if (next == nullptr) return;
        started_ = now;
        database_ = next->database;
        // What is asked for from here on may be too late for this worker.
        requested_ = next->requested;
        // Before it can have come to its end.
        shared.change(database_, false, [](Place& place) { place.under_way = true; });
        worker_ = start_worker(database_);
        if (worker_ == nullptr) {
            shared.change(database_, false, [](Place& place) { place.under_way = false; });
            copy_text(launcher_.trouble, "no worker could be started: max_worker_processes is too low");
            return;
        }
        launcher_.trouble = {};
        shared.change(database_, false, [this](Place& place) {
            place.tried = started_;
            if (place.look_at <= started_) place.look_at = 0;
        });
    }
};

// However the process ends.
void leave(int, Datum) { Shared::get()->set_launcher(Launcher{}, nullptr); }

void run() {
    begin_worker();
    call([] { before_shmem_exit(leave, 0); });
    call([] { BackgroundWorkerInitializeConnection(nullptr, nullptr, 0); });
    Rounds rounds;
    rounds.round();
    while (worker_waited(round_ms)) rounds.round();
}

}  // namespace

}  // namespace perfkit::pg::history

extern "C" {
PGDLLEXPORT void pk_history_launcher(Datum);
}

void pk_history_launcher(Datum) {
    perfkit::pg::guarded([] { perfkit::pg::history::run(); });
    perfkit::pg::end_worker();
}

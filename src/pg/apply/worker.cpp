// The background worker that carries advice out.
//
// It logs in as the session did that asked, waits for that session's transaction, and then does in the name of the role
// that called pk_apply() what this role could do by hand.  Whatever happens, others are not held up for long: it waits
// for locks within limits, and an index that came to nothing is dropped.

#include <algorithm>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/packed.hpp"
#include "perfkit/pg/apply/queue.hpp"
#include "perfkit/pg/apply/records.hpp"
#include "perfkit/pg/apply/utility.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/workload.hpp"

extern "C" {
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/guc.h"
#include "utils/resowner.h"
#include "utils/wait_event.h"
}

namespace perfkit::pg {

namespace {

constexpr int most_attempts = 3;
constexpr long turn_pause = 200;    // ms, between two looks whether another one is done with the table
constexpr long first_pause = 1000;  // ms, before the second attempt; the next is four times as long

// Limits on waiting for a single lock or transaction.  CONCURRENTLY waits for old transactions, while those who want
// the table for themselves queue up behind it; what is not concurrent makes everybody queue up who writes.
constexpr const char* concurrent_timeout = "5min";
constexpr const char* exclusive_timeout = "2s";
constexpr const char* cleanup_timeout = "10s";
constexpr const char* last_timeout = "3s";  // while the server waits for this process to end

constexpr const char* terminated = "the process that carried it out was terminated";

volatile sig_atomic_t told_to_end = 0;

// Like a cancel, so that there is time to clean up.
void on_terminate([[maybe_unused]] SIGNAL_ARGS) {
    const int kept = errno;
    told_to_end = 1;
    InterruptPending = 1;
    QueryCancelPending = 1;
    SetLatch(MyLatch);
    errno = kept;
}

// Failures that come from others' work: deadlock and serialization, a lock that was not to be had.
bool may_pass(const Failed& failure) {
    return ERRCODE_TO_CATEGORY(failure.sqlstate()) == ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK) ||
           failure.sqlstate() == ERRCODE_LOCK_NOT_AVAILABLE;
}

class Application {
public:
    explicit Application(const Job& job) : job_(job), piece_(job.piece) {}

    // Shows that it is at hand.  False where the transaction that asked was rolled back.
    bool claim() {
        bool queued = false;
        in_transaction([&] {
            records_.emplace();
            queued = records_->is_queued(job_.record) && records_->raise(Sign::record, job_.record);
        });
        return queued;
    }

    void run() {
        set_for_session("role", "none");
        std::string error;
        try {
            if (told_to_end) throw Failed(ERRCODE_ADMIN_SHUTDOWN, terminated);
            alone_ = records_->raise(Sign::advice, piece_.advice_id);
            if (!alone_) throw Failed(ERRCODE_OBJECT_IN_USE, "another process is carrying out the same advice");
            become();
            begin();
            take_turn();
            carry_out();
        } catch (const Failed& failure) {
            error = failure.what();
        }
        if (error.empty()) analyze();
        end(error);
        if (!error.empty())
            call([&] {
                ereport(LOG, (errmsg("could not carry out the advice %s: %s", piece_.advice_id.c_str(), error.c_str()),
                              errdetail("Statement: %s", piece_.ddl.c_str())));
            });
        if (my_turn_) records_->lower(Sign::table, piece_.qualified_table());
        // Not before others see the outcome: a record without an outcome and without a sign is taken for lost.
        records_->lower(Sign::record, job_.record);
    }

private:
    // Fails where the session may not, any more, become that role.
    void become() {
        in_transaction([&] {
            for (const auto& [name, value] : job_.settings) set_for_session(name.c_str(), value);
            // The names of the statement are the system's own or have a schema; event triggers may count on others.
            const std::string path = setting("search_path");
            set_for_session("search_path", path.empty() ? "pg_catalog" : "pg_catalog, " + path);
            if (!job_.role.empty()) set_for_session("role", job_.role);
        });
    }

    void begin() {
        in_transaction([&] {
            const CaptureOff off;
            if (!records_->begin(job_.record, piece_))
                throw Failed(ERRCODE_UNDEFINED_OBJECT, "its record has been deleted");
        });
    }

    // The tables may have others names now, others' tables these names.
    void check() {
        if (relation(piece_.table) != piece_.table_id)
            throw Failed(ERRCODE_UNDEFINED_TABLE, "the table is not the one that the advice was for");
        if (!piece_.creates() && relation(piece_.index) != piece_.index_id)
            throw Failed(ERRCODE_UNDEFINED_OBJECT, "the index is not the one that the advice was for");
        if (piece_.replacement.empty()) return;
        const auto valid =
            run_query("SELECT FROM pg_index WHERE indisvalid AND indrelid = " + std::to_string(piece_.table_id) +
                      " AND indexrelid = " + std::to_string(relation(piece_.replacement)));
        if (valid.empty())
            throw Failed(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                         "the index that takes over its work, " + piece_.replacement + ", is not there");
    }

    Oid relation(const std::string& name) const {
        const auto rows = run_query(
            "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
            "n.nspname = " +
            quoted_literal(piece_.schema) + " AND c.relname = " + quoted_literal(name));
        return rows.empty() ? InvalidOid : static_cast<Oid>(integer_of(rows.front()[0]));
    }

    // Two builds on one table would wait for each other: one for the other's lock, the other for the one's snapshot. So
    // this waits without either.
    void take_turn() {
        while (!(my_turn_ = records_->raise(Sign::table, piece_.qualified_table()))) {
            pause(turn_pause);
            in_transaction([] { call([] { CHECK_FOR_INTERRUPTS(); }); });
            if (told_to_end) throw Failed(ERRCODE_ADMIN_SHUTDOWN, terminated);
        }
    }

    void carry_out() {
        const std::string own_timeout = setting("lock_timeout");
        const std::string timeout = own_timeout != "0"    ? own_timeout
                                    : piece_.concurrent() ? concurrent_timeout
                                                          : exclusive_timeout;
        in_transaction([&] { left_ = records_->left_behind(job_.record, piece_); });
        // The statement itself drops its index.
        std::erase(left_, piece_.index);
        if (piece_.creates()) left_.push_back(piece_.index);
        for (int attempt = 1;; ++attempt) {
            clean_before();
            in_transaction([&] {
                check();
                records_->attempted(job_.record);
            });
            set_for_session("lock_timeout", timeout);
            try {
                run_alone(piece_.ddl);
                return;
            } catch (const Failed& failure) {
                try {
                    clean(is_ours());
                } catch (const Failed& kept) {
                    throw Failed(failure.sqlstate(),
                                 std::string(failure.what()) + "; its index could not be dropped: " + kept.what());
                }
                if (told_to_end) throw Failed(ERRCODE_ADMIN_SHUTDOWN, terminated);
                if (!may_pass(failure) || attempt == most_attempts) throw;
                pause(attempt == 1 ? first_pause : 4 * first_pause);
            }
        }
    }

    std::string setting(const std::string& wanted) const {
        for (const auto& [name, value] : job_.settings)
            if (name == wanted) return value;
        return "";
    }

    // Invalid indexes of the names that earlier changes may have left, unless somebody may be building one of them.
    // What cannot be dropped stays; the record of that change goes on to say so.
    void clean_before() {
        std::string names = "''";
        for (const std::string& name : left_) names += ", " + quoted_literal(name);
        try {
            clean("c.relname IN (" + names + ") AND " + Records::nobody_builds());
        } catch (const Failed& failure) {
            if (told_to_end || failure.sqlstate() == ERRCODE_QUERY_CANCELED) throw;
        }
    }

    // Drops the invalid indexes of the table for which this holds.
    void clean(const std::string& condition) {
        if (!piece_.concurrent()) return;
        std::vector<std::string> invalid;
        in_transaction([&] {
            for (const TextRow& row : invalid_indexes(condition)) invalid.push_back(*row[0]);
        });
        set_for_session("lock_timeout", told_to_end ? last_timeout : cleanup_timeout);
        for (const std::string& name : invalid) run_alone(drop_of(name));
    }

    std::vector<TextRow> invalid_indexes(const std::string& condition) const {
        return run_query(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = "
            "c.relnamespace WHERE NOT i.indisvalid AND i.indrelid = " +
            std::to_string(piece_.table_id) + " AND n.nspname = " + quoted_literal(piece_.schema) + " AND " +
            condition);
    }

    // Made by this process, whoever holds locks on the table now.
    std::string is_ours() const {
        std::string ids = "0";
        for (const Oid made : made_relations()) ids += ", " + std::to_string(made);
        return "i.indexrelid IN (" + ids + ")";
    }

    // Whether the attempts to make an index, or to drop it, have left it invalid.
    bool has_left() const {
        return !invalid_indexes("c.relname = " + quoted_literal(piece_.index) + " AND " +
                                (piece_.creates() ? is_ours() : "i.indexrelid = " + std::to_string(piece_.index_id)))
                    .empty();
    }

    std::string drop_of(const std::string& name) const {
        return "DROP INDEX CONCURRENTLY " + quoted_name(piece_.schema) + "." + quoted_name(name);
    }

    void pause(long ms) {
        call([&] {
            (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, ms, PG_WAIT_EXTENSION);
            ResetLatch(MyLatch);
        });
    }

    // An expression has statistics only after ANALYZE, and a table that was never analyzed has none.
    void analyze() {
        if (!piece_.creates()) return;
        try {
            bool needed = false;
            in_transaction([&] {
                needed =
                    !run_query("SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE i.indexrelid = " +
                               std::to_string(relation(piece_.index)) +
                               " AND (i.indexprs IS NOT NULL OR c.reltuples < 0)")
                         .empty();
            });
            set_for_session("lock_timeout", cleanup_timeout);
            if (needed) run_alone("ANALYZE " + quoted_name(piece_.schema) + "." + quoted_name(piece_.table));
        } catch (const Failed&) {
            // The index is there; autovacuum will come by.
        }
    }

    // Adds to the error what is left.
    void end(std::string& error) {
        for (int attempt = 1;; ++attempt) try {
                std::string told = error;
                in_transaction([&] {
                    const CaptureOff off;
                    const bool left = !error.empty() && has_left();
                    if (left)
                        told += "; an invalid index is left: " + drop_of(piece_.index) +
                                " drops it, as does the next pk_apply() for the table";
                    records_->end(job_.record, told, left);
                    // Whoever sees the outcome may have the same advice carried out again.
                    if (std::exchange(alone_, false)) records_->lower(Sign::advice, piece_.advice_id);
                });
                error = told;
                return;
            } catch (const Failed&) {
                // A cancel that came too late for what it was meant for.
                if (attempt == 3) throw;
            }
    }

    const Job& job_;
    const Piece& piece_;
    std::vector<std::string> left_;  // names of indexes that may be there, invalid and nobody's
    std::optional<Records> records_;
    bool alone_ = false;
    bool my_turn_ = false;
};

struct Received {
    Oid database = InvalidOid, user = InvalidOid;
    TransactionId caller = InvalidTransactionId;
    std::vector<Job> jobs;
};

// Whoever sent it waits for nothing more than this.
bool receive(dsm_handle segment, Received& received) {
    Handover* const handover = call([segment]() -> Handover* {
        CurrentResourceOwner = ResourceOwnerCreate(nullptr, "pg_perfkit apply");
        dsm_segment* const attached = dsm_attach(segment);
        return attached ? static_cast<Handover*>(dsm_segment_address(attached)) : nullptr;
    });
    if (handover == nullptr) return false;
    received.database = handover->database;
    received.user = handover->user;
    received.caller = handover->caller;
    Unpacked jobs({handover->jobs(), handover->size});
    while (!jobs.at_end()) received.jobs.push_back(unpacked_job(jobs.next()));
    handover->taken = true;
    call([handover, segment] {
        pg_write_barrier();
        if (PGPROC* const sender = BackendPidGetProc(handover->sender)) SetLatch(&sender->procLatch);
        dsm_detach(dsm_find_mapping(segment));
        ResourceOwner const owner = CurrentResourceOwner;
        CurrentResourceOwner = nullptr;
        ResourceOwnerDelete(owner);
    });
    return true;
}

void run(dsm_handle segment) {
    call([] {
        pqsignal(SIGTERM, on_terminate);
        BackgroundWorkerUnblockSignals();
    });
    Received received;
    if (!receive(segment, received)) return;
    call([&] { BackgroundWorkerInitializeConnectionByOid(received.database, received.user, 0); });
    watch_relations();
    // What a role or database has set for its statements is not meant for these.
    for (const char* const name : {"lock_timeout", "statement_timeout", "transaction_timeout"})
        if (call([name] { return GetConfigOption(name, true, false) != nullptr; })) set_for_session(name, "0");
    set_for_session("default_transaction_read_only", "off");
    set_for_session("default_transaction_isolation", "read committed");
    in_transaction([&] { call([&] { XactLockTableWait(received.caller, nullptr, nullptr, XLTW_None); }); });
    // Indexes come before those that they replace go.
    std::stable_partition(received.jobs.begin(), received.jobs.end(),
                          [](const Job& job) { return job.piece.creates(); });
    // All show that they are at hand before the first one takes its time.
    std::list<Application> applications;
    for (const Job& job : received.jobs)
        if (!applications.emplace_back(job).claim()) applications.pop_back();
    for (Application& application : applications) application.run();
}

}  // namespace

}  // namespace perfkit::pg

extern "C" {
PGDLLEXPORT void pk_apply_worker(Datum);
}

void pk_apply_worker(Datum segment) {
    perfkit::pg::guarded([segment] { perfkit::pg::run(DatumGetUInt32(segment)); });
}

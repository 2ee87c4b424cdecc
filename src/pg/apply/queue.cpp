// The worker is started at the end of the transaction, not by pk_apply(): until then there may be a rollback, a session
// may leave its transaction open, and a dozen pieces of advice need no more than one worker.

#include "perfkit/pg/apply/queue.hpp"

#include <cstring>

#include "perfkit/core/packed.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/worker.hpp"

extern "C" {
#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/wait_event.h"
}

namespace perfkit::pg {

namespace {

struct Pending {
    char* bytes;
    std::size_t size;
    std::size_t capacity;
    Oid user;
};

// In TopTransactionContext; null where this transaction wants nothing carried out.
Pending* pending;

void add_pending(const char* bytes, std::size_t size) {
    MemoryContext const caller = MemoryContextSwitchTo(TopTransactionContext);
    if (pending == nullptr) {
        pending = static_cast<Pending*>(palloc0(sizeof(Pending)));
        pending->user = GetSessionUserId();
    }
    if (pending->user != GetSessionUserId())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("one transaction cannot have advice carried out for two session users")));
    const std::size_t needed = pending->size + size;
    if (needed > pending->capacity) {
        pending->capacity = 2 * needed;
        pending->bytes = static_cast<char*>(pending->bytes == nullptr ? palloc(pending->capacity)
                                                                      : repalloc(pending->bytes, pending->capacity));
    }
    std::memcpy(pending->bytes + pending->size, bytes, size);
    pending->size = needed;
    MemoryContextSwitchTo(caller);
}

BackgroundWorkerHandle* worker_for(dsm_handle segment) {
    BackgroundWorkerHandle* const handle =
        start_worker("pg_perfkit apply", "pg_perfkit apply", "pk_apply_worker", UInt32GetDatum(segment));
    if (handle == nullptr)
        ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
                        errmsg("no background worker is free to carry out the advice"),
                        errhint("Try again later, or raise max_worker_processes, or use the command perfkit apply.")));
    return handle;
}

// Only until the worker has copied what it needs, which takes no lock: it waits for this transaction itself.
void wait_until_taken(const Handover* handover, BackgroundWorkerHandle* handle) {
    while (!handover->taken) {
        pid_t pid;
        const BgwHandleStatus status = GetBackgroundWorkerPid(handle, &pid);
        pg_read_barrier();
        if (!handover->taken && (status == BGWH_STOPPED || status == BGWH_POSTMASTER_DIED))
            ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_RESOURCES),
                            errmsg("the background worker to carry out the advice could not be started"),
                            errhint("The server's log may say why.")));
        (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 100, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
        CHECK_FOR_INTERRUPTS();
    }
}

void hand_over(const Pending* jobs) {
    dsm_segment* const segment = dsm_create(sizeof(Handover) + jobs->size, 0);
    auto* const handover = static_cast<Handover*>(dsm_segment_address(segment));
    *handover = {};
    handover->database = MyDatabaseId;
    handover->user = jobs->user;
    handover->caller = GetTopTransactionId();
    handover->sender = MyProcPid;
    handover->size = jobs->size;
    std::memcpy(handover->jobs(), jobs->bytes, jobs->size);
    wait_until_taken(handover, worker_for(dsm_segment_handle(segment)));
    dsm_detach(segment);
}

void on_transaction(XactEvent event, void*) {
    if (pending == nullptr) return;
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
            hand_over(pending);
            break;
        case XACT_EVENT_PRE_PREPARE:
            ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                            errmsg("cannot PREPARE a transaction that has called pk_apply()")));
            break;
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_ABORT:
            pending = nullptr;
            break;
        default:
            break;
    }
}

}  // namespace

std::string packed(const Job& job) {
    std::string bytes;
    pack(bytes, job.record);
    pack(bytes, job.role);
    pack(bytes, packed(job.piece));
    pack(bytes, std::to_string(job.settings.size()));
    for (const auto& [name, value] : job.settings) {
        pack(bytes, name);
        pack(bytes, value);
    }
    return bytes;
}

Job unpacked_job(std::string_view bytes) {
    Job job;
    Unpacked texts(bytes);
    job.record = texts.next();
    job.role = texts.next();
    job.piece = unpacked_piece(texts.next());
    for (int left = std::stoi(texts.next()); left > 0; --left) {
        std::string name = texts.next();
        job.settings.emplace_back(std::move(name), texts.next());
    }
    return job;
}

void enqueue(const Job& job) {
    static bool watching = false;
    std::string bytes;
    pack(bytes, packed(job));
    call([&] {
        add_pending(bytes.data(), bytes.size());
        if (!watching) RegisterXactCallback(on_transaction, nullptr);
        watching = true;
    });
}

}  // namespace perfkit::pg

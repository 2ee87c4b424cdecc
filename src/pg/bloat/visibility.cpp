#include <cstdint>
#include <new>

#include "bloat.hpp"

extern "C" {
#include "access/multixact.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "storage/procarray.h"
#include "utils/memutils.h"
#include "utils/rel.h"
}

namespace perfkit::pg {

namespace {

// Every transaction that commits waits for the lock under which the server looks for how others ended.  Rows that
// nobody has read since name theirs without a hint, each another one, and a view that is asked again and again
// comes by the same rows.
bloat::Outcomes& outcomes() {
    static bloat::Outcomes* kept = nullptr;
    if (kept == nullptr) {
        void* const memory = call([] { return MemoryContextAlloc(TopMemoryContext, sizeof(bloat::Outcomes)); });
        kept = new (memory) bloat::Outcomes;
    }
    return *kept;
}

}  // namespace

// The server tells horizons by relation, and only looks at what kind of relation it is.  So a bare
// description of the kind stands in for a relation cache entry.
TransactionId Horizons::of(const Storage& storage) {
    Kind kind = in_data;
    if (storage.own_temporary)
        kind = in_temporary;
    else if (storage.shared)
        kind = in_shared_catalogs;
    else if (IsCatalogRelationOid(storage.oid))
        kind = in_catalogs;
    if (TransactionIdIsValid(known_[kind])) return known_[kind];
    known_[kind] = call([&] {
        FormData_pg_class form{};
        form.relisshared = storage.shared;
        form.relpersistence = storage.persistence;
        form.relkind = storage.kind;
        RelationData relation{};
        relation.rd_rel = &form;
        relation.rd_id = storage.oid;
        relation.rd_islocaltemp = storage.own_temporary;
        return GetOldestNonRemovableTransactionId(&relation);
    });
    return known_[kind];
}

Visibility::Visibility(const Storage& storage, TransactionId horizon)
    : horizon_(horizon), oldest_xid_(storage.frozen_xid), oldest_multi_(storage.frozen_multi) {}

Visibility::Status Visibility::status(TransactionId xid) {
    if (!TransactionIdIsNormal(xid)) return TransactionIdIsValid(xid) ? Status::committed : Status::aborted;
    Known& known = known_[xid % known_.size()];
    if (known.xid != xid) known = {xid, look_up(xid)};
    return known.status;
}

Visibility::Status Visibility::look_up(TransactionId xid) {
    // No commit status is kept of transactions older than the table's relfrozenxid, nor is there one
    // of those to come: a tuple that names one is damaged.
    if (TransactionIdIsNormal(oldest_xid_) && TransactionIdPrecedes(xid, oldest_xid_)) return Status::damaged;
    // Every transaction that begins waits for the lock that this takes: it is asked again only where a tuple is newer.
    const auto assigned = [&] { return TransactionIdPrecedes(xid, static_cast<TransactionId>(next_transaction_)); };
    if (next_transaction_ == 0 || !assigned()) {
        next_transaction_ = call([] { return U64FromFullTransactionId(ReadNextFullTransactionId()); });
        if (!assigned()) return Status::damaged;
    }
    const std::uint64_t transaction = next_transaction_ - (static_cast<TransactionId>(next_transaction_) - xid);
    switch (outcomes().of(transaction)) {
        case bloat::Outcome::committed:
            return Status::committed;
        case bloat::Outcome::aborted:
            return Status::aborted;
        case bloat::Outcome::unknown:
            break;
    }
    const Status found = call([xid] {
        if (TransactionIdIsCurrentTransactionId(xid) || TransactionIdIsInProgress(xid)) return Status::in_progress;
        return TransactionIdDidCommit(xid) ? Status::committed : Status::aborted;
    });
    if (found != Status::in_progress)
        outcomes().remember(transaction,
                            found == Status::committed ? bloat::Outcome::committed : bloat::Outcome::aborted);
    return found;
}

// The transaction that deleted or updated a tuple which a multixact locks; invalid where there is no
// such multixact.
TransactionId Visibility::updater(HeapTupleHeader tuple) {
    const MultiXactId multi = HeapTupleHeaderGetRawXmax(tuple);
    if (!MultiXactIdIsValid(multi) || MultiXactIdPrecedes(multi, oldest_multi_)) return InvalidTransactionId;
    const bool assigned = MultiXactIdIsValid(next_multi_) && MultiXactIdPrecedes(multi, next_multi_);
    if (!assigned) next_multi_ = call([] { return ReadNextMultiXactId(); });
    if (!MultiXactIdPrecedes(multi, next_multi_)) return InvalidTransactionId;
    return call([tuple] { return HeapTupleGetUpdateXid(tuple); });
}

Visibility::Fate Visibility::fate(HeapTupleHeader tuple) {
    const std::uint16_t mask = tuple->t_infomask;
    if ((mask & HEAP_MOVED) != 0) return Fate::live;  // by VACUUM FULL before version 9.0

    if (!HeapTupleHeaderXminCommitted(tuple)) {
        if (HeapTupleHeaderXminInvalid(tuple)) return Fate::dead;
        switch (status(HeapTupleHeaderGetRawXmin(tuple))) {
            case Status::aborted:
                return Fate::dead;
            case Status::in_progress:
                return Fate::live;
            case Status::damaged:
                return Fate::damaged;
            case Status::committed:
                break;
        }
    }
    if ((mask & HEAP_XMAX_INVALID) != 0 || HEAP_XMAX_IS_LOCKED_ONLY(mask)) return Fate::live;

    TransactionId xmax = HeapTupleHeaderGetRawXmax(tuple);
    if ((mask & HEAP_XMAX_IS_MULTI) != 0) {
        xmax = updater(tuple);
        if (!TransactionIdIsValid(xmax)) return Fate::damaged;
    }
    const bool known_committed = (mask & HEAP_XMAX_COMMITTED) != 0 && (mask & HEAP_XMAX_IS_MULTI) == 0;
    switch (known_committed ? Status::committed : status(xmax)) {
        case Status::aborted:
        case Status::in_progress:
            return Fate::live;
        case Status::damaged:
            return Fate::damaged;
        case Status::committed:
            break;
    }
    return TransactionIdPrecedes(xmax, horizon_) ? Fate::dead : Fate::held;
}

// The older version has been updated, or is being so; the newer one was made by an update that some snapshot may not
// see.
bool Visibility::other_version_kept(HeapTupleHeader tuple) const {
    const std::uint16_t mask = tuple->t_infomask;
    if ((mask & HEAP_XMAX_INVALID) == 0 && !HEAP_XMAX_IS_LOCKED_ONLY(mask)) return true;
    return (mask & HEAP_UPDATED) != 0 && !HeapTupleHeaderXminFrozen(tuple) &&
           !TransactionIdPrecedes(HeapTupleHeaderGetRawXmin(tuple), horizon_);
}

}  // namespace perfkit::pg

#include "bloat.hpp"

extern "C" {
#include "access/multixact.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "storage/procarray.h"
#include "utils/rel.h"
}

namespace perfkit::pg {

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

Visibility::Status Visibility::look_up(TransactionId xid) const {
    // No commit status is kept of transactions older than the table's relfrozenxid, nor is there one
    // of those to come: a tuple that names one is damaged.
    if (TransactionIdIsNormal(oldest_xid_) && TransactionIdPrecedes(xid, oldest_xid_)) return Status::damaged;
    return call([xid] {
        if (!TransactionIdPrecedes(xid, ReadNextTransactionId())) return Status::damaged;
        if (TransactionIdIsCurrentTransactionId(xid) || TransactionIdIsInProgress(xid)) return Status::in_progress;
        return TransactionIdDidCommit(xid) ? Status::committed : Status::aborted;
    });
}

// The transaction that deleted or updated a tuple which a multixact locks; invalid where there is no
// such multixact.
TransactionId Visibility::updater(HeapTupleHeader tuple) const {
    const MultiXactId multi = HeapTupleHeaderGetRawXmax(tuple);
    if (!MultiXactIdIsValid(multi) || MultiXactIdPrecedes(multi, oldest_multi_)) return InvalidTransactionId;
    return call([tuple, multi] {
        return MultiXactIdPrecedes(multi, ReadNextMultiXactId()) ? HeapTupleGetUpdateXid(tuple) : InvalidTransactionId;
    });
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

}  // namespace perfkit::pg

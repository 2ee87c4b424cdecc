#include "perfkit/pg/history/segments.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/storage.hpp"

extern "C" {
#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension_d.h"
#include "catalog/pg_type_d.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::history {

namespace {

constexpr std::string_view prefix = "pk_history_";
constexpr int column_count = 4;
constexpr std::array<Oid, column_count> column_types = {CHAROID, TIMESTAMPTZOID, TIMESTAMPTZOID, BYTEAOID};

// Holds a lock that was to be had at once, on a table that is still there.
class Locked {
public:
    Locked(Oid table, LOCKMODE mode) : table_(table), mode_(mode) {
        held_ = call([=] {
            if (!ConditionalLockRelationOid(table, mode)) return false;
            if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(table))) return true;
            UnlockRelationOid(table, mode);
            return false;
        });
    }
    bool held() const { return held_; }
    // After an error the end of the transaction does it.
    void release() {
        if (held_) call([this] { UnlockRelationOid(table_, mode_); });
        held_ = false;
    }

private:
    Oid table_;
    LOCKMODE mode_;
    bool held_ = false;
};

[[noreturn]] void not_ours(Relation relation, const char* what) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("table \"%s\" of pg_perfkit's history is not as it was made: %s",
                           RelationGetRelationName(relation), what),
                    errhint("DROP EXTENSION pg_perfkit and CREATE EXTENSION make it anew.")));
    pg_unreachable();
}

// For pg::call.
void check(Relation relation, bool for_writing) {
    const FormData_pg_class& form = *relation->rd_rel;
    if (form.relkind != RELKIND_RELATION || form.relam != HEAP_TABLE_AM_OID || form.relispartition)
        not_ours(relation, "it is no plain table");
    TupleDesc const columns = RelationGetDescr(relation);
    if (columns->natts != column_count) not_ours(relation, "it has other columns");
    for (int i = 0; i < column_count; ++i) {
        Form_pg_attribute const column = TupleDescAttr(columns, i);
        if (column->attisdropped || column->atttypid != column_types[static_cast<std::size_t>(i)] ||
            column->attgenerated != '\0')
            not_ours(relation, "it has other columns");
    }
    if (!for_writing) return;
    if (form.relpersistence != RELPERSISTENCE_PERMANENT && form.relpersistence != RELPERSISTENCE_UNLOGGED)
        not_ours(relation, "it is temporary");
    // Rows are put in below what would keep indexes up to date.
    if (RelationGetIndexList(relation) != NIL) not_ours(relation, "it has an index");
    if (!superuser_arg(form.relowner)) not_ours(relation, "its owner is no superuser");
}

// The columns but the last one.
Row row_of(HeapTuple tuple, TupleDesc columns) {
    Row row;
    bool null;
    row.kind = DatumGetChar(heap_getattr(tuple, 1, columns, &null));
    if (null) row.kind = 0;
    const Datum since = heap_getattr(tuple, 2, columns, &null);
    row.since = null ? 0 : DatumGetTimestampTz(since);
    const Datum taken = heap_getattr(tuple, 3, columns, &null);
    row.taken = null ? 0 : DatumGetTimestampTz(taken);
    return row;
}

// When the first row of a segment was taken, if it has one.  The caller holds a lock on it.
std::optional<TimestampTz> first_taken(Oid table, bool for_writing) {
    const TimestampTz taken = call([=] {
        Relation const relation = table_open(table, NoLock);
        check(relation, for_writing);
        TableScanDesc const scan = table_beginscan(relation, GetActiveSnapshot(), 0, nullptr);
        HeapTuple const tuple = heap_getnext(scan, ForwardScanDirection);
        const TimestampTz time = tuple == nullptr ? 0 : row_of(tuple, RelationGetDescr(relation)).taken;
        table_endscan(scan);
        table_close(relation, NoLock);
        return time;
    });
    return taken == 0 ? std::nullopt : std::optional(taken);
}

// Frees its files at once, without a transaction's way back; gives false where somebody reads it.
bool empty(Oid table) {
    Locked lock(table, AccessExclusiveLock);
    if (!lock.held()) return false;
    call([table] {
        Relation const relation = table_open(table, NoLock);
        check(relation, true);
        heap_truncate_one_rel(relation);
        pgstat_count_truncate(relation);
        table_close(relation, NoLock);
    });
    return true;
}

}  // namespace

std::optional<Segments> Segments::find() {
    Segments found;
    call([&found] {
        found.extension = get_extension_oid("pg_perfkit", true);
        if (found.extension == InvalidOid) return;
        ScanKeyData keys[2];
        ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
                    ObjectIdGetDatum(ExtensionRelationId));
        ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
                    ObjectIdGetDatum(found.extension));
        Relation const depend = table_open(DependRelationId, AccessShareLock);
        SysScanDesc const scan = systable_beginscan(depend, DependReferenceIndexId, true, nullptr, 2, keys);
        while (HeapTuple const tuple = systable_getnext(scan)) {
            const FormData_pg_depend& row = *reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
            if (row.classid != RelationRelationId || row.deptype != DEPENDENCY_EXTENSION) continue;
            HeapTuple const member = SearchSysCache1(RELOID, ObjectIdGetDatum(row.objid));
            if (!HeapTupleIsValid(member)) continue;
            const FormData_pg_class& form = *reinterpret_cast<Form_pg_class>(GETSTRUCT(member));
            const std::string_view name = NameStr(form.relname);
            if (form.relkind == RELKIND_RELATION && name.size() == prefix.size() + 1 && name.starts_with(prefix)) {
                const int number = name.back() - '0';
                if (number >= 0 && number < segment_count) found.tables[static_cast<std::size_t>(number)] = row.objid;
            }
            ReleaseSysCache(member);
        }
        systable_endscan(scan);
        table_close(depend, AccessShareLock);
    });
    if (found.extension == InvalidOid) return std::nullopt;
    return found;
}

bool Segments::complete() const {
    return std::none_of(tables.begin(), tables.end(), [](Oid table) { return table == InvalidOid; });
}

bool Segments::contain(Oid table) const {
    return table != InvalidOid && std::find(tables.begin(), tables.end(), table) != tables.end();
}

int read_rows(const Segments& segments, const Wanted& wanted, const UseRow& use) {
    struct Begun {
        TimestampTz first;
        Oid table;
    };
    std::vector<Begun> begun;
    std::vector<Locked> locks;
    int locked_out = 0;
    for (const Oid table : segments.tables) {
        if (table == InvalidOid) continue;
        Locked lock(table, AccessShareLock);
        if (!lock.held()) {
            ++locked_out;
            continue;
        }
        locks.push_back(lock);
        if (const auto first = first_taken(table, false)) begun.push_back({*first, table});
    }
    std::sort(begun.begin(), begun.end(), [](const Begun& a, const Begun& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < begun.size(); ++i) {
        if (begun[i].first > wanted.to) break;
        // All of it is older than the window.
        if (i + 1 < begun.size() && begun[i + 1].first <= wanted.from) continue;
        struct Scan {
            Relation relation;
            TableScanDesc scan;
        };
        const Scan scan = call([&] {
            Relation const relation = table_open(begun[i].table, NoLock);
            return Scan{relation, table_beginscan(relation, GetActiveSnapshot(), 0, nullptr)};
        });
        for (;;) {
            struct Next {
                Row row;
                bytea* copy = nullptr;
                bool end = false;
            };
            const Next next = call([&] {
                Next found;
                for (;;) {
                    CHECK_FOR_INTERRUPTS();
                    HeapTuple const tuple = heap_getnext(scan.scan, ForwardScanDirection);
                    if (tuple == nullptr) {
                        found.end = true;
                        return found;
                    }
                    TupleDesc const columns = RelationGetDescr(scan.relation);
                    found.row = row_of(tuple, columns);
                    if (!wanted.matches(found.row.kind, found.row.taken)) continue;
                    if (!wanted.data) return found;
                    bool null;
                    const Datum value = heap_getattr(tuple, 4, columns, &null);
                    if (null) continue;
                    found.copy = DatumGetByteaPCopy(value);
                    return found;
                }
            });
            if (next.end) break;
            Row row = next.row;
            if (next.copy != nullptr)
                row.data = {VARDATA(next.copy), static_cast<std::size_t>(VARSIZE(next.copy)) - VARHDRSZ};
            use(row);
            if (next.copy != nullptr) pfree(next.copy);
        }
        call([&] {
            table_endscan(scan.scan);
            table_close(scan.relation, NoLock);
        });
    }
    for (Locked& lock : locks) lock.release();
    return locked_out;
}

std::int64_t bytes_of(const Segments& segments) {
    std::int64_t bytes = 0;
    for (const Oid table : segments.tables) {
        Storage storage;
        if (table == InvalidOid || !find_storage(table, storage)) continue;
        bytes += std::max<std::int64_t>(blocks_of(storage), 0) * BLCKSZ;
        const Oid toast = call([table] {
            HeapTuple const tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
            if (!HeapTupleIsValid(tuple)) return InvalidOid;
            const Oid oid = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->reltoastrelid;
            ReleaseSysCache(tuple);
            return oid;
        });
        if (toast != InvalidOid && find_storage(toast, storage))
            bytes += std::max<std::int64_t>(blocks_of(storage), 0) * BLCKSZ;
    }
    return bytes;
}

Writer::Writer(const Segments& segments, TimestampTz now, std::int64_t span_seconds, std::int64_t retention_seconds) {
    struct Begun {
        std::optional<TimestampTz> first;
        bool busy = false;
    };
    std::array<Begun, segment_count> begun{};
    int newest = -1;
    for (int i = 0; i < segment_count; ++i) {
        Begun& one = begun[static_cast<std::size_t>(i)];
        const Oid table = segments.tables[static_cast<std::size_t>(i)];
        Locked lock(table, AccessShareLock);
        one.busy = !lock.held();
        if (one.busy) continue;
        one.first = first_taken(table, true);
        lock.release();
        if (one.first && (newest < 0 || *one.first > *begun[static_cast<std::size_t>(newest)].first)) newest = i;
    }
    // What is locked may be the newest of all; another time then.
    for (const Begun& one : begun)
        if (one.busy) return;

    const auto begin = [&begun](int i) { return begun[static_cast<std::size_t>(i)].first; };
    // Segments follow each other in a ring; all of one is as old as the beginning of the next.
    for (int i = (newest + 1) % segment_count, left = segment_count - 1; newest >= 0 && left > 0;
         i = (i + 1) % segment_count, --left) {
        if (!begin(i)) continue;
        int after = (i + 1) % segment_count;
        while (!begin(after)) after = (after + 1) % segment_count;
        if (*begin(after) >= now - retention_seconds * USECS_PER_SEC) break;
        if (empty(segments.tables[static_cast<std::size_t>(i)])) begun[static_cast<std::size_t>(i)].first.reset();
    }
    int chosen = std::max(newest, 0);
    if (newest >= 0 && now - *begin(newest) >= span_seconds * USECS_PER_SEC) {
        const int next = (newest + 1) % segment_count;
        // Where somebody reads the oldest, the newest grows a little longer.
        if (!begin(next) || empty(segments.tables[static_cast<std::size_t>(next)])) {
            chosen = next;
            begun[static_cast<std::size_t>(next)].first.reset();
        }
    }
    const Oid table = segments.tables[static_cast<std::size_t>(chosen)];
    if (!Locked(table, RowExclusiveLock).held()) return;
    table_ = table;
    fresh_ = !begin(chosen);
}

void Writer::add(const Row& row) {
    call([&] {
        Relation const relation = table_open(table_, NoLock);
        check(relation, true);
        bytea* const data = static_cast<bytea*>(palloc(VARHDRSZ + row.data.size()));
        SET_VARSIZE(data, VARHDRSZ + row.data.size());
        std::memcpy(VARDATA(data), row.data.data(), row.data.size());
        std::array<Datum, column_count> values = {CharGetDatum(row.kind), TimestampTzGetDatum(row.since),
                                                  TimestampTzGetDatum(row.taken), PointerGetDatum(data)};
        std::array<bool, column_count> nulls = {false, row.since == 0, false, false};
        HeapTuple const tuple = heap_form_tuple(RelationGetDescr(relation), values.data(), nulls.data());
        // No subscriber wants to know.
        heap_insert(relation, tuple, GetCurrentCommandId(true), HEAP_INSERT_NO_LOGICAL, nullptr);
        heap_freetuple(tuple);
        pfree(data);
        table_close(relation, NoLock);
    });
}

}  // namespace perfkit::pg::history

#include "perfkit/pg/history/measure.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <vector>

#include "perfkit/core/history/chunk.hpp"
#include "perfkit/pg/compat_stats.hpp"
#include "perfkit/pg/compat_storage.hpp"
#include "perfkit/pg/history/shared.hpp"
#include "perfkit/pg/storage.hpp"
#include "perfkit/pg/workload/shared.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_namespace_d.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
}

namespace perfkit::pg::history {

using namespace perfkit::history;

namespace {

std::uint64_t counted(std::int64_t value) { return value < 0 ? 0 : static_cast<std::uint64_t>(value); }

std::vector<std::int64_t> latency_of(const LatencyHistogram& histogram) { return histogram.pairs(); }

// The order of the counters is the one that sql/history.sql reads them in.
Records read_queries() {
    using perfkit::workload::Field;
    using workload::Shared;
    Records records;
    Shared* const shared = Shared::get();
    if (shared == nullptr) return records;
    Shared::Access access(*shared);
    for (const perfkit::workload::Entry& entry : access.table().slots()) {
        if (entry.in_use == 0 || entry.key.database != MyDatabaseId) continue;
        const perfkit::workload::Counters& c = entry.counters;
        const std::uint64_t calls = c.execution.count;
        if (calls + c.failures + c.cancels == 0) continue;
        Record& record = records.emplace_back();
        record.id = {entry.key.queryid, entry.key.user, entry.key.toplevel};
        record.birth = c.first_seen;
        record.counters = {calls,
                           c.failures + c.cancels,
                           c.execution.total / 1000,
                           c.rows,
                           c[Field::shared_hit],
                           c[Field::shared_read],
                           c[Field::shared_dirtied],
                           c[Field::temp_read],
                           c[Field::temp_written],
                           c[Field::read_ns] / 1000,
                           c[Field::wal_bytes]};
        record.latency = latency_of(entry.latency);
    }
    sort(records);
    return records;
}

// The table that a TOAST table or its index belongs to, by its name.
Oid parent_by_name(std::string_view name) {
    constexpr std::string_view toast = "pg_toast_";
    Oid parent = InvalidOid;
    if (name.starts_with(toast)) std::from_chars(name.data() + toast.size(), name.data() + name.size(), parent);
    return parent;
}

struct Relation {
    Oid oid;
    RelFileNumber number;
    Oid tablespace;
    std::array<char, NAMEDATALEN> name;
    bool toast;
    bool index;
};

std::vector<Relation> relations() {
    std::vector<Relation> found;
    call([&found] {
        ::Relation const catalog = table_open(RelationRelationId, AccessShareLock);
        SysScanDesc const scan = systable_beginscan(catalog, InvalidOid, false, nullptr, 0, nullptr);
        while (HeapTuple const tuple = systable_getnext(scan)) {
            CHECK_FOR_INTERRUPTS();
            const FormData_pg_class& form = *reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
            if (form.oid < FirstNormalObjectId || form.relpersistence == RELPERSISTENCE_TEMP ||
                !RELKIND_HAS_STORAGE(form.relkind) || form.relkind == RELKIND_SEQUENCE)
                continue;
            Relation& relation = found.emplace_back();
            relation.oid = form.oid;
            relation.number = form.relfilenode;
            relation.tablespace = form.reltablespace;
            std::memcpy(relation.name.data(), NameStr(form.relname), NAMEDATALEN);
            relation.toast = form.relnamespace == PG_TOAST_NAMESPACE;
            relation.index = form.relkind == RELKIND_INDEX;
        }
        systable_endscan(scan);
        table_close(catalog, AccessShareLock);
    });
    return found;
}

std::vector<Oid> invalid_indexes() {
    std::vector<Oid> found;
    call([&found] {
        ::Relation const catalog = table_open(IndexRelationId, AccessShareLock);
        SysScanDesc const scan = systable_beginscan(catalog, InvalidOid, false, nullptr, 0, nullptr);
        while (HeapTuple const tuple = systable_getnext(scan)) {
            CHECK_FOR_INTERRUPTS();
            const FormData_pg_index& form = *reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
            if (!form.indisvalid) found.push_back(form.indexrelid);
        }
        systable_endscan(scan);
        table_close(catalog, AccessShareLock);
    });
    std::sort(found.begin(), found.end());
    return found;
}

// Bytes of its main fork, without a lock.
std::int64_t bytes_of(const Relation& relation) {
    Storage storage;
    storage.locator = make_locator(relation.tablespace == InvalidOid ? MyDatabaseTableSpace : relation.tablespace,
                                   MyDatabaseId, relation.number);
    if (!storage.has_file()) return 0;
    const std::int64_t blocks = blocks_of(storage);
    return blocks < 0 ? 0 : blocks * BLCKSZ;
}

Records read_relations(const Segments& segments) {
    Records records;
    const std::vector<Oid> invalid = invalid_indexes();
    for (const Relation& relation : relations()) {
        if (segments.contain(relation.toast ? parent_by_name(relation.name.data()) : relation.oid)) continue;
        Record& record = records.emplace_back();
        record.id[0] = relation.oid;
        // REINDEX CONCURRENTLY makes a new index, to which the server gives the counters of the old one once it is
        // valid and the old one is not.
        record.leaving = relation.index && std::binary_search(invalid.begin(), invalid.end(), relation.oid);
        record.heir = relation.index && !record.leaving;
        record.gauges[0] = bytes_of(relation);
        call([&record, &relation] {
            PgStat_StatTabEntry* const entry = pgstat_fetch_stat_tabentry_ext(false, relation.oid);
            if (entry == nullptr) return;
            record.counters = {counted(entry->numscans),           counted(entry->tuples_returned),
                               counted(entry->tuples_fetched),     counted(entry->tuples_inserted),
                               counted(entry->tuples_updated),     counted(entry->tuples_deleted),
                               counted(entry->tuples_hot_updated), counted(entry->blocks_fetched - entry->blocks_hit),
                               counted(entry->blocks_hit)};
            record.gauges[1] = live_tuples(*entry);
            record.gauges[2] = dead_tuples(*entry);
            pfree(entry);
        });
    }
    sort(records);
    return records;
}

Records read_database() {
    Record record;
    call([&record] {
        const Datum self = ObjectIdGetDatum(MyDatabaseId);
        const auto read = [self](PGFunction function) {
            return counted(DatumGetInt64(DirectFunctionCall1(function, self)));
        };
        // Both of one reading: sessions may add to them in between.
        std::uint64_t hits = 0;
        std::uint64_t fetched = 0;
        if (const PgStat_StatDBEntry* const entry = pgstat_fetch_stat_dbentry(MyDatabaseId); entry != nullptr) {
            hits = counted(blocks_hit(*entry));
            fetched = counted(blocks_fetched(*entry));
            record.birth = entry->stat_reset_timestamp;
        }
        record.counters = {read(pg_stat_get_db_xact_commit),     read(pg_stat_get_db_xact_rollback),
                           fetched > hits ? fetched - hits : 0,  hits,
                           read(pg_stat_get_db_tuples_returned), read(pg_stat_get_db_tuples_fetched),
                           read(pg_stat_get_db_tuples_inserted), read(pg_stat_get_db_tuples_updated),
                           read(pg_stat_get_db_tuples_deleted),  read(pg_stat_get_db_temp_bytes),
                           read(pg_stat_get_db_deadlocks),       read(pg_stat_get_db_sessions)};
        record.gauges[0] = DatumGetInt32(DirectFunctionCall1(pg_stat_get_db_numbackends, self));
    });
    return {record};
}

// How often each event was seen, and with the number -1 how often somebody looked.
Records read_waits() {
    Records records;
    const Shared& shared = *Shared::get();
    for (const WaitCount& wait : shared.waits_of(MyDatabaseId)) {
        Record& record = records.emplace_back();
        record.id[0] = wait.event;
        record.counters[0] = wait.samples;
    }
    Record& looks = records.emplace_back();
    looks.id[0] = -1;
    looks.counters[0] = shared.launcher().looks;
    sort(records);
    return records;
}

Records read_server() {
    Record record;
    call([&record] {
        const Checkpoints checkpoints = checkpoints_of(*pgstat_fetch_stat_checkpointer());
        const WalCounts wal = wal_counts(*pgstat_fetch_stat_wal());
        const PgStat_BgWriterStats& writer = *pgstat_fetch_stat_bgwriter();
        record.counters = {wal.bytes,
                           counted(wal.records),
                           counted(wal.images),
                           counted(checkpoints.timed),
                           counted(checkpoints.requested),
                           counted(checkpoints.buffers),
                           counted(writer.buf_written_clean),
                           counted(writer.buf_alloc)};
    });
    return {record};
}

}  // namespace

Reading read_all(const Segments& segments) {
    return {read_queries(), read_relations(segments), read_database(), read_waits(), read_server()};
}

std::string encode_reading(const Reading& reading) {
    std::string bytes;
    for (std::size_t i = 0; i < kinds.size(); ++i) append_block(bytes, encode(reading[i], shape_of(kinds[i]), true));
    return bytes;
}

Reading decode_reading(std::string_view bytes) {
    Reading reading;
    for (Records& records : reading) records = decode(take_block(bytes));
    return reading;
}

}  // namespace perfkit::pg::history

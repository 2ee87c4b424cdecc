// Finds a relation's file in the catalogs, by index scans of their own: neither the relation cache
// nor the catalog caches grow with the number of relations looked at.

#include <charconv>
#include <cstring>
#include <string_view>

#include "perfkit/pg/storage.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_tablespace_d.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

namespace perfkit::pg {

namespace {

// Calls use(tuple, descriptor) with the first tuple of a catalog that matches; true where there is one.
template <typename Use>
bool with_tuple(Oid catalog, Oid index, ScanKeyData* keys, int count, Use use) {
    return call([&] {
        Relation const relation = table_open(catalog, AccessShareLock);
        SysScanDesc const scan = systable_beginscan(relation, index, true, nullptr, count, keys);
        HeapTuple const tuple = systable_getnext(scan);
        const bool found = HeapTupleIsValid(tuple);
        if (found) use(tuple, RelationGetDescr(relation));
        systable_endscan(scan);
        table_close(relation, AccessShareLock);
        return found;
    });
}

// What C code may fill in under pg::call: no member that owns memory.
struct ClassRow {
    FormData_pg_class form;
    int fillfactor;
    bool deduplicate;
};

// Reads the two storage options that matter out of pg_class.reloptions.
void read_options(Datum options, ClassRow& row) {
    Datum* entries;
    int count;
    deconstruct_array(DatumGetArrayTypeP(options), TEXTOID, -1, false, TYPALIGN_INT, &entries, nullptr, &count);
    for (int i = 0; i < count; ++i) {
        const char* const entry = TextDatumGetCString(entries[i]);
        if (std::strncmp(entry, "fillfactor=", 11) == 0)
            std::from_chars(entry + 11, entry + std::strlen(entry), row.fillfactor);
        bool value;
        if (std::strncmp(entry, "deduplicate_items=", 18) == 0 && parse_bool(entry + 18, &value))
            row.deduplicate = value;
    }
}

}  // namespace

bool find_storage(Oid oid, Storage& storage) {
    ClassRow row{};
    row.deduplicate = true;
    RelFileNumber number = InvalidOid;
    bool own_temporary = false;
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
    const bool found =
        with_tuple(RelationRelationId, ClassOidIndexId, &key, 1, [&](HeapTuple tuple, TupleDesc descriptor) {
            std::memcpy(static_cast<void*>(&row.form), GETSTRUCT(tuple), CLASS_TUPLE_SIZE);
            bool isnull;
            const Datum options = heap_getattr(tuple, Anum_pg_class_reloptions, descriptor, &isnull);
            if (!isnull) read_options(options, row);
            own_temporary =
                row.form.relpersistence == RELPERSISTENCE_TEMP && isTempOrTempToastNamespace(row.form.relnamespace);
            number = row.form.relfilenode;
            if (number == InvalidOid && RELKIND_HAS_STORAGE(row.form.relkind))
                number = RelationMapOidToFilenumber(oid, row.form.relisshared);
        });
    if (!found) return false;
    const FormData_pg_class& form = row.form;
    storage.oid = oid;
    storage.name = NameStr(form.relname);
    storage.schema = form.relnamespace;
    storage.kind = form.relkind;
    storage.persistence = form.relpersistence;
    storage.partition = form.relispartition;
    storage.shared = form.relisshared;
    storage.own_temporary = own_temporary;
    storage.access_method = form.relam;
    storage.columns = form.relnatts;
    storage.fillfactor = row.fillfactor;
    storage.deduplicate = row.deduplicate;
    storage.frozen_xid = form.relfrozenxid;
    storage.frozen_multi = form.relminmxid;
    const Oid tablespace = form.reltablespace != InvalidOid ? form.reltablespace : MyDatabaseTableSpace;
    storage.locator = make_locator(form.relisshared ? GLOBALTABLESPACE_OID : tablespace,
                                   form.relisshared ? InvalidOid : MyDatabaseId, number);
    return true;
}

bool find_index(Oid oid, IndexRow& row) {
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_index_indexrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
    return with_tuple(IndexRelationId, IndexRelidIndexId, &key, 1, [&](HeapTuple tuple, TupleDesc) {
        const FormData_pg_index& form = *reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
        row = {form.indrelid, form.indisunique, !heap_attisnull(tuple, Anum_pg_index_indpred, nullptr)};
    });
}

Oid table_of(const Storage& storage) {
    Oid table = storage.oid;
    if (storage.kind == RELKIND_INDEX || storage.kind == RELKIND_PARTITIONED_INDEX) {
        IndexRow index;
        if (!find_index(storage.oid, index)) return table;
        table = index.table;
        Storage parent;
        if (find_storage(table, parent) && parent.kind == RELKIND_TOASTVALUE) return table_of(parent);
    } else if (storage.kind == RELKIND_TOASTVALUE) {
        ScanKeyData keys[2];
        ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
                    ObjectIdGetDatum(RelationRelationId));
        ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(storage.oid));
        with_tuple(DependRelationId, DependDependerIndexId, keys, 2, [&](HeapTuple tuple, TupleDesc) {
            Form_pg_depend depend = reinterpret_cast<Form_pg_depend>(GETSTRUCT(tuple));
            if (depend->refclassid == RelationRelationId) table = depend->refobjid;
        });
        // Dependencies among the system's own objects are not recorded; a TOAST table is named by its table.
        constexpr std::string_view prefix = "pg_toast_";
        if (table == storage.oid && storage.oid < FirstUnpinnedObjectId && storage.name.starts_with(prefix))
            std::from_chars(storage.name.data() + prefix.size(), storage.name.data() + storage.name.size(), table);
    }
    return table;
}

bool try_lock(Oid oid) {
    return call([oid] { return ConditionalLockRelationOid(oid, AccessShareLock); });
}

void unlock(Oid oid) {
    call([oid] { UnlockRelationOid(oid, AccessShareLock); });
}

}  // namespace perfkit::pg

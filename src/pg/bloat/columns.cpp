#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "bloat.hpp"

extern "C" {
#include "access/genam.h"
#include "access/heaptoast.h"
#include "access/table.h"
#include "access/tupmacs.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
// Part of postgres.h until 15.
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

namespace perfkit::pg {

namespace {

// More than any tuple has; what a damaged one says its values have is cut down to it.
constexpr int largest_tuple = 1 << 29;

struct Missing {
    int bytes;
    bool packed;
};

// Size of a column's value for tuples that are older than the column, as a rewrite stores it.
Missing missing_value(HeapTuple attribute, TupleDesc descriptor) {
    Form_pg_attribute form = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(attribute));
    bool isnull;
    const Datum array = heap_getattr(attribute, Anum_pg_attribute_attmissingval, descriptor, &isnull);
    if (isnull) return {0, false};
    int first = 1;
    const Datum value = array_get_element(array, 1, &first, -1, form->attlen, form->attbyval, form->attalign, &isnull);
    if (isnull) return {0, false};
    if (form->attlen > 0) return {form->attlen, false};
    if (form->attlen == -2) return {static_cast<int>(std::strlen(DatumGetCString(value))) + 1, false};
    const char* const bytes = DatumGetPointer(value);
    if (VARATT_CAN_MAKE_SHORT(bytes) && form->attstorage != TYPSTORAGE_PLAIN)
        return {static_cast<int>(VARATT_CONVERTED_SHORT_SIZE(bytes)), true};
    return {static_cast<int>(VARSIZE_ANY(bytes)), VARATT_IS_1B(bytes)};
}

int aligned(int offset, char alignment) { return static_cast<int>(att_align_nominal(offset, alignment)); }

// Length of the varlena value at `bytes`, of which `left` bytes may be read; -1 where it is damaged.
int varlena_length(const char* bytes, int left) {
    if (left < 1) return -1;
    if (VARATT_IS_1B_E(bytes)) {
        if (left < static_cast<int>(VARHDRSZ_EXTERNAL)) return -1;
        const auto tag = static_cast<vartag_external>(VARTAG_1B_E(bytes));
        // In a table only pointers into its TOAST table are stored.
        return tag == VARTAG_ONDISK && VARSIZE_EXTERNAL(bytes) <= static_cast<unsigned>(left)
                   ? static_cast<int>(VARSIZE_EXTERNAL(bytes))
                   : -1;
    }
    if (!VARATT_IS_1B(bytes) && left < VARHDRSZ) return -1;
    const auto length = static_cast<std::int64_t>(VARSIZE_ANY(bytes));
    const int least = VARATT_IS_1B(bytes) ? VARHDRSZ_SHORT : VARHDRSZ;
    return length >= least && length <= left ? static_cast<int>(length) : -1;
}

struct Fetched {
    int bytes;
    bool packed;
    StoredValue stored;
};

// A value that is in the TOAST table, and its length once it is back in its row.
Fetched fetched(const char* pointer) {
    varatt_external value;
    std::memcpy(&value, VARDATA_EXTERNAL(pointer), sizeof value);
    const auto bytes = std::min<std::int64_t>(VARATT_EXTERNAL_GET_EXTSIZE(value), largest_tuple);
    const bool compressed = bytes < std::int64_t{value.va_rawsize} - VARHDRSZ;
    const bool packed = !compressed && bytes + VARHDRSZ_SHORT <= VARATT_SHORT_MAX;
    return {static_cast<int>(bytes) + static_cast<int>(packed ? VARHDRSZ_SHORT : VARHDRSZ),
            packed,
            {value.va_valueid, bytes}};
}

}  // namespace

Columns::Columns(const Storage& table) {
    columns_.resize(std::max(table.columns, 0));
    any_dropped_ = call([&] {
        bool dropped = false;
        ScanKeyData keys[2];
        ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table.oid));
        ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber, F_INT2GT, Int16GetDatum(0));
        Relation const catalog = table_open(AttributeRelationId, AccessShareLock);
        SysScanDesc const scan = systable_beginscan(catalog, AttributeRelidNumIndexId, true, nullptr, 2, keys);
        while (HeapTuple const tuple = systable_getnext(scan)) {
            Form_pg_attribute form = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
            if (form->attnum > table.columns) continue;
            Missing missing{0, false};
            if (form->atthasmissing && !form->attisdropped) missing = missing_value(tuple, RelationGetDescr(catalog));
            columns_[form->attnum - 1] = {form->attlen, form->attalign, form->attisdropped, missing.bytes,
                                          missing.packed};
            dropped = dropped || form->attisdropped;
        }
        systable_endscan(scan);
        table_close(catalog, AccessShareLock);
        return dropped;
    });
}

Columns::Rewritten Columns::rewritten(const HeapTupleHeaderData* tuple, int length,
                                      std::vector<StoredValue>& stored_values) const {
    const int stored = HeapTupleHeaderGetNatts(tuple);
    if (stored > static_cast<int>(columns_.size())) return {-1};
    const bool external = (tuple->t_infomask & HEAP_HASEXTERNAL) != 0;
    if (as_stored(tuple) && !external) return {length};
    // A rewrite fetches the values that are in the TOAST table, and puts the largest back there until the row
    // is short enough.  So a row that an update has made shorter takes them in.
    const auto before = static_cast<std::ptrdiff_t>(stored_values.size());
    for (int largest = std::numeric_limits<int>::max();;) {
        stored_values.resize(static_cast<std::size_t>(before));
        const Formed formed = form(tuple, length, largest, stored_values);
        if (formed.length < 0 || !external || formed.fetched == 0 ||
            formed.length <= static_cast<int>(TOAST_TUPLE_TARGET)) {
            std::stable_sort(stored_values.begin() + before, stored_values.end(),
                             [](const StoredValue& a, const StoredValue& b) { return a.bytes > b.bytes; });
            return {formed.length, formed.taken};
        }
        largest = formed.fetched - 1;
    }
}

Columns::Formed Columns::form(const HeapTupleHeaderData* tuple, int length, int largest,
                              std::vector<StoredValue>& stored_values) const {
    const int stored = HeapTupleHeaderGetNatts(tuple);
    const int columns = static_cast<int>(columns_.size());
    constexpr Formed damaged{-1, 0, 0};
    const auto* const bytes = reinterpret_cast<const char*>(tuple);
    const bool has_nulls = (tuple->t_infomask & HEAP_HASNULL) != 0;
    if (has_nulls && SizeofHeapTupleHeader + BITMAPLEN(stored) > tuple->t_hoff) return damaged;
    bool nulls = false;
    int from = tuple->t_hoff;  // in the stored tuple
    int data = 0;              // of the tuple formed anew
    int largest_fetched = 0;
    std::int64_t taken = 0;
    for (int i = 0; i < columns; ++i) {
        const Column& column = columns_[i];
        bool null = i >= stored ? column.missing_bytes == 0 : has_nulls && att_isnull(i, tuple->t_bits);
        int size = column.missing_bytes;
        bool packed = column.missing_packed;
        if (i < stored && !null) {
            if (column.length == -1) {
                // A byte that is not padding begins a short value, which is not aligned.
                if (from < length && bytes[from] == 0)
                    from = tuple->t_hoff + aligned(from - tuple->t_hoff, column.alignment);
                size = from < length ? varlena_length(bytes + from, length - from) : -1;
                packed = size > 0 && VARATT_IS_1B(bytes + from);
            } else {
                from = tuple->t_hoff + aligned(from - tuple->t_hoff, column.alignment);
                size = column.length > 0 ? column.length
                       : from < length   ? static_cast<int>(strnlen(bytes + from, length - from)) + 1
                                         : -1;
            }
            if (size < 0 || size > length - from) return damaged;
            from += size;
            if (column.length == -1 && !column.dropped && VARATT_IS_EXTERNAL(bytes + from - size)) {
                const Fetched value = fetched(bytes + from - size);
                if (value.bytes <= largest) {
                    largest_fetched = std::max(largest_fetched, value.bytes);
                    taken += ToastPacker::tuple_bytes(value.stored.bytes);
                    size = value.bytes;
                    packed = value.packed;
                } else {
                    stored_values.push_back(value.stored);
                }
            }
        }
        null = null || column.dropped;
        nulls = nulls || null;
        if (!null) data = (packed ? data : aligned(data, column.alignment)) + size;
        if (data > largest_tuple) return largest_fetched > 0 ? Formed{largest_tuple, largest_fetched, taken} : damaged;
    }
    return {static_cast<int>(MAXALIGN(SizeofHeapTupleHeader + (nulls ? BITMAPLEN(columns) : 0))) + data,
            largest_fetched, taken};
}

}  // namespace perfkit::pg

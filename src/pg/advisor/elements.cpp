#include "perfkit/pg/advisor/elements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/advisor/elements.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "access/gin.h"
#include "access/htup_details.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/vacuum.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

using advisor::ColumnFacts;
using advisor::ElementFacts;
using advisor::ValueSample;

namespace {

// Times that ANALYZE must have met an element in its sample to list it, about.
constexpr double few = 4;

struct Element {
    const char* bytes;
    Size size;
};

struct Value {
    double share;
    bool common;
    Element* elements;
    int count;
};

struct Values {
    Value* values = nullptr;
    int count = 0;
    bool fixed = false;  // width of the elements
    bool document = false;
    // Elements that ANALYZE lists as common, as it does of arrays and text search vectors.
    int listed = 0;
    float4* shares = nullptr;
    double least_share = 0;  // of those that it could have listed
    bool list_is_full = false;
    double listed_bytes = 0;
    double per_row = 0;       // elements of a value; 0: unknown
    double listed_width = 0;  // of a text search vector: bytes that those listed take in an average one
};

// How an operator class takes values apart.
struct Extraction {
    Oid function = InvalidOid;
    Oid collation = InvalidOid;
    int16 length = 0;  // of an element
    bool by_value = false;
};

bool find_extraction(Oid opclass_id, Oid type, Oid collation, Extraction* found) {
    HeapTuple const tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(opclass_id));
    if (!HeapTupleIsValid(tuple)) return false;
    const FormData_pg_opclass opclass = *reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
    ReleaseSysCache(tuple);
    Oid key = OidIsValid(opclass.opckeytype) ? opclass.opckeytype : opclass.opcintype;
    if (IsPolymorphicType(key)) key = get_base_element_type(type);
    if (!OidIsValid(key)) return false;
    // It takes "internal" values, so that nobody but a superuser can have made it, in C.
    found->function = get_opfamily_proc(opclass.opcfamily, opclass.opcintype, opclass.opcintype, GIN_EXTRACTVALUE_PROC);
    found->collation = collation;
    get_typlenbyval(key, &found->length, &found->by_value);
    return OidIsValid(found->function) && (found->by_value || found->length == -1);
}

Element element_of(Datum datum, const Extraction& extraction) {
    if (extraction.by_value) {
        auto* const copy = static_cast<Datum*>(palloc(sizeof(Datum)));
        *copy = datum;
        return {reinterpret_cast<const char*>(copy), sizeof(Datum)};
    }
    const auto* const varlena = PG_DETOAST_DATUM_PACKED(datum);
    return {VARDATA_ANY(varlena), VARSIZE_ANY_EXHDR(varlena)};
}

void take_apart(Datum datum, const Extraction& extraction, Value* value) {
    int32 count = 0;
    bool* nulls = nullptr;
    const auto* const keys = reinterpret_cast<const Datum*>(DatumGetPointer(OidFunctionCall3Coll(
        extraction.function, extraction.collation, datum, PointerGetDatum(&count), PointerGetDatum(&nulls))));
    value->elements = static_cast<Element*>(palloc(sizeof(Element) * static_cast<Size>(std::max(count, 1))));
    value->count = 0;
    for (int i = 0; keys && i < count; ++i)
        if (!nulls || !nulls[i]) value->elements[value->count++] = element_of(keys[i], extraction);
}

// The most common values, each for its own rows, and the bounds of the histogram, for all others.
void read_values(HeapTuple tuple, const Extraction& extraction, Values* result) {
    AttStatsSlot common, bounds;
    const bool has_common =
        get_attstatsslot(&common, tuple, STATISTIC_KIND_MCV, InvalidOid, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS);
    const bool has_bounds = get_attstatsslot(&bounds, tuple, STATISTIC_KIND_HISTOGRAM, InvalidOid, ATTSTATSSLOT_VALUES);
    const int most = (has_common ? common.nvalues : 0) + (has_bounds ? bounds.nvalues : 0);
    result->values = static_cast<Value*>(palloc(sizeof(Value) * static_cast<Size>(std::max(most, 1))));
    double rest = 1 - static_cast<double>(reinterpret_cast<Form_pg_statistic>(GETSTRUCT(tuple))->stanullfrac);
    for (int i = 0; has_common && i < std::min(common.nvalues, common.nnumbers); ++i) {
        Value* const value = &result->values[result->count++];
        value->share = static_cast<double>(common.numbers[i]);
        value->common = true;
        rest -= value->share;
        take_apart(common.values[i], extraction, value);
    }
    for (int i = 0; has_bounds && i < bounds.nvalues; ++i) {
        Value* const value = &result->values[result->count++];
        value->share = std::max(0.0, rest) / bounds.nvalues;
        value->common = false;
        take_apart(bounds.values[i], extraction, value);
    }
}

// A lexeme in a text search vector: an entry of 4 bytes, itself, and 4 for a position.
double lexeme_width(double bytes) { return 8 + std::ceil(bytes / 2) * 2; }

void read_list(HeapTuple tuple, const Extraction& extraction, double rows, Values* result) {
    AttStatsSlot slot;
    if (!get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCELEM, InvalidOid, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
        return;
    // After the shares of the elements come the least and the greatest of them.
    if (slot.nvalues == 0 || slot.nnumbers < slot.nvalues + 2) return;
    result->listed = slot.nvalues;
    result->shares = static_cast<float4*>(palloc(sizeof(float4) * static_cast<Size>(slot.nvalues)));
    for (int i = 0; i < slot.nvalues; ++i) {
        result->shares[i] = slot.numbers[i];
        const auto size = static_cast<double>(element_of(slot.values[i], extraction).size);
        result->listed_bytes += size / slot.nvalues;
        result->listed_width += static_cast<double>(slot.numbers[i]) * lexeme_width(size);
    }
    // A list that has room left has all that were met more than a few times in the sample.
    const double sampled = std::min(rows, 300.0 * default_statistics_target);
    result->least_share = static_cast<double>(slot.numbers[slot.nvalues]);
    result->list_is_full = slot.nvalues >= 10 * default_statistics_target;
    if (!result->list_is_full) result->least_share = std::min(result->least_share, few / std::max(1.0, sampled));
    // The last number is the mean.
    if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_DECHIST, InvalidOid, ATTSTATSSLOT_NUMBERS) && slot.nnumbers > 0)
        result->per_row = static_cast<double>(slot.numbers[slot.nnumbers - 1]);
}

bool sample(Oid table, AttrNumber column, Oid opclass, bool inherited, double rows, Values* result) {
    Oid type, collation;
    int32 modifier;
    HeapTuple const attribute = SearchSysCache2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(column));
    if (!HeapTupleIsValid(attribute)) return false;
    ReleaseSysCache(attribute);
    get_atttypetypmodcoll(table, column, &type, &modifier, &collation);
    type = getBaseType(type);
    Extraction extraction;
    if (!find_extraction(opclass, type, collation, &extraction)) return false;
    HeapTuple const tuple =
        SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table), Int16GetDatum(column), BoolGetDatum(inherited));
    if (!HeapTupleIsValid(tuple)) return false;
    result->fixed = extraction.by_value;
    result->document = type == JSONBOID;
    if (type == TSVECTOROID || type_is_array(type)) read_list(tuple, extraction, rows, result);
    if (result->listed == 0) read_values(tuple, extraction, result);
    ReleaseSysCache(tuple);
    return result->count > 0 || result->listed > 0;
}

ElementFacts facts_of_list(const Values& values, const ColumnFacts& column, double rows) {
    ElementFacts facts;
    facts.key_bytes = values.fixed ? 8 : 1 + values.listed_bytes;
    // Shares are of the rows that are not null, here.
    const double present = 1 - column.null_fraction;
    double rest = values.per_row;
    for (int i = 0; i < values.listed; ++i) {
        const auto share = static_cast<double>(values.shares[i]);
        facts.groups.push_back({1, share * present});
        rest -= share;
    }
    if (values.per_row <= 0) {
        const double width = column.width - 8, unlisted = width - values.listed_width;
        rest = unlisted > width / 20 ? unlisted / lexeme_width(values.listed_bytes) : 0;
    }
    // The others are in one row at least, and in fewer than those: somewhere between, nearer to those where
    // there was no more room for them.
    const double rare = values.least_share *
                        std::pow(std::max(1.0, rows) * values.least_share, values.list_is_full ? -1.0 / 3 : -1.0 / 2);
    if (rest > rare && rare > 0) facts.groups.push_back({rest / rare, rare * present});
    return facts;
}

}  // namespace

void read_elements(advisor::TableFacts& table, int column, advisor::OpclassId opclass) {
    const auto found = table.columns.find(column);
    if (found == table.columns.end()) return;
    ColumnFacts& facts = found->second;
    if (std::any_of(facts.elements.begin(), facts.elements.end(),
                    [&](const ElementFacts& known) { return known.opclass == opclass; }))
        return;
    Values values;
    if (!call([&] {
            return sample(table.id, static_cast<AttrNumber>(column), opclass, table.partitioned, table.rows, &values);
        }))
        return;
    if (values.listed > 0) {
        ElementFacts listed = facts_of_list(values, facts, table.rows);
        listed.opclass = opclass;
        facts.elements.push_back(std::move(listed));
        return;
    }
    std::vector<ValueSample> samples;
    double bytes = 0, count = 0;
    for (int i = 0; i < values.count; ++i) {
        const Value& value = values.values[i];
        ValueSample& one = samples.emplace_back(ValueSample{value.share, value.common, {}});
        for (int j = 0; j < value.count; ++j) {
            one.elements.emplace_back(value.elements[j].bytes, value.elements[j].size);
            bytes += static_cast<double>(value.elements[j].size) * value.share;
            count += value.share;
        }
    }
    if (count <= 0) return;
    ElementFacts elements;
    elements.opclass = opclass;
    elements.key_bytes = values.fixed ? 8 : 1 + bytes / count;
    // At one place of a document there is one element: no more different ones than documents.
    const double most =
        values.document && facts.distinct > 0 ? facts.distinct : std::numeric_limits<double>::infinity();
    elements.groups = advisor::element_groups(samples, table.rows, most, values.document);
    facts.elements.push_back(std::move(elements));
}

}  // namespace perfkit::pg

#include "perfkit/pg/advisor/catalog.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "perfkit/pg/compat_planner.hpp"

extern "C" {
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/relation.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/plancat.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
}

namespace perfkit::pg {

using advisor::ColumnFacts;
using advisor::ExistingIndex;
using advisor::IndexSpec;
using advisor::Method;
using advisor::Predicate;
using advisor::TableFacts;
using advisor::Test;

namespace {

Relation try_open(Oid id) {
    if (!ConditionalLockRelationOid(id, AccessShareLock)) return nullptr;
    Relation const relation = try_relation_open(id, NoLock);
    if (!relation) UnlockRelationOid(id, AccessShareLock);
    return relation;
}

struct Size2 {
    double rows, pages;
};

// Rows and pages now; of a partitioned table, all its leaves'.
Size2 size_of_relation(Relation relation) {
    if (relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE) {
        BlockNumber pages;
        double rows, visible;
        estimate_rel_size(relation, nullptr, &pages, &rows, &visible);
        return {rows, static_cast<double>(pages)};
    }
    Size2 sum{0, 0};
    List* const tree = find_all_inheritors(RelationGetRelid(relation), NoLock, nullptr);
    const ListCell* cell;
    foreach (cell, tree) {
        HeapTuple const tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(cell)));
        if (!HeapTupleIsValid(tuple)) continue;
        const auto* const row = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
        if (row->relkind == RELKIND_RELATION) {
            if (row->reltuples > 0) sum.rows += static_cast<double>(row->reltuples);
            sum.pages += static_cast<double>(row->relpages);
        }
        ReleaseSysCache(tuple);
    }
    return sum;
}

int alignment_of(char code) {
    switch (code) {
        case TYPALIGN_CHAR:
            return 1;
        case TYPALIGN_SHORT:
            return 2;
        case TYPALIGN_DOUBLE:
            return 8;
        default:
            return 4;
    }
}

// Whether a B-tree may store equal values of this type once.
bool equal_image(Oid type, Oid collation) {
    Oid const opclass = GetDefaultOpClass(type, BTREE_AM_OID);
    if (!OidIsValid(opclass)) return false;
    Oid const input = get_opclass_input_type(opclass);
    Oid const function = get_opfamily_proc(get_opclass_family(opclass), input, input, BTEQUALIMAGE_PROC);
    return OidIsValid(function) && DatumGetBool(OidFunctionCall1Coll(function, collation, ObjectIdGetDatum(input)));
}

bool is_document(Oid type) {
    return type == JSONBOID || type == JSONOID || type == BYTEAOID || type == XMLOID || type == TSVECTOROID ||
           type_is_array(type);
}

// Statistics as plain numbers.
struct Statistics {
    bool found = false;
    double null_fraction = 0, width = 0, distinct = 0, correlation = 0, true_fraction = 0.5;
    int common = 0;
    float4* shares = nullptr;
};

Statistics read_statistics(Oid table, AttrNumber column, Oid type, bool inherited, double rows) {
    Statistics result;
    HeapTuple tuple =
        SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(table), Int16GetDatum(column), BoolGetDatum(inherited));
    if (!HeapTupleIsValid(tuple)) return result;
    const auto* const row = reinterpret_cast<Form_pg_statistic>(GETSTRUCT(tuple));
    result.found = true;
    result.null_fraction = static_cast<double>(row->stanullfrac);
    result.width = row->stawidth;
    const double distinct = static_cast<double>(row->stadistinct);
    result.distinct = distinct < 0 ? -distinct * rows : distinct;
    AttStatsSlot slot;
    if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid, ATTSTATSSLOT_NUMBERS)) {
        if (slot.nnumbers > 0) result.correlation = static_cast<double>(slot.numbers[0]);
        free_attstatsslot(&slot);
    }
    if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_MCV, InvalidOid, ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS)) {
        result.common = slot.nnumbers;
        result.shares = static_cast<float4*>(palloc(sizeof(float4) * static_cast<Size>(std::max(1, slot.nnumbers))));
        for (int i = 0; i < slot.nnumbers; ++i) {
            result.shares[i] = slot.numbers[i];
            if (type == BOOLOID && i < slot.nvalues && DatumGetBool(slot.values[i]))
                result.true_fraction = static_cast<double>(slot.numbers[i]);
        }
        // A single common value of a boolean tells of the other.
        if (type == BOOLOID && slot.nvalues == 1 && !DatumGetBool(slot.values[0]))
            result.true_fraction = std::max(0.0, 1 - result.null_fraction - static_cast<double>(slot.numbers[0]));
        free_attstatsslot(&slot);
    }
    ReleaseSysCache(tuple);
    return result;
}

ColumnFacts read_column(Relation relation, const FormData_pg_attribute* attribute, bool toasted, double rows) {
    const Oid table = RelationGetRelid(relation);
    const bool inherited = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
    const Oid type = attribute->atttypid;
    const Statistics statistics =
        call([&] { return read_statistics(table, attribute->attnum, type, inherited, rows); });
    ColumnFacts facts = facts_of_type(type, attribute->atttypmod, attribute->attcollation);
    facts.name = NameStr(attribute->attname);
    facts.analyzed = statistics.found;
    if (statistics.found) {
        if (!facts.fixed && statistics.width > 0) facts.width = statistics.width;
        facts.null_fraction = statistics.null_fraction;
        facts.distinct = statistics.distinct;
        facts.correlation = statistics.correlation;
        facts.true_fraction = statistics.true_fraction;
        for (int i = 0; i < statistics.common; ++i) facts.common.push_back(static_cast<double>(statistics.shares[i]));
    }
    // Where nothing had to be moved out of the rows, every value fits a B-tree tuple.
    const bool short_by_type = !facts.fixed && attribute->atttypmod > 0 && attribute->atttypmod <= 600;
    facts.bounded = facts.fixed || short_by_type || !toasted;
    return facts;
}

bool has_toasted_values(Relation relation) {
    if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE) return true;
    const Oid toast = relation->rd_rel->reltoastrelid;
    if (!OidIsValid(toast)) return false;
    HeapTuple const tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(toast));
    if (!HeapTupleIsValid(tuple)) return false;
    const bool some = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relpages > 0;
    ReleaseSysCache(tuple);
    return some;
}

bool method_of_am(Oid am, Method* method) {
    switch (am) {
        case BTREE_AM_OID:
            *method = Method::btree;
            return true;
        case HASH_AM_OID:
            *method = Method::hash;
            return true;
        case GIN_AM_OID:
            *method = Method::gin;
            return true;
        case BRIN_AM_OID:
            *method = Method::brin;
            return true;
        default:
            return false;
    }
}

// The predicate in the core's words, where it has words for it.
bool simple_predicate(List* predicate, Predicate* result) {
    if (list_length(predicate) != 1) return false;
    const auto column = [](const Node* node) {
        return node && IsA(node, Var) ? static_cast<int>(reinterpret_cast<const Var*>(node)->varattno) : 0;
    };
    const auto* const node = static_cast<const Node*>(linitial(predicate));
    if (IsA(node, NullTest)) {
        const auto* const test = reinterpret_cast<const NullTest*>(node);
        *result = {column(reinterpret_cast<const Node*>(test->arg)),
                   test->nulltesttype == IS_NULL ? Test::is_null : Test::is_not_null};
    } else if (IsA(node, Var)) {
        *result = {column(node), Test::is_true};
    } else if (IsA(node, BoolExpr) && reinterpret_cast<const BoolExpr*>(node)->boolop == NOT_EXPR) {
        *result = {column(static_cast<const Node*>(linitial(reinterpret_cast<const BoolExpr*>(node)->args))),
                   Test::is_false};
    } else {
        return false;
    }
    return result->column > 0;
}

// What an index says of itself, before it becomes an IndexSpec.
struct RawIndex {
    bool found = false, known_method = false, plain = true, valid = false, unique = false, bound = false;
    bool has_predicate = false;
    Method method = Method::btree;
    Predicate predicate;
    int keys = 0, columns = 0;
    advisor::IndexKey key[INDEX_MAX_KEYS];
    Node* expression[INDEX_MAX_KEYS] = {};
    Node* condition = nullptr;  // of those that are no test
    int included[INDEX_MAX_KEYS];
    double bytes = 0;
    NameData name;
};

// As it is stored.  RelationGetIndexPredicate() and RelationGetIndexExpressions() would fold constants, that is, call
// functions of the index's owner with the caller's rights.
void* stored_nodes(Relation index, AttrNumber attribute) {
    bool none = true;
    const Datum stored = SysCacheGetAttr(INDEXRELID, index->rd_indextuple, attribute, &none);
    return none ? nullptr : stringToNode(TextDatumGetCString(stored));
}

List* predicate_of(Relation index) {
    auto* const condition = static_cast<Expr*>(stored_nodes(index, Anum_pg_index_indpred));
    return condition ? make_ands_implicit(condition) : NIL;
}

Node* without_relabel(Node* node) {
    while (node && IsA(node, RelabelType)) node = reinterpret_cast<Node*>(castNode(RelabelType, node)->arg);
    return node;
}

void read_raw_index(Relation table, Oid id, RawIndex* raw) {
    Relation const index = try_open(id);
    if (!index) return;
    raw->found = true;
    raw->valid = index->rd_index->indisvalid;
    raw->unique = index->rd_index->indisunique;
    raw->bound = index->rd_index->indisunique || index->rd_index->indisexclusion || index->rd_index->indisreplident ||
                 index->rd_index->indisclustered || index->rd_rel->relkind != RELKIND_INDEX ||
                 index->rd_rel->relispartition;
    namestrcpy(&raw->name, RelationGetRelationName(index));
    raw->known_method = method_of_am(index->rd_rel->relam, &raw->method);
    raw->keys = index->rd_index->indnkeyatts;
    raw->columns = index->rd_index->indnatts;
    auto* const expressions = static_cast<List*>(stored_nodes(index, Anum_pg_index_indexprs));
    int expression = 0;
    for (int i = 0; i < raw->columns; ++i) {
        const int column = index->rd_index->indkey.values[i];
        if (column < 0) {
            raw->plain = false;
            break;
        }
        if (i >= raw->keys) {
            raw->included[i - raw->keys] = column;
            continue;
        }
        Oid type, collation;
        if (column == 0) {
            Node* const node = without_relabel(static_cast<Node*>(list_nth(expressions, expression++)));
            raw->expression[i] = node;
            type = exprType(node);
            collation = exprCollation(node);
        } else {
            const FormData_pg_attribute* const attribute = TupleDescAttr(RelationGetDescr(table), column - 1);
            type = attribute->atttypid;
            collation = attribute->attcollation;
        }
        const int options = index->rd_indoption[i];
        Oid const opclass = get_index_column_opclass(id, i + 1);
        raw->key[i] = {
            column,
            opclass == GetDefaultOpClass(type, index->rd_rel->relam) && raw->method != Method::gin ? 0 : opclass,
            (options & INDOPTION_DESC) != 0, (options & INDOPTION_NULLS_FIRST) != 0};
        if (OidIsValid(index->rd_indcollation[i]) && index->rd_indcollation[i] != collation) raw->plain = false;
    }
    List* const predicate = predicate_of(index);
    raw->has_predicate = predicate != NIL;
    if (predicate != NIL && !simple_predicate(predicate, &raw->predicate)) {
        if (list_length(predicate) == 1)
            raw->condition = static_cast<Node*>(linitial(predicate));
        else
            raw->plain = false;
    }
    if (index->rd_rel->relkind == RELKIND_INDEX)
        raw->bytes = static_cast<double>(RelationGetNumberOfBlocks(index)) * BLCKSZ;
    relation_close(index, AccessShareLock);
}

ExistingIndex to_existing(Oid table, Oid id, const RawIndex& raw) {
    ExistingIndex index;
    index.id = id;
    index.name = NameStr(raw.name);
    index.plain = raw.plain && raw.known_method;
    index.valid = raw.valid;
    index.unique = raw.unique;
    index.bound = raw.bound;
    index.bytes = raw.bytes;
    if (!index.plain) return index;
    index.spec.table = table;
    index.spec.method = raw.method;
    index.spec.keys.assign(raw.key, raw.key + raw.keys);
    index.spec.include.assign(raw.included, raw.included + (raw.columns - raw.keys));
    std::sort(index.spec.include.begin(), index.spec.include.end());
    if (raw.has_predicate) index.spec.predicate = raw.predicate;
    return index;
}

}  // namespace

ColumnFacts facts_of_type(Oid type, int32 typmod, Oid collation) {
    ColumnFacts facts;
    call([&] {
        int16 length;
        bool by_value;
        char alignment;
        get_typlenbyvalalign(type, &length, &by_value, &alignment);
        facts.fixed = length > 0;
        facts.alignment = alignment_of(alignment);
        facts.sortable = OidIsValid(GetDefaultOpClass(type, BTREE_AM_OID));
        facts.hashable = OidIsValid(GetDefaultOpClass(type, HASH_AM_OID));
        facts.summarizable = facts.sortable && OidIsValid(GetDefaultOpClass(type, BRIN_AM_OID));
        facts.deduplicates = facts.sortable && equal_image(type, collation);
        facts.document = is_document(getBaseType(type));
        facts.width = get_typavgwidth(type, typmod);
    });
    return facts;
}

std::optional<TableFacts> read_table(Oid id, const Expressions& expressions) {
    // Closed at the end and by no destructor, which must not fail: after an error the aborted
    // transaction closes it, and unlocks it.
    Relation const relation = call([id] { return try_open(id); });
    if (!relation) return std::nullopt;
    TableFacts table;
    table.id = id;
    table.name = RelationGetRelationName(relation);
    table.schema = call([&] { return get_namespace_name(RelationGetNamespace(relation)); });
    table.partitioned = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
    const Size2 size = call([&] { return size_of_relation(relation); });
    table.rows = size.rows;
    table.pages = size.pages;
    const bool toasted = call([&] { return has_toasted_values(relation); });
    for (int i = 0; i < RelationGetDescr(relation)->natts; ++i) {
        const FormData_pg_attribute* const attribute = TupleDescAttr(RelationGetDescr(relation), i);
        if (!attribute->attisdropped)
            table.columns.emplace(attribute->attnum, read_column(relation, attribute, toasted, table.rows));
    }
    List* const indexes = call([&] { return RelationGetIndexList(relation); });
    const ListCell* cell;
    foreach (cell, indexes) {
        RawIndex raw;
        call([&] { read_raw_index(relation, lfirst_oid(cell), &raw); });
        for (int i = 0; i < raw.keys; ++i)
            if (raw.expression[i] && (raw.key[i].column = expressions.find(id, raw.expression[i])) == 0)
                raw.plain = false;
        if (raw.condition) raw.predicate = {expressions.find(id, raw.condition), Test::is_true};
        if (raw.condition && raw.predicate.column == 0) raw.plain = false;
        if (raw.found) table.indexes.push_back(to_existing(id, lfirst_oid(cell), raw));
    }
    call([relation] { relation_close(relation, AccessShareLock); });
    expressions.describe(table);
    return table;
}

}  // namespace perfkit::pg

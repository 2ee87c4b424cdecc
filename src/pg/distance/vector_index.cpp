#include "perfkit/pg/vector_index.hpp"

#include <cstring>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

namespace {

// pgvector's default.
constexpr int default_lists = 100;

[[noreturn]] void raise_not_a_vector_index(Oid relation, const char* name) {
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not an hnsw or ivfflat index", name),
                    get_rel_relkind(relation) == RELKIND_PARTITIONED_INDEX
                        ? errhint("It is an index of a partitioned table: name the index of one of its partitions.")
                        : 0));
    pg_unreachable();
}

int lists_of(HeapTuple tuple) {
    bool null;
    const Datum options = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &null);
    if (null) return default_lists;
    const ListCell* cell;
    foreach (cell, untransformRelOptions(options)) {
        auto* const option = static_cast<DefElem*>(lfirst(cell));
        if (std::strcmp(option->defname, "lists") == 0) return pg_strtoint32(defGetString(option));
    }
    return default_lists;
}

// As it is written in this session's search_path, in words that depend on nothing else.
const char* operator_text(Oid oid) {
    HeapTuple const tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(oid));
    if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for operator %u", oid);
    auto* const form = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
    const char* const text =
        psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
    ReleaseSysCache(tuple);
    return text;
}

void describe_relation(VectorIndex* found) {
    HeapTuple const tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(found->index));
    if (!HeapTupleIsValid(tuple))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("there is no relation with OID %u", found->index)));
    auto* const form = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    found->name = pstrdup(NameStr(form->relname));
    const char* const method = form->relkind == RELKIND_INDEX ? get_am_name(form->relam) : nullptr;
    found->hnsw = method != nullptr && std::strcmp(method, "hnsw") == 0;
    if (!found->hnsw && (method == nullptr || std::strcmp(method, "ivfflat") != 0))
        raise_not_a_vector_index(found->index, found->name);
    found->lists = lists_of(tuple);
    ReleaseSysCache(tuple);
}

// The operator of the only key column, and the condition.
void describe_index(VectorIndex* found) {
    HeapTuple const tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(found->index));
    if (!HeapTupleIsValid(tuple))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("there is no index with OID %u", found->index)));
    auto* const form = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    if (!form->indisvalid || !form->indisready)
        ereport(ERROR,
                (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("index \"%s\" is not valid", found->name),
                 errhint("Its build has not ended, or has failed. REINDEX it.")));
    found->table = form->indrelid;
    bool null;
    auto* const classes = reinterpret_cast<oidvector*>(
        DatumGetPointer(SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &null)));
    Oid family;
    if (null || !get_opclass_opfamily_and_input_type(classes->values[0], &family, &found->type))
        elog(ERROR, "index %u has no operator class", found->index);
    const Oid op = get_opfamily_member(family, found->type, found->type, 1);
    if (!OidIsValid(op) || get_op_rettype(op) != FLOAT8OID || get_typlen(found->type) != -1)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("the operator class of index \"%s\" has no distance operator", found->name)));
    found->operator_name = operator_text(op);
    found->distance = get_opcode(op);
    const Datum condition = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indpred, &null);
    if (!null)
        found->condition = text_to_cstring(DatumGetTextPP(
            DirectFunctionCall3(pg_get_expr_ext, condition, ObjectIdGetDatum(found->table), BoolGetDatum(true))));
    ReleaseSysCache(tuple);
}

}  // namespace

VectorIndex describe_vector_index(Oid index) {
    VectorIndex found{};
    found.index = index;
    call([&found] {
        describe_relation(&found);
        describe_index(&found);
        found.expression = text_to_cstring(DatumGetTextPP(DirectFunctionCall3(
            pg_get_indexdef_ext, ObjectIdGetDatum(found.index), Int32GetDatum(1), BoolGetDatum(true))));
        const char* const table = get_rel_name(found.table);
        if (table == nullptr)
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the table of index \"%s\" is gone", found.name)));
        found.table_name = quote_qualified_identifier(get_namespace_name(get_rel_namespace(found.table)), table);
    });
    return found;
}

}  // namespace perfkit::pg

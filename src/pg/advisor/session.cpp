// The what-if functions: indexes that exist, or do not, for pk_explain() in this session alone.
//
// What a session has thought up is kept as text and read anew at each use, so that it knows the
// table as it is then.

#include <list>
#include <string>
#include <vector>

#include "perfkit/pg/advisor/explain.hpp"
#include "perfkit/pg/advisor/statement.hpp"
#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/rows.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
}

using namespace perfkit;
using namespace perfkit::pg;

namespace {

struct Remembered {
    const char* ddl;
    const char* search_path;  // that gives its names their meaning
    Oid table;
};

// In TopMemoryContext.
List* created;
List* hidden;

void remember(const char* ddl, Oid table) {
    MemoryContext const caller = MemoryContextSwitchTo(TopMemoryContext);
    auto* const index = static_cast<Remembered*>(palloc(sizeof(Remembered)));
    index->ddl = pstrdup(ddl);
    index->search_path = pstrdup(namespace_search_path);
    index->table = table;
    created = lappend(created, index);
    MemoryContextSwitchTo(caller);
}

// Reads it again; nothing where its table is gone.
std::optional<ReadIndex> recall(const Remembered* index) {
    if (!call([&] { return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(index->table)); })) return std::nullopt;
    const int level = call([&] {
        const int nest = NewGUCNestLevel();
        set_option("search_path", index->search_path);
        return nest;
    });
    // An error ends the transaction, or the subtransaction, and with it the level.
    ReadIndex read = read_create_index(index->ddl);
    call([&] { AtEOXact_GUC(true, level); });
    return read;
}

void check_index(Oid index) {
    const char kind = get_rel_relkind(index);
    if (kind == '\0')
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("there is no index with OID %u", index)));
    if (kind != RELKIND_INDEX && kind != RELKIND_PARTITIONED_INDEX)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not an index", get_rel_name(index))));
}

// The index, and those of the partitions.
void hide(WhatIf& what_if, Oid index) {
    const List* const tree = call([&] {
        return get_rel_relkind(index) == RELKIND_PARTITIONED_INDEX ? find_all_inheritors(index, NoLock, nullptr)
                                                                   : list_make1_oid(index);
    });
    const ListCell* cell;
    foreach (cell, tree) what_if.hide(lfirst_oid(cell));
}

std::string text_of(Datum datum) {
    return call([datum] { return TextDatumGetCString(datum); });
}

}  // namespace

PERFKIT_FUNCTION(pk_whatif_create) {
    Rows rows(fcinfo);
    const std::string ddl = text_of(PG_GETARG_DATUM(0));
    const ReadIndex read = read_create_index(ddl);
    call([&] { remember(ddl.c_str(), read.table); });
    rows.add({read.index.name, quoted_name(read.schema) + "." + quoted_name(read.table_name),
              static_cast<std::int64_t>(read.index.size.bytes())});
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_whatif_hide) {
    const Oid index = PG_GETARG_OID(0);
    call([&] {
        check_index(index);
        MemoryContext const caller = MemoryContextSwitchTo(TopMemoryContext);
        hidden = list_append_unique_oid(hidden, index);
        MemoryContextSwitchTo(caller);
    });
    PG_RETURN_VOID();
}

PERFKIT_FUNCTION(pk_whatif_list) {
    Rows rows(fcinfo);
    const ListCell* cell;
    foreach (cell, created) {
        const auto* const index = static_cast<const Remembered*>(lfirst(cell));
        const auto read = recall(index);
        if (!read) {
            rows.add({"gone", std::nullopt, std::nullopt, index->ddl, std::nullopt});
            continue;
        }
        const std::string table = quoted_name(read->schema) + "." + quoted_name(read->table_name);
        rows.add({"created", read->index.name, table,
                  std::string("CREATE ") + (read->index.unique ? "UNIQUE " : "") + "INDEX " +
                      quoted_name(read->index.name) + " ON " + table + " " + read->definition,
                  static_cast<std::int64_t>(read->index.size.bytes())});
    }
    foreach (cell, hidden) {
        const auto found = run_query(
            "SELECT c.relname, format('%I.%I', n.nspname, t.relname), pg_get_indexdef(c.oid), "
            "c.relpages::bigint * current_setting('block_size')::bigint "
            "FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = i.indrelid "
            "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.oid = " +
            std::to_string(lfirst_oid(cell)));
        for (const TextRow& row : found) rows.add({"hidden", row[0], row[1], row[2], integer_of(row[3])});
    }
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_whatif_reset) {
    call([] {
        const ListCell* cell;
        foreach (cell, created) {
            auto* const index = static_cast<Remembered*>(lfirst(cell));
            pfree(const_cast<char*>(index->ddl));
            pfree(const_cast<char*>(index->search_path));
        }
        list_free_deep(created);
        list_free(hidden);
        created = hidden = NIL;
    });
    PG_RETURN_VOID();
}

PERFKIT_FUNCTION(pk_explain) {
    Rows rows(fcinfo);
    if (PG_ARGISNULL(0)) throw std::invalid_argument("query must not be NULL");
    const std::string query = text_of(PG_GETARG_DATUM(0));
    std::list<ReadIndex> indexes;
    WhatIf nothing, what_if;
    nothing.allow_foreign_tables();
    what_if.allow_foreign_tables();
    const ListCell* cell;
    foreach (cell, created)
        if (auto read = recall(static_cast<const Remembered*>(lfirst(cell)))) indexes.push_back(std::move(*read));
    if (!PG_ARGISNULL(1)) {
        for (const Datum statement : elements_of(PG_GETARG_DATUM(1), "ddl"))
            indexes.push_back(read_create_index(text_of(statement)));
    }
    Oid id = ~Oid{0};
    for (ReadIndex& read : indexes) {
        id = unused_relation_id(id);
        read.index.id = id--;
        read.index.name += " (hypothetical)";
        what_if.add(&read.index);
    }
    foreach (cell, hidden) hide(what_if, lfirst_oid(cell));
    if (!PG_ARGISNULL(2)) {
        for (const Datum more : elements_of(PG_GETARG_DATUM(2), "hide")) {
            const Oid index = DatumGetObjectId(more);
            call([&] { check_index(index); });
            hide(what_if, index);
        }
    }
    const Explained before = explain(query, nothing);
    rows.add({"as it is", before.cost, before.text});
    const Explained after = explain(query, what_if);
    rows.add({"what if", after.cost, after.text});
    PG_RETURN_NULL();
}

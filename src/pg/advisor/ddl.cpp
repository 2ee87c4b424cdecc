#include "perfkit/pg/advisor/ddl.hpp"

#include "perfkit/pg/query.hpp"

extern "C" {
#include "access/htup_details.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

using advisor::IndexKey;
using advisor::Method;
using advisor::TableFacts;
using advisor::Test;

namespace {

// An operator class by name, with its schema where that is not pg_catalog.
std::string opclass_name(Oid id) {
    struct Names {
        NameData name;
        Oid schema;
    };
    const auto names = call([id] {
        Names found{};
        HeapTuple const tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(id));
        if (!HeapTupleIsValid(tuple)) elog(ERROR, "cache lookup failed for operator class %u", id);
        const auto* const row = reinterpret_cast<Form_pg_opclass>(GETSTRUCT(tuple));
        found = {row->opcname, row->opcnamespace};
        ReleaseSysCache(tuple);
        return found;
    });
    const std::string name = quoted_name(NameStr(names.name));
    if (names.schema == PG_CATALOG_NAMESPACE) return name;
    return quoted_name(call([&] { return get_namespace_name(names.schema); })) + "." + name;
}

std::string column_name(const TableFacts& table, int column) {
    const advisor::ColumnFacts& facts = table.columns.at(column);
    return facts.expression.empty() ? quoted_name(facts.name) : facts.expression;
}

std::string key_text(const Hypothetical& index, const TableFacts& table, std::size_t place) {
    const IndexKey& key = index.spec.keys[place];
    std::string text = column_name(table, key.column);
    if (key.opclass) text += " " + opclass_name(key.opclass);
    if (index.spec.method != Method::btree) return text;
    if (key.descending) text += " DESC";
    if (key.nulls_first != key.descending) text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    return text;
}

}  // namespace

std::string predicate_text(const advisor::Predicate& predicate, const TableFacts& table) {
    const std::string column = column_name(table, predicate.column);
    switch (predicate.test) {
        case Test::is_null:
            return column + " IS NULL";
        case Test::is_not_null:
            return column + " IS NOT NULL";
        case Test::is_true:
            return column;
        case Test::is_false:
            return "NOT " + column;
    }
    return column;
}

std::string storage_text(const advisor::IndexSpec& spec) {
    if (spec.pages_per_range <= 0) return "";
    return " WITH (pages_per_range = " + std::to_string(spec.pages_per_range) + ")";
}

std::string definition_of(const Hypothetical& index, const TableFacts& table) {
    std::string text = "USING " + std::string(name_of(index.spec.method)) + " (";
    for (std::size_t i = 0; i < index.spec.keys.size(); ++i) text += (i ? ", " : "") + key_text(index, table, i);
    text += ")";
    if (!index.spec.include.empty()) {
        text += " INCLUDE (";
        for (std::size_t i = 0; i < index.spec.include.size(); ++i)
            text += (i ? ", " : "") + column_name(table, index.spec.include[i]);
        text += ")";
    }
    text += storage_text(index.spec);
    if (index.spec.predicate) text += " WHERE " + predicate_text(*index.spec.predicate, table);
    return text;
}

std::string create_statement(const Hypothetical& index, const TableFacts& table, const std::string& name) {
    return "CREATE INDEX " + std::string(table.partitioned ? "" : "CONCURRENTLY ") + quoted_name(name) + " ON " +
           quoted_name(table.schema) + "." + quoted_name(table.name) + " " + definition_of(index, table);
}

}  // namespace perfkit::pg

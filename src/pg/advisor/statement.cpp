#include "perfkit/pg/advisor/statement.hpp"

#include <algorithm>

#include "perfkit/core/advisor/naming.hpp"
#include "perfkit/pg/advisor/catalog.hpp"
#include "perfkit/pg/advisor/ddl.hpp"
#include "perfkit/pg/advisor/elements.hpp"
#include "perfkit/pg/advisor/expressions.hpp"
#include "perfkit/pg/advisor/planning.hpp"
#include "perfkit/pg/advisor/sampling.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/text.hpp"

extern "C" {
#include "access/amapi.h"
#include "access/brin.h"
#include "access/htup_details.h"
#include "access/reloptions.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
}

namespace perfkit::pg {

using advisor::ColumnFacts;
using advisor::IndexKey;
using advisor::Method;

namespace {

struct RawKey {
    int column;  // 0: an expression
    bool descending, nulls_first;
    Oid opclass, type, collation;
    int32 typmod;
    const char* nodes;  // of the expression
    const char* text;   // of the key, as in the statement
};

// What the statement says, in memory of the server's.
struct RawIndex {
    Oid table;
    const char* name;  // may be null
    Method method;
    bool unique;
    int key_count, included_count;
    RawKey keys[INDEX_MAX_KEYS];
    int included[INDEX_MAX_KEYS];
    const char* condition_nodes;
    const char* condition;
    int pages_per_range;
};

[[noreturn]] void unsupported(const char* what) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("a hypothetical index cannot have %s", what)));
    pg_unreachable();
}

IndexStmt* parse_create_index(const char* ddl) {
    List* const statements = raw_parser(ddl, RAW_PARSE_DEFAULT);
    if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, IndexStmt))
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("it is not one CREATE INDEX statement")));
    IndexStmt* const statement = castNode(IndexStmt, linitial_node(RawStmt, statements)->stmt);
    if (!statement->relation->inh) unsupported("ON ONLY");
    return statement;
}

Oid find_table(RangeVar* name) {
    Oid const table = RangeVarGetRelidExtended(name, AccessShareLock, RVR_NOWAIT, nullptr, nullptr);
    const char kind = get_rel_relkind(table);
    if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_PARTITIONED_TABLE)
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a table", name->relname)));
    const AclResult allowed = pg_class_aclcheck(table, GetUserId(), ACL_SELECT);
    if (allowed != ACLCHECK_OK) aclcheck_error(allowed, get_relkind_objtype(kind), name->relname);
    return table;
}

int find_column(Oid table, const char* name) {
    const AttrNumber column = get_attnum(table, name);
    if (column == InvalidAttrNumber)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" does not exist", name)));
    if (column < 0) unsupported("system columns");
    return column;
}

void check_immutable(Node* node) {
    if (contain_mutable_functions(node))
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_OBJECT_DEFINITION), errmsg("functions in an index must be marked IMMUTABLE")));
}

void read_key(RawKey* key, const IndexElem* element, const RawIndex* index, const IndexAmRoutine* am, List* names) {
    Node* expression = element->expr;
    while (expression && IsA(expression, CollateExpr))
        expression = reinterpret_cast<Node*>(castNode(CollateExpr, expression)->arg);
    if (element->name) {
        key->column = find_column(index->table, element->name);
        get_atttypetypmodcoll(index->table, static_cast<AttrNumber>(key->column), &key->type, &key->typmod,
                              &key->collation);
        key->text = quote_identifier(element->name);
    } else {
        if (IsA(expression, Var) && castNode(Var, expression)->varattno > 0)
            key->column = castNode(Var, expression)->varattno;
        else
            check_immutable(expression);
        key->type = exprType(expression);
        key->typmod = exprTypmod(expression);
        key->collation = exprCollation(element->expr);
        key->nodes = nodeToString(expression);
        key->text = psprintf("(%s)", deparse_expression(expression, names, false, false));
    }
    if (element->collation) key->collation = get_collation_oid(element->collation, false);
    if (element->opclassopts) unsupported("parameters of operator classes");
    const char* const method = name_of(index->method).data();
    Oid const am_oid = get_index_am_oid(method, false);
    key->opclass = ResolveOpClass(element->opclass, key->type, method, am_oid);
    key->descending = element->ordering == SORTBY_DESC;
    key->nulls_first = element->nulls_ordering == SORTBY_NULLS_DEFAULT ? key->descending
                                                                       : element->nulls_ordering == SORTBY_NULLS_FIRST;
    if (!am->amcanorder && (element->ordering != SORTBY_DEFAULT || element->nulls_ordering != SORTBY_NULLS_DEFAULT))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("access method \"%s\" does not support ASC/DESC or NULLS FIRST/LAST options", method)));
    if (element->collation)
        key->text = psprintf("%s COLLATE %s", key->text, quote_identifier(strVal(llast(element->collation))));
    if (element->opclass) key->text = psprintf("%s %s", key->text, NameListToQuotedString(element->opclass));
    if (key->descending) key->text = psprintf("%s DESC", key->text);
    if (key->nulls_first != key->descending)
        key->text = psprintf("%s NULLS %s", key->text, key->nulls_first ? "FIRST" : "LAST");
}

void check_method(const RawIndex* index, const IndexAmRoutine* am, const char* method) {
    const char* missing = nullptr;
    if (index->unique && !am->amcanunique) missing = "unique indexes";
    if (index->included_count > 0 && !am->amcaninclude) missing = "included columns";
    if (index->key_count > 1 && !am->amcanmulticol) missing = "multicolumn indexes";
    if (missing)
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("access method \"%s\" does not support %s", method, missing)));
}

// Of storage parameters those of BRIN, whose pages_per_range decides what the index is worth.
int read_pages_per_range(List* options, const IndexAmRoutine* am) {
    const Datum texts = transformRelOptions(static_cast<Datum>(0), options, nullptr, nullptr, false, false);
    const auto* const parsed = reinterpret_cast<const BrinOptions*>(index_reloptions(am->amoptions, texts, true));
    return parsed->pagesPerRange;
}

void read_raw(const char* ddl, RawIndex* index) {
    IndexStmt* statement = parse_create_index(ddl);
    const char* const method = statement->accessMethod;
    Oid const am_oid = get_index_am_oid(method, false);
    const IndexAmRoutine* const am = GetIndexAmRoutineByAmId(am_oid, false);
    index->table = find_table(statement->relation);
    index->name = statement->idxname;
    index->unique = statement->unique;
    statement = transformIndexStmt(index->table, statement, ddl);
    if (list_length(statement->indexParams) + list_length(statement->indexIncludingParams) > INDEX_MAX_KEYS)
        ereport(ERROR, (errcode(ERRCODE_TOO_MANY_COLUMNS),
                        errmsg("cannot use more than %d columns in an index", INDEX_MAX_KEYS)));
    List* const names = deparse_context_for(get_rel_name(index->table), index->table);
    const ListCell* cell;
    foreach (cell, statement->indexParams)
        read_key(&index->keys[index->key_count++], lfirst_node(IndexElem, cell), index, am, names);
    foreach (cell, statement->indexIncludingParams) {
        const IndexElem* const element = lfirst_node(IndexElem, cell);
        if (!element->name) unsupported("expressions among the included columns");
        index->included[index->included_count++] = find_column(index->table, element->name);
    }
    if (statement->whereClause) {
        check_immutable(statement->whereClause);
        index->condition_nodes = nodeToString(statement->whereClause);
        index->condition = deparse_expression(statement->whereClause, names, false, false);
    }
    if (statement->options) {
        if (am_oid != BRIN_AM_OID) unsupported("storage parameters other than those of BRIN");
        index->pages_per_range = read_pages_per_range(statement->options, am);
    }
    check_method(index, am, method);
}

Method method_of_statement(const char* ddl) {
    const char* const name = call([&] { return parse_create_index(ddl)->accessMethod; });
    const auto method = advisor::method_of(name);
    if (!method)
        throw std::invalid_argument("hypothetical indexes are btree, hash, gin or brin, not \"" + std::string(name) +
                                    "\"");
    return *method;
}

// The share of the table's rows that a condition holds for, as the planner estimates it.
double share_of(const std::string& condition, const advisor::TableFacts& table) {
    Statement statement;
    const std::string from = "SELECT 1 FROM " + quoted_name(table.schema) + "." + quoted_name(table.name);
    statement.text = from + " WHERE " + condition;
    const double rows = plan_statement(statement, {}).rows;
    statement.text = from;
    return std::clamp(rows / std::max(1.0, plan_statement(statement, {}).rows), 0.0, 1.0);
}

// What is known of an expression, by its type, the one column that it is like, and some rows.
ColumnFacts facts_of_key(const RawKey& key, const advisor::TableFacts& table) {
    Expression expression = read_expression(call([&] { return static_cast<Node*>(stringToNode(key.nodes)); }));
    expression.table = table.id;
    expression.collation = key.collation;
    ColumnFacts facts = facts_of(expression, table);
    sample_expression(expression, table, facts);
    facts.name = "expr";
    return facts;
}

std::string definition_of(const RawIndex& raw, const advisor::TableFacts& table, const std::string& storage) {
    std::string text = "USING " + std::string(name_of(raw.method)) + " (";
    for (int i = 0; i < raw.key_count; ++i) text += (i ? ", " : "") + std::string(raw.keys[i].text);
    text += ")";
    for (int i = 0; i < raw.included_count; ++i)
        text += (i ? ", " : " INCLUDE (") + quoted_name(table.columns.at(raw.included[i]).name);
    if (raw.included_count > 0) text += ")";
    text += storage;
    if (raw.condition) text += " WHERE " + std::string(raw.condition);
    return text;
}

}  // namespace

ReadIndex read_create_index(const std::string& ddl) {
    const InnerText inner(ddl.c_str());
    RawIndex raw{};
    raw.method = method_of_statement(ddl.c_str());
    call([&] { read_raw(ddl.c_str(), &raw); });
    auto table = read_table(raw.table);
    if (!table) throw std::invalid_argument("the table is locked or gone");

    ReadIndex result;
    Hypothetical& index = result.index;
    index.spec.table = raw.table;
    index.spec.method = raw.method;
    index.spec.pages_per_range = raw.pages_per_range;
    index.method = call([&] { return get_index_am_oid(name_of(raw.method).data(), false); });
    index.unique = raw.unique;
    std::vector<std::string> names;
    for (int i = 0; i < raw.key_count; ++i) {
        const RawKey& key = raw.keys[i];
        // Expressions count as columns without a number of the table's own.
        const int column = key.column ? key.column : -1 - i;
        if (!key.column) table->columns.emplace(column, facts_of_key(key, *table));
        index.spec.keys.push_back({column, key.opclass, key.descending, key.nulls_first});
        if (raw.method == advisor::Method::gin && key.column) read_elements(*table, column, key.opclass);
        index.expressions.push_back(key.column ? "" : key.nodes);
        index.keys.push_back(call([&] {
            Hypothetical::Key completed{key.opclass, InvalidOid, InvalidOid, key.collation};
            get_opclass_opfamily_and_input_type(key.opclass, &completed.family, &completed.input_type);
            return completed;
        }));
        names.push_back(table->columns.at(column).name);
    }
    index.spec.include.assign(raw.included, raw.included + raw.included_count);
    std::sort(index.spec.include.begin(), index.spec.include.end());
    advisor::TableFacts indexed = *table;
    if (raw.condition) {
        index.condition = raw.condition_nodes;
        indexed.rows *= share_of(raw.condition, *table);
    }
    index.size = advisor::size_of(index.spec, indexed);
    index.table_rows = table->rows;
    result.table = raw.table;
    result.schema = table->schema;
    result.table_name = table->name;
    result.definition = definition_of(raw, *table, storage_text(index.spec));
    index.name = raw.name ? raw.name
                          : advisor::index_name(
                                table->name, names, [](const std::string&) { return false; }, character_end);
    return result;
}

}  // namespace perfkit::pg

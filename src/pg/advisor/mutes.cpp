// Muting: who may do it for whom, and what is meant.

#include "perfkit/pg/advisor/mutes.hpp"

#include <algorithm>
#include <optional>

#include "perfkit/core/advisor/naming.hpp"
#include "perfkit/pg/advisor/statement.hpp"
#include "perfkit/pg/apply/advice.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/own_table.hpp"
#include "perfkit/pg/query.hpp"

extern "C" {
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
}

using namespace perfkit;
using namespace perfkit::pg;

namespace perfkit::pg {

std::string advice_id(const std::string& action, const std::string& schema, const std::string& table,
                      const std::string& definition) {
    const std::string database = call([] { return get_database_name(MyDatabaseId); });
    return advisor::fingerprint({database, action, schema, table, definition});
}

Mutes Mutes::of_caller() {
    Mutes mutes;
    const auto table = find_own_table("pk_advice_mutes");
    if (!table) return mutes;
    const std::string user = call([] { return GetUserNameFromId(GetUserId(), false); });
    const AsOwner owner(*table);
    for (const TextRow& row : run_query("SELECT action, schema_name, table_name, definition FROM " + table->name +
                                        " WHERE for_all OR muted_by = " + quoted_literal(user)))
        mutes.keys_.insert(key(*row[0], *row[1], *row[2], *row[3]));
    return mutes;
}

}  // namespace perfkit::pg

namespace {

// What is muted.
struct Target {
    std::string action, schema, table, definition;
    Oid table_id = InvalidOid;
};

bool is_id(const std::string& text) {
    return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The index that a DROP INDEX statement would drop; InvalidOid where it is no such statement.
Oid index_to_drop(const char* ddl) {
    const List* const statements = raw_parser(ddl, RAW_PARSE_DEFAULT);
    if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, DropStmt)) return InvalidOid;
    const DropStmt* const drop = castNode(DropStmt, linitial_node(RawStmt, statements)->stmt);
    if (drop->removeType != OBJECT_INDEX || list_length(drop->objects) != 1)
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("it does not drop one index")));
    Oid const index = RangeVarGetRelid(makeRangeVarFromNameList(linitial_node(List, drop->objects)), NoLock, false);
    if (!OidIsValid(IndexGetRelation(index, true)))
        ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not an index", get_rel_name(index))));
    return index;
}

Target target_of(const std::string& advice) {
    if (is_id(advice)) {
        const Piece piece = advice_of(advice);
        return {piece.action, piece.schema, piece.table, piece.definition, piece.table_id};
    }
    const InnerText inner(advice.c_str());
    Oid const index = call([&] { return index_to_drop(advice.c_str()); });
    if (!OidIsValid(index)) {
        const ReadIndex read = read_create_index(advice);
        return {"create", read.schema, read.table_name, read.definition, read.table};
    }
    struct Names {
        Oid table;
        const char *schema, *name, *index;
    };
    const Names names = call([index] {
        Oid const table = IndexGetRelation(index, false);
        return Names{table, get_namespace_name(get_rel_namespace(table)), get_rel_name(table), get_rel_name(index)};
    });
    return {"drop", names.schema, names.name, names.index, names.table};
}

std::string text_of(Datum datum) {
    return call([datum] { return TextDatumGetCString(datum); });
}

}  // namespace

PERFKIT_FUNCTION(pk_advice_mute) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    call([] { PreventCommandIfReadOnly("pk_advice_mute()"); });
    const Target target = target_of(text_of(PG_GETARG_DATUM(0)));
    const std::string reason = PG_ARGISNULL(1) ? "NULL" : quoted_literal(text_of(PG_GETARG_DATUM(1)));
    const std::string user = call([] { return GetUserNameFromId(GetUserId(), false); });
    const bool for_all = call([&] { return owns_relation(target.table_id, GetUserId()); });
    const std::string id = advice_id(target.action, target.schema, target.table, target.definition);
    const OwnTable table = own_table("pk_advice_mutes");
    const AsOwner owner(table);
    run_change("INSERT INTO " + table.name +
               " (advice_id, action, schema_name, table_name, definition, muted_by, for_all, reason) VALUES (" +
               quoted_literal(id) + ", " + quoted_literal(target.action) + ", " + quoted_literal(target.schema) + ", " +
               quoted_literal(target.table) + ", " + quoted_literal(target.definition) + ", " + quoted_literal(user) +
               ", " + (for_all ? "true" : "false") + ", " + reason +
               ") ON CONFLICT (action, schema_name, table_name, definition, muted_by) DO UPDATE SET advice_id = "
               "excluded.advice_id, for_all = excluded.for_all, reason = excluded.reason, muted = excluded.muted");
    PG_RETURN_BOOL(for_all);
}

PERFKIT_FUNCTION(pk_advice_unmute) {
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    call([] { PreventCommandIfReadOnly("pk_advice_unmute()"); });
    const std::string advice = text_of(PG_GETARG_DATUM(0));
    const std::string user = call([] { return GetUserNameFromId(GetUserId(), false); });
    const OwnTable table = own_table("pk_advice_mutes");
    std::string what = "advice_id = " + quoted_literal(advice);
    if (!is_id(advice)) {
        const Target target = target_of(advice);
        what = "action = " + quoted_literal(target.action) + " AND schema_name = " + quoted_literal(target.schema) +
               " AND table_name = " + quoted_literal(target.table) +
               " AND definition = " + quoted_literal(target.definition);
    }
    // What somebody has muted for all, every owner of the table may take back.
    const AsOwner owner(table);
    const auto removed =
        run_change("DELETE FROM " + table.name + " m WHERE " + what + " AND (muted_by = " + quoted_literal(user) +
                   " OR for_all AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
                   "n.nspname = "
                   "m.schema_name AND c.relname = m.table_name AND pg_has_role(" +
                   quoted_literal(user) + ", c.relowner, 'USAGE'))) RETURNING 1");
    PG_RETURN_INT64(static_cast<std::int64_t>(removed.size()));
}

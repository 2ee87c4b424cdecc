// pk_bloat(): one relation, from its privileges to its row.

#include <cmath>

#include "bloat.hpp"
#include "perfkit/pg/bloat.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/subtransaction.hpp"
#include "results.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "catalog/catalog.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_authid_d.h"
#include "catalog/pg_class_d.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "common/pg_prng.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

using namespace perfkit;

namespace {

int max_pages = 3000;
int page_budget = 100'000;
int max_age = 0;  // seconds

// What the calls of one statement share.
struct Statement {
    pg::Horizons horizons;
    std::int64_t pages_read = 0;
};

Statement& statement_of(FunctionCallInfo fcinfo) {
    FmgrInfo* const function = fcinfo->flinfo;
    if (function->fn_extra == nullptr)
        function->fn_extra =
            pg::call([function] { return MemoryContextAllocZero(function->fn_mcxt, sizeof(Statement)); });
    return *static_cast<Statement*>(function->fn_extra);
}

std::string kind_of(const pg::Storage& relation) {
    switch (relation.kind) {
        case RELKIND_RELATION:
            return relation.partition ? "partition" : "table";
        case RELKIND_TOASTVALUE:
            return "toast";
        case RELKIND_MATVIEW:
            return "materialized view";
        case RELKIND_PARTITIONED_TABLE:
            return "partitioned table";
        case RELKIND_PARTITIONED_INDEX:
            return "partitioned index";
        case RELKIND_INDEX:
            return pg::call([&] { return get_am_name(relation.access_method); });
        case RELKIND_SEQUENCE:
            return "sequence";
        case RELKIND_FOREIGN_TABLE:
            return "foreign table";
        case RELKIND_VIEW:
            return "view";
        default:
            return "relation";
    }
}

// Why nothing can be said of a relation of this kind; empty where something can.
std::string cannot_tell(const pg::Storage& relation) {
    switch (relation.kind) {
        case RELKIND_RELATION:
        case RELKIND_TOASTVALUE:
        case RELKIND_MATVIEW:
            if (relation.access_method != HEAP_TABLE_AM_OID) return "the table access method is not heap";
            break;
        case RELKIND_INDEX:
            if (relation.access_method != BTREE_AM_OID) return "only B-tree indexes can be measured";
            break;
        case RELKIND_PARTITIONED_TABLE:
        case RELKIND_PARTITIONED_INDEX:
            return "has no storage of its own: see its partitions";
        default:
            return "has no rows or entries that a rewrite would pack";
    }
    if (relation.other_temporary()) return "temporary relation of another session";
    return relation.has_file() ? "" : "has no file";
}

void check_privileges(const pg::Storage& relation) {
    if (pg::call([] { return has_privs_of_role(GetUserId(), ROLE_PG_STAT_SCAN_TABLES); })) return;
    const Oid table = pg::table_of(relation);
    pg::call([table, name = relation.name.c_str()] {
        if (pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
            ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for relation %s", name),
                            errhint("The bloat of a relation is shown to members of pg_stat_scan_tables and to those "
                                    "who may SELECT from its table.")));
    });
}

pg::Measurement measure(const pg::Storage& relation, const pg::Request& request, Statement& statement,
                        pg::OtherIndex& other) {
    pg::Measurement result;
    result.reason = cannot_tell(relation);
    if (!relation.has_file() || relation.other_temporary()) return result;
    const std::int64_t blocks = pg::blocks_of(relation);
    if (blocks < 0) {
        result.reason = "has no file: an unlogged relation on a standby";
    } else if (!result.reason.empty()) {
        result.blocks = blocks;
        if (relation.kind == RELKIND_INDEX && blocks > 0)
            other = pg::look_at_other_index(relation, static_cast<BlockNumber>(blocks));
    } else if (blocks > 0) {
        result = relation.kind == RELKIND_INDEX
                     ? pg::measure_btree(relation, static_cast<BlockNumber>(blocks), request)
                     : pg::measure_heap(relation, static_cast<BlockNumber>(blocks), request, statement.horizons);
        result.blocks = blocks;
    }
    return result;
}

// System catalogs and the indexes of exclusion constraints cannot be rebuilt concurrently.
bool needs_lock(Oid index) {
    return pg::call([index] {
        HeapTuple const tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
        if (!HeapTupleIsValid(tuple)) return false;
        const bool exclusion = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple))->indisexclusion;
        ReleaseSysCache(tuple);
        return exclusion || IsCatalogRelationOid(index);
    });
}

std::optional<std::string> full_name(Oid oid) {
    const char* const text = pg::call([oid]() -> const char* {
        const char* const name = get_rel_name(oid);
        const char* const schema = name != nullptr ? get_namespace_name(get_rel_namespace(oid)) : nullptr;
        return schema != nullptr ? quote_qualified_identifier(schema, name) : nullptr;
    });
    if (text == nullptr) return std::nullopt;
    return text;
}

// A call of a function of the server's that takes an index.
std::optional<std::string> command(const pg::Storage& index, const char* function) {
    const auto name = function != nullptr ? full_name(index.oid) : std::nullopt;
    if (!name) return std::nullopt;
    const char* const quoted = pg::call([&name] { return quote_literal_cstr(name->c_str()); });
    return std::string("SELECT pg_catalog.") + function + "(" + quoted + ")";
}

// The statement to run, where one would help.
std::optional<std::string> command(const pg::Storage& relation, bloat::Action action) {
    const char* verb = nullptr;
    switch (action) {
        case bloat::Action::none:
            return std::nullopt;
        case bloat::Action::vacuum:
            // There is no ANALYZE of a TOAST table.
            verb = relation.kind == RELKIND_TOASTVALUE ? "VACUUM" : "VACUUM (ANALYZE)";
            break;
        case bloat::Action::rewrite:
            verb = "VACUUM (FULL, ANALYZE)";
            break;
        case bloat::Action::reindex:
            verb = needs_lock(relation.oid) ? "REINDEX INDEX" : "REINDEX INDEX CONCURRENTLY";
            break;
    }
    // VACUUM rewrites a TOAST table together with its table; it can be vacuumed by its own name.
    const bool whole_table = relation.kind == RELKIND_TOASTVALUE && action == bloat::Action::rewrite;
    const auto name = full_name(whole_table ? pg::table_of(relation) : relation.oid);
    if (!name) return std::nullopt;
    return verb + (" " + *name);
}

double percent(double part, double whole) { return std::round(part / whole * 10000) / 100; }

int fillfactor_of(const pg::Storage& relation) {
    if (relation.fillfactor > 0) return relation.fillfactor;
    return relation.kind == RELKIND_INDEX ? BTREE_DEFAULT_FILLFACTOR : HEAP_DEFAULT_FILLFACTOR;
}

void add_row(pg::Rows& rows, const pg::Storage& relation, const pg::Measurement& found, const pg::OtherIndex& other,
             TimestampTz when) {
    const std::string kind = kind_of(relation);
    const auto nothing = std::nullopt;
    const auto measured = pg::Value::time(when);
    if (!found.reason.empty()) {
        const std::optional<std::int64_t> bytes =
            found.blocks > 0 ? std::optional(found.blocks * std::int64_t{BLCKSZ}) : nothing;
        rows.add({kind, bytes, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing,
                  found.pages_read, nothing, command(relation, other.remedy), found.reason,
                  other.detail.empty() ? pg::Value(nothing) : pg::Value(other.detail), nothing, measured});
        return;
    }
    const auto blocks = static_cast<double>(found.blocks);
    const double ideal = found.ideal_blocks.value_or(0);
    const auto count = [](double value) { return static_cast<std::int64_t>(std::llround(value)); };
    const std::int64_t ideal_bytes = count(ideal * BLCKSZ);
    const std::int64_t real_bytes = found.blocks * std::int64_t{BLCKSZ};
    const double bloat = blocks > 0 ? percent(blocks - ideal, blocks) : 0;
    const double margin = blocks > 0 ? percent(found.margin, blocks) : 0;
    const std::int64_t tail_bytes = found.empty_tail * std::int64_t{BLCKSZ};
    const bloat::Finding finding{bloat, real_bytes - ideal_bytes, found.live, found.dead, tail_bytes};
    const bool index = relation.kind == RELKIND_INDEX;
    const bloat::Verdict verdict = index ? bloat::judge_btree(finding) : bloat::judge_table(finding);
    const auto tail = index ? std::nullopt : std::optional(tail_bytes);
    rows.add({kind, real_bytes, ideal_bytes, real_bytes - ideal_bytes, bloat, bloat - margin,
              std::min(bloat + margin, 100.0), count(found.live), count(found.dead), count(found.held),
              fillfactor_of(relation), found.leaf_density, found.pages_read, name_of(verdict.level),
              command(relation, verdict.action), nothing, nothing, tail, measured});
}

pg::Request request_of(FunctionCallInfo fcinfo) {
    pg::Request request;
    const std::string_view method =
        PG_ARGISNULL(1) ? "sample" : pg::call([=] { return text_to_cstring(PG_GETARG_TEXT_PP(1)); });
    if (method != "sample" && method != "exact") throw std::invalid_argument("method must be 'sample' or 'exact'");
    request.exact = method == "exact";
    const int most = PG_ARGISNULL(2) ? max_pages : PG_GETARG_INT32(2);
    if (most < 1) throw std::invalid_argument("max_pages must be at least 1");
    request.limits.at_most = static_cast<std::uint32_t>(most);
    request.limits.at_least = std::min(request.limits.at_least, request.limits.at_most);
    request.limits.in_all = page_budget;
    request.seed =
        PG_ARGISNULL(3) ? pg_prng_uint64(&pg_global_prng_state) : static_cast<std::uint64_t>(PG_GETARG_INT64(3));
    return request;
}

}  // namespace

void pg::init_bloat() {
    DefineCustomIntVariable("pg_perfkit.bloat_max_pages",
                            "Most pages of one relation that a sample of its bloat reads.", nullptr, &max_pages, 3000,
                            1, INT_MAX, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.bloat_page_budget",
                            "Pages that one statement should read for the bloat of all its relations.",
                            "Samples get smaller as it comes near, but never smaller than 48 pages.", &page_budget,
                            100'000, 0, INT_MAX, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.bloat_max_age",
                            "How old a result of pk_bloat() may be before the relation is measured again.",
                            "0 measures every time. Samples of another size or seed, and exact measurements, are "
                            "always made.",
                            &max_age, 0, 0, INT_MAX, PGC_USERSET, GUC_UNIT_S, nullptr, nullptr, nullptr);
    init_bloat_results();
}

PERFKIT_FUNCTION(pk_bloat) {
    pg::Rows rows(fcinfo);
    if (PG_ARGISNULL(0)) PG_RETURN_NULL();
    const Oid oid = PG_GETARG_OID(0);
    Statement& statement = statement_of(fcinfo);
    pg::Request request = request_of(fcinfo);
    request.spent = statement.pages_read;

    pg::Storage relation;
    if (!pg::find_storage(oid, relation)) PG_RETURN_NULL();
    check_privileges(relation);
    const TimestampTz now = pg::call([] { return GetCurrentTimestamp(); });
    const bool usual = !request.exact && PG_ARGISNULL(2) && PG_ARGISNULL(3) && !relation.own_temporary;
    if (usual && max_age > 0) {
        if (const auto earlier = pg::earlier_result(relation, now - max_age * USECS_PER_SEC)) {
            add_row(rows, relation, earlier->found, {}, earlier->when);
            PG_RETURN_NULL();
        }
    }
    pg::Measurement found;
    pg::OtherIndex other;
    bool dropped = false;
    const auto trouble = pg::in_subtransaction([&] {
        if (!pg::try_lock(oid)) {
            found.reason = "busy: another session holds or awaits an ACCESS EXCLUSIVE lock";
            return;
        }
        // What was read before the lock may have changed until it was granted.
        dropped = !pg::find_storage(oid, relation);
        if (!dropped) found = measure(relation, request, statement, other);
        pg::unlock(oid);
    });
    if (dropped) PG_RETURN_NULL();
    if (trouble) found.reason = trouble->what();
    statement.pages_read += found.pages_read;
    if (usual && found.reason.empty()) pg::keep_result(relation, found, now);
    add_row(rows, relation, found, other, now);
    PG_RETURN_NULL();
}

#include "perfkit/pg/advisor/sampling.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "perfkit/core/advisor/digest.hpp"
#include "perfkit/pg/advisor/isolation.hpp"
#include "perfkit/pg/advisor/planning.hpp"
#include "perfkit/pg/compat_planner.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/subtransaction.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_oper.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
}

namespace perfkit::pg {

namespace {

constexpr double most_rows = 10000;
constexpr double most_pages = 1000;
constexpr std::size_t most_common = 100;

// The different values, in order, in memory that lasts as long as the call.
struct Values {
    int count = 0;
    Datum* values = nullptr;
    double* times = nullptr;
    double nulls = 0, drawn = 0, bytes = 0, correlation = 0;
};

// Some of PostgreSQL's own are in SQL, as round(numeric) is.
bool is_foreign(Oid function, void*) { return function >= FirstNormalObjectId && !written_in_c(function); }

// Whether computing it could run somebody's code, by a function or by what comes with a type.
bool runs_code(Node* node, void* context) {
    if (node == nullptr) return false;
    if (IsA(node, CoerceToDomain)) return true;
    if (!IsA(node, List) && !IsA(node, CaseWhen)) {
        Oid const type = exprType(node);
        const char kind = type < FirstNormalObjectId ? TYPTYPE_BASE : get_typtype(type);
        if (kind != TYPTYPE_BASE && kind != TYPTYPE_ENUM) return true;
    }
    return check_functions_in_node(node, is_foreign, context) || walk_expression(node, runs_code, context);
}

bool has_foreign_part(Oid table) {
    if (get_rel_relkind(table) != RELKIND_PARTITIONED_TABLE) return false;
    const ListCell* cell;
    foreach (cell, find_all_inheritors(table, NoLock, nullptr))
        if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_FOREIGN_TABLE) return true;
    return false;
}

// Whether the caller may see every row, and nobody's function runs.
bool may_sample(const Expression& expression) {
    return pg_class_aclcheck(expression.table, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
           check_enable_rls(expression.table, InvalidOid, true) == RLS_NONE && !has_foreign_part(expression.table) &&
           !runs_code(static_cast<Node*>(stringToNode(expression.nodes.c_str())), nullptr);
}

double number_in(HeapTuple row, TupleDesc columns, int place) {
    bool none;
    const Datum value = SPI_getbinval(row, columns, place, &none);
    return none ? 0 : DatumGetFloat8(value);
}

// Runs the query, as the caller and with no more rights than reading; an error ends the subtransaction around.
void draw(const char* sql, Oid table, MemoryContext keep, Values* result) {
    if (!ConditionalLockRelationOid(table, AccessShareLock))
        ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("the table is locked")));
    Oid user;
    int security;
    GetUserIdAndSecContext(&user, &security);
    SetUserIdAndSecContext(user, security | SECURITY_RESTRICTED_OPERATION);
    XactReadOnly = true;
    set_option("search_path", "pg_catalog, pg_temp");
    set_option("standard_conforming_strings", "on");
    set_option("row_security", "off");
    set_option("lock_timeout", "100ms");
    SPI_connect();
    if (SPI_execute(sql, true, 0) != SPI_OK_SELECT) elog(ERROR, "a query of pg_perfkit's own failed");
    const SPITupleTable* const rows = SPI_tuptable;
    MemoryContext const inner = MemoryContextSwitchTo(keep);
    const auto most = static_cast<Size>(rows->numvals) + 1;
    result->values = static_cast<Datum*>(palloc(sizeof(Datum) * most));
    result->times = static_cast<double*>(palloc(sizeof(double) * most));
    int16 length;
    bool by_value;
    get_typlenbyval(TupleDescAttr(rows->tupdesc, 0)->atttypid, &length, &by_value);
    for (std::uint64_t i = 0; i < rows->numvals; ++i) {
        bool none;
        const Datum value = SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &none);
        const double times = number_in(rows->vals[i], rows->tupdesc, 2);
        result->drawn += times;
        result->bytes += number_in(rows->vals[i], rows->tupdesc, 3);
        result->correlation = number_in(rows->vals[i], rows->tupdesc, 4);
        if (none) {
            result->nulls += times;
            continue;
        }
        result->values[result->count] = datumCopy(value, by_value, length);
        result->times[result->count++] = times;
    }
    MemoryContextSwitchTo(inner);
    SPI_finish();
}

// False where it cannot be told.  `fails`: because the expression has no value for some row.
bool try_draw(const std::string& sql, Oid table, Values* values, bool* fails) {
    MemoryContext const context = CurrentMemoryContext;
    try {
        rolled_back([&] { call([&] { draw(sql.c_str(), table, context, values); }); });
    } catch (const Error& error) {
        const int sqlstate = error.report()->sqlerrcode;
        if (ends_everything(sqlstate)) throw;
        *fails = ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_DATA_EXCEPTION;
        return false;
    }
    return true;
}

// The rows come in the order in which they are stored.
std::string sampling_query(const advisor::ColumnFacts& facts, const advisor::TableFacts& table) {
    const double share =
        std::min({1.0, most_rows / std::max(1.0, table.rows), most_pages / std::max(1.0, table.pages)});
    return "WITH sample AS MATERIALIZED (SELECT row_number() OVER () AS place, s.value FROM (SELECT " +
           facts.expression + " AS value FROM " + quoted_name(table.schema) + "." + quoted_name(table.name) +
           (share < 1 ? " TABLESAMPLE SYSTEM (" + std::to_string(share * 100) + ") REPEATABLE (1)" : "") + " LIMIT " +
           std::to_string(static_cast<std::int64_t>(3 * most_rows)) +
           ") s), placed AS (SELECT place, row_number() OVER (ORDER BY value, place) AS rank FROM sample "
           "WHERE value IS NOT NULL) SELECT value, count(*)::float8, sum(pg_column_size(value))::float8, "
           "(SELECT corr(place, rank) FROM placed)::float8 FROM sample GROUP BY value ORDER BY value";
}

Datum share_array(const advisor::Digest& digest) {
    auto* const shares = static_cast<Datum*>(palloc(sizeof(Datum) * (digest.shares.size() + 1)));
    for (std::size_t i = 0; i < digest.shares.size(); ++i)
        shares[i] = Float4GetDatum(static_cast<float4>(digest.shares[i]));
    return PointerGetDatum(
        construct_array(shares, static_cast<int>(digest.shares.size()), FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

Datum value_array(const std::vector<std::size_t>& places, const Values& values, Oid type) {
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(type, &length, &by_value, &alignment);
    auto* const datums = static_cast<Datum*>(palloc(sizeof(Datum) * (places.size() + 1)));
    for (std::size_t i = 0; i < places.size(); ++i) datums[i] = values.values[places[i]];
    return PointerGetDatum(construct_array(datums, static_cast<int>(places.size()), type, length, by_value, alignment));
}

// A row of pg_statistic, as ANALYZE would write it for an index on the expression.
HeapTuple make_statistics(const Expression& expression, const Values& values, const advisor::Digest& digest,
                          double width, double table_rows) {
    Datum row[Natts_pg_statistic] = {};
    bool nulls[Natts_pg_statistic];
    std::fill_n(nulls, int{Natts_pg_statistic}, true);
    const auto set = [&](int attribute, Datum value) {
        row[attribute - 1] = value;
        nulls[attribute - 1] = false;
    };
    const bool many = digest.distinct > 0.1 * table_rows;
    set(Anum_pg_statistic_starelid, ObjectIdGetDatum(InvalidOid));
    set(Anum_pg_statistic_staattnum, Int16GetDatum(1));
    set(Anum_pg_statistic_stainherit, BoolGetDatum(false));
    set(Anum_pg_statistic_stanullfrac, Float4GetDatum(static_cast<float4>(digest.null_fraction)));
    set(Anum_pg_statistic_stawidth, Int32GetDatum(static_cast<int32>(width)));
    set(Anum_pg_statistic_stadistinct,
        Float4GetDatum(static_cast<float4>(many ? -digest.distinct / table_rows : digest.distinct)));
    for (int slot = 0; slot < STATISTIC_NUM_SLOTS; ++slot) {
        set(Anum_pg_statistic_stakind1 + slot, Int16GetDatum(0));
        set(Anum_pg_statistic_staop1 + slot, ObjectIdGetDatum(InvalidOid));
        set(Anum_pg_statistic_stacoll1 + slot, ObjectIdGetDatum(InvalidOid));
    }
    Oid less, equals;
    get_sort_group_operators(expression.type, true, true, false, &less, &equals, nullptr, nullptr);
    int slot = 0;
    const auto add_slot = [&](int kind, Oid op) {
        set(Anum_pg_statistic_stakind1 + slot, Int16GetDatum(static_cast<int16>(kind)));
        set(Anum_pg_statistic_staop1 + slot, ObjectIdGetDatum(op));
        set(Anum_pg_statistic_stacoll1 + slot, ObjectIdGetDatum(expression.collation));
        return slot++;
    };
    if (!digest.common.empty()) {
        const int at = add_slot(STATISTIC_KIND_MCV, equals);
        set(Anum_pg_statistic_stanumbers1 + at, share_array(digest));
        set(Anum_pg_statistic_stavalues1 + at, value_array(digest.common, values, expression.type));
    }
    if (!digest.bounds.empty()) {
        const int at = add_slot(STATISTIC_KIND_HISTOGRAM, less);
        set(Anum_pg_statistic_stavalues1 + at, value_array(digest.bounds, values, expression.type));
    }
    Datum correlation = Float4GetDatum(static_cast<float4>(values.correlation));
    set(Anum_pg_statistic_stanumbers1 + add_slot(STATISTIC_KIND_CORRELATION, less),
        PointerGetDatum(construct_array(&correlation, 1, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT)));
    Relation const catalog = table_open(StatisticRelationId, AccessShareLock);
    HeapTuple const tuple = heap_form_tuple(RelationGetDescr(catalog), row, nulls);
    table_close(catalog, AccessShareLock);
    return tuple;
}

}  // namespace

ExpressionSample sample_expression(const Expression& expression, const advisor::TableFacts& table,
                                   advisor::ColumnFacts& facts) {
    ExpressionSample sample;
    Values values;
    if (!facts.sortable || !call([&] { return may_sample(expression); })) return sample;
    if (!try_draw(sampling_query(facts, table), expression.table, &values, &sample.fails) || values.drawn == 0)
        return sample;
    const advisor::Digest digest = advisor::digest(std::vector<double>(values.times, values.times + values.count),
                                                   values.nulls, table.rows, most_common);
    sample.rows = values.drawn;
    facts.analyzed = true;
    facts.sampled = values.drawn;
    facts.null_fraction = digest.null_fraction;
    facts.distinct = digest.distinct;
    facts.common = digest.shares;
    facts.correlation = values.correlation;
    if (!facts.fixed && values.drawn > values.nulls) facts.width = values.bytes / (values.drawn - values.nulls);
    sample.statistics =
        call([&] { return make_statistics(expression, values, digest, facts.width, std::max(1.0, table.rows)); });
    return sample;
}

}  // namespace perfkit::pg

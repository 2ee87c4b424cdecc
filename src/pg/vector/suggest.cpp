// pk_suggest_vector_indexes: what the catalogs and statistics say of columns of vectors, for core/vector/advice.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/core/advisor/naming.hpp"
#include "perfkit/core/vector/advice.hpp"
#include "perfkit/pg/advisor/statistics.hpp"
#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/storage.hpp"
#include "perfkit/pg/text.hpp"
#include "perfkit/pg/workload/texts.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
}

namespace perfkit::pg {

namespace {

using vectors::Advice;
using vectors::Column;
using vectors::Existing;
using vectors::Method;
using vectors::Metric;
using vectors::Server;
using vectors::Type;

// pgvector's defaults.
constexpr int default_m = 16, default_ef_construction = 64, default_lists = 100;

struct Arguments {
    std::optional<std::string> tables;  // a list of OIDs
    std::optional<Metric> metric;
    Server server;
};

struct Found {
    Oid table;
    int number;
    std::string schema, table_name, name, type_name;
    bool read_protected;  // by row-level security
    Column column;
};

// Where the extensions are, as SQL identifiers.
struct Schemas {
    std::string perfkit = schema_of_extension("pg_perfkit");
    std::string ours = schema_of_extension("pg_perfkit_vector");
    std::string pgvector = schema_of_extension("vector");
};

Type type_named(const std::string& name) {
    return name == "vector" ? Type::vector : name == "halfvec" ? Type::halfvec : Type::bit;
}

std::string listed_tables(Datum argument) {
    const Elements tables = elements_of(argument);
    std::string list = "0";
    for (std::size_t i = 0; i < tables.values.size(); ++i)
        if (!tables.nulls[i]) list += "," + std::to_string(DatumGetObjectId(tables.values[i]));
    return list;
}

Arguments arguments_of(FunctionCallInfo fcinfo) {
    Arguments arguments;
    if (!PG_ARGISNULL(0)) arguments.tables = listed_tables(PG_GETARG_DATUM(0));
    if (!PG_ARGISNULL(1)) {
        const std::string name = call([&] { return text_to_cstring(PG_GETARG_TEXT_PP(1)); });
        arguments.metric = vectors::metric_named(name);
        if (!arguments.metric)
            call([&] {
                ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown metric \"%s\"", name.c_str()),
                                errhint("There are l2, inner_product, cosine, l1, hamming and jaccard.")));
            });
    }
    Server& server = arguments.server;
    server.maintenance_bytes = 1024.0 * maintenance_work_mem;
    server.memory_bytes = vectors::page_bytes * effective_cache_size;
    if (!PG_ARGISNULL(2)) {
        server.memory_bytes = static_cast<double>(
            call([&] { return DatumGetInt64(DirectFunctionCall1(pg_size_bytes, PG_GETARG_DATUM(2))); }));
        if (server.memory_bytes < 0) throw std::invalid_argument("memory must not be negative");
    }
    if (!PG_ARGISNULL(3)) server.exact_ms = PG_GETARG_FLOAT8(3);
    if (!(server.exact_ms >= 0)) throw std::invalid_argument("exact_ms must not be negative");
    server.most_workers = max_parallel_maintenance_workers;
    server.least_pages = min_parallel_table_scan_size;
    server.chunk_header = PG_VERSION_NUM >= 160000 ? 8 : 24;
    return arguments;
}

// Columns of tables and materialised views that the caller may read, now and here, and that can have an index.  Rows
// written beyond those that are there were written anew; the counters are of the time since they were reset.
std::vector<Found> find_columns(const Schemas& schemas, const Arguments& arguments) {
    std::vector<Found> found;
    for (const TextRow& row : run_query(
             "SELECT c.oid::bigint, a.attnum, n.nspname, c.relname, a.attname, format_type(t.oid, a.atttypmod), "
             "t.typname, a.atttypmod, row_security_active(c.oid), c.reltuples, c.relpages, "
             "pg_stat_get_live_tuples(c.oid), coalesce(s.null_frac, 0), coalesce(s.n_distinct, -1), "
             "(pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid) - "
             "pg_stat_get_tuples_hot_updated(c.oid)), "
             "extract(epoch FROM clock_timestamp() - coalesce(pg_stat_get_db_stat_reset_time((SELECT oid FROM "
             "pg_database WHERE datname = current_database())), pg_postmaster_start_time())), "
             "(SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'parallel_workers'), "
             "c.relpersistence = 't' "
             "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
             "JOIN pg_type t ON t.oid = a.atttypid "
             "LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname "
             "AND NOT s.inherited "
             "WHERE c.relkind IN ('r', 'm') AND c.relispopulated AND (c.relpersistence = 'p' OR NOT "
             "pg_is_in_recovery()) "
             "AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v' "
             "AND (t.typname IN ('vector', 'halfvec') AND t.typnamespace = " +
             quoted_literal(schemas.pgvector) +
             "::regnamespace OR t.oid = 'bit'::regtype AND a.atttypmod >= 64) "
             "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') "
             "AND NOT pg_is_other_temp_schema(n.oid) AND has_schema_privilege(n.oid, 'USAGE') "
             "AND has_column_privilege(c.oid, a.attnum, 'SELECT') " +
             (arguments.tables ? "AND c.oid = ANY ('{" + *arguments.tables + "}') " : std::string()) +
             "ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\", a.attnum")) {
        Found one;
        one.table = static_cast<Oid>(integer_of(row[0]));
        one.number = static_cast<int>(integer_of(row[1]));
        one.schema = *row[2];
        one.table_name = *row[3];
        one.name = *row[4];
        one.type_name = *row[5];
        one.read_protected = *row[8] == "t";
        Column& column = one.column;
        column.type = type_named(*row[6]);
        column.dimensions = std::max(0, static_cast<int>(integer_of(row[7])));
        column.dimensions_set = column.dimensions > 0;
        const double counted = number_of(row[9]);
        const double all = counted >= 0 ? counted : number_of(row[11]);
        column.heap_pages = number_of(row[10]);
        column.rows = std::round(all * (1 - number_of(row[12])));
        const double distinct = number_of(row[13]);
        column.elements = std::min(column.rows, distinct > 0 ? std::max(distinct, column.rows / 10)
                                                             : std::max(-distinct * all, column.rows / 10));
        // A shorter time says little of an hour.
        column.rewritten_per_second = std::max(0.0, number_of(row[14]) - all) / std::max(3600.0, number_of(row[15]));
        if (row[16]) column.parallel_workers = static_cast<int>(integer_of(row[16]));
        column.temporary = *row[17] == "t";
        found.push_back(std::move(one));
    }
    return found;
}

void find_indexes(const Schemas& schemas, std::vector<Found>& columns) {
    std::map<std::pair<Oid, int>, Column*> by_number;
    std::string tables = "0";
    for (Found& one : columns) {
        by_number[{one.table, one.number}] = &one.column;
        tables += "," + std::to_string(one.table);
    }
    const auto option = [](const char* name) {
        return std::string("(SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = '") + name +
               "')";
    };
    // An expression's index depends on the columns in it; its own column says of what type it is.
    for (const TextRow& row : run_query(
             "SELECT i.indrelid::bigint, d.attnum, quote_ident(n.nspname) || '.' || quote_ident(c.relname), "
             "am.amname, t.typname, i.indisvalid AND i.indisready, i.indpred IS NOT NULL, o.oprname, " +
             option("lists") + ", " + option("m") + ", " + option("ef_construction") + ", coalesce(" + schemas.perfkit +
             ".pk_relation_bytes(c.oid), 0) "
             "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = "
             "c.relnamespace JOIN pg_am am ON am.oid = c.relam AND am.amname IN ('hnsw', 'ivfflat') "
             "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1 JOIN pg_type t ON t.oid = a.atttypid "
             "JOIN pg_opclass p ON p.oid = i.indclass[0] "
             "LEFT JOIN pg_amop ao ON ao.amopfamily = p.opcfamily AND ao.amoplefttype = p.opcintype "
             "AND ao.amopstrategy = 1 LEFT JOIN pg_operator o ON o.oid = ao.amopopr "
             "JOIN LATERAL (SELECT i.indkey[0]::int AS attnum WHERE i.indkey[0] <> 0 UNION "
             "SELECT refobjsubid FROM pg_depend WHERE i.indkey[0] = 0 AND classid = 'pg_class'::regclass "
             "AND objid = c.oid AND refclassid = 'pg_class'::regclass AND refobjid = i.indrelid) d ON true "
             "WHERE i.indrelid = ANY ('{" +
             tables + "}') ORDER BY c.relname COLLATE \"C\", c.oid")) {
        const auto column =
            by_number.find({static_cast<Oid>(integer_of(row[0])), static_cast<int>(integer_of(row[1]))});
        if (column == by_number.end()) continue;
        Existing index;
        index.name = *row[2];
        index.method = *row[3] == "hnsw" ? Method::hnsw : Method::ivfflat;
        index.type = type_named(*row[4]);
        index.valid = *row[5] == "t";
        index.partial = *row[6] == "t";
        if (row[7]) index.metric = vectors::metric_of_operator(*row[7]);
        index.lists = row[8] ? static_cast<int>(integer_of(row[8])) : default_lists;
        index.hnsw.m = row[9] ? static_cast<int>(integer_of(row[9])) : default_m;
        index.hnsw.ef_construction = row[10] ? static_cast<int>(integer_of(row[10])) : default_ef_construction;
        index.bytes = number_of(row[11]);
        column->second->indexes.push_back(std::move(index));
    }
}

// What a column without dimensions holds: some rows say it, of those that come first.  No policy's function is run, no
// lock waited for.
void read_dimensions(const Schemas& schemas, Found& one) {
    if (one.column.dimensions_set || one.read_protected || !try_lock(one.table)) return;
    struct {
        const char* schema;
        const char* name;
    } now = call([&] {
        return decltype(now){get_namespace_name(get_rel_namespace(one.table)), get_rel_name(one.table)};
    });
    if (now.schema != nullptr && now.name != nullptr) {
        const auto rows =
            run_query("SELECT DISTINCT " + schemas.pgvector + ".vector_dims(v) FROM (SELECT v FROM (SELECT " +
                      quoted_name(one.name) + " AS v FROM ONLY " + quoted_name(now.schema) + "." +
                      quoted_name(now.name) + " LIMIT 100000) t WHERE v IS NOT NULL LIMIT 1000) t LIMIT 2");
        if (!rows.empty()) one.column.dimensions = static_cast<int>(integer_of(rows[0][0]));
        one.column.several_dimensions = rows.size() > 1;
    }
    unlock(one.table);
}

// The texts of statements that the caller may read.
std::vector<std::string> captured_texts() {
    std::vector<std::string> texts;
    for (auto& [key, text] : workload::readable_texts()) texts.push_back(std::move(text));
    if (statistics_missing() == nullptr) {
        const std::string view = schema_of_extension("pg_stat_statements") + ".pg_stat_statements";
        if (statistics_readable())
            for (const TextRow& row : run_query("SELECT query FROM " + view +
                                                " s WHERE query LIKE '%<%' AND dbid = " + std::to_string(MyDatabaseId)))
                if (row[0]) texts.push_back(*row[0]);
    }
    return texts;
}

void find_metrics(const Arguments& arguments, std::vector<Found>& columns) {
    std::vector<std::string> texts;
    if (!arguments.metric && !columns.empty()) texts = captured_texts();
    for (Found& one : columns) {
        one.column.metric = one.column.type == Type::bit ? Metric::hamming : Metric::cosine;
        if (arguments.metric) {
            if (vectors::applies(*arguments.metric, one.column.type)) one.column.metric = *arguments.metric;
            continue;
        }
        int counts[6] = {};
        for (const std::string& text : texts) {
            call([] { CHECK_FOR_INTERRUPTS(); });
            vectors::count_metrics(text, one.table_name, one.name, counts);
        }
        const auto most = std::max_element(std::begin(counts), std::end(counts)) - std::begin(counts);
        if (counts[most] > 0 && vectors::applies(static_cast<Metric>(most), one.column.type))
            one.column.metric = static_cast<Metric>(most);
        else if (!one.column.indexes.empty() && one.column.indexes.front().metric)
            one.column.metric = *one.column.indexes.front().metric;
    }
}

class Ddl {
public:
    explicit Ddl(const Schemas& schemas) : schemas_(schemas) {}

    std::optional<std::string> of(const Found& one, const Advice& advice) {
        if (advice.action == vectors::Action::create) return create(one, advice);
        if (advice.action == vectors::Action::rebuild)
            return "ALTER INDEX " + advice.existing->name + " SET (lists = " + std::to_string(advice.lists) +
                   ");\nREINDEX INDEX CONCURRENTLY " + advice.existing->name;
        return std::nullopt;
    }

private:
    std::string create(const Found& one, const Advice& advice) {
        const Oid schema = call([&] { return get_namespace_oid(one.schema.c_str(), true); });
        const auto taken = [&](const std::string& name) {
            return given_.contains({schema, name}) ||
                   OidIsValid(call([&] { return get_relname_relid(name.c_str(), schema); }));
        };
        const std::string name = advisor::index_name(one.table_name, {one.name}, taken, character_end);
        given_.insert({schema, name});
        return "CREATE INDEX CONCURRENTLY " + quoted_name(name) + " ON " + quoted_name(one.schema) + "." +
               quoted_name(one.table_name) + " USING " + std::string(vectors::name_of(advice.method)) + " (" +
               key(one, advice) + " " + operator_class(advice) + ") WITH (" + options(advice) + ")";
    }

    std::string key(const Found& one, const Advice& advice) const {
        const std::string column = quoted_name(one.name);
        if (advice.indexed == one.column.type && one.column.dimensions_set) return column;
        const std::string dimensions = "(" + std::to_string(one.column.dimensions) + ")";
        if (advice.indexed == Type::bit)
            return "(" + schemas_.pgvector + ".binary_quantize(" + column + ")::bit" + dimensions + ")";
        return "(" + column + "::" + schemas_.pgvector + "." +
               (advice.indexed == Type::halfvec ? "halfvec" : "vector") + dimensions + ")";
    }

    std::string operator_class(const Advice& advice) const {
        std::string metric(vectors::name_of(advice.metric));
        if (advice.metric == Metric::inner_product) metric = "ip";
        if (advice.indexed == Type::bit) return schemas_.pgvector + ".bit_" + metric + "_ops";
        return schemas_.ours + (advice.indexed == Type::halfvec ? ".pk_halfvec_" : ".pk_vector_") + metric + "_ops";
    }

    static std::string options(const Advice& advice) {
        if (advice.method == Method::ivfflat) return "lists = " + std::to_string(advice.lists);
        return "m = " + std::to_string(advice.hnsw.m) +
               ", ef_construction = " + std::to_string(advice.hnsw.ef_construction);
    }

    const Schemas& schemas_;
    std::set<std::pair<Oid, std::string>> given_;
};

std::optional<std::string> joined(const std::vector<std::string>& texts) {
    if (texts.empty()) return std::nullopt;
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
    return all;
}

std::optional<std::string> build_settings(const Advice& advice, const Server& server) {
    const bool builds = advice.action == vectors::Action::create || advice.action == vectors::Action::rebuild;
    if (!builds || advice.build_bytes <= server.maintenance_bytes) return std::nullopt;
    const double megabytes = std::ceil(advice.build_bytes / (1024 * 1024));
    return "SET maintenance_work_mem = '" + std::to_string(static_cast<std::int64_t>(megabytes)) + "MB'";
}

std::optional<std::string> search_settings(const Advice& advice) {
    if (advice.method == Method::exact) return std::nullopt;
    if (advice.method == Method::hnsw) return "SET hnsw.ef_search = 40";
    return "SET ivfflat.probes = " + std::to_string(advice.probes);
}

template <typename T>
std::optional<T> given(bool applies, T value) {
    return applies ? std::optional<T>(value) : std::nullopt;
}

void add_row(Rows& rows, const Found& one, const Advice& advice, const Server& server, Ddl& ddl) {
    const bool hnsw = advice.method == Method::hnsw, ivfflat = advice.method == Method::ivfflat;
    const bool any = hnsw || ivfflat, known = one.column.dimensions > 0;
    const auto whole = [](double value) { return static_cast<std::int64_t>(std::llround(value)); };
    const auto statement = ddl.of(one, advice);
    const auto before = build_settings(advice, server), search = search_settings(advice);
    const auto reason = joined(advice.reasons), warning = joined(advice.warnings);
    rows.add({one.schema,
              one.table_name,
              one.name,
              one.type_name,
              given(known, std::int32_t{one.column.dimensions}),
              whole(one.column.rows),
              vectors::name_of(advice.metric),
              vectors::name_of(advice.action),
              vectors::name_of(advice.method),
              statement,
              before,
              search,
              given(hnsw, std::int32_t{advice.hnsw.m}),
              given(hnsw, std::int32_t{advice.hnsw.ef_construction}),
              given(ivfflat, std::int32_t{advice.lists}),
              given(ivfflat, std::int32_t{advice.probes}),
              given(any, whole(advice.bytes)),
              given(any, whole(advice.build_bytes)),
              given(any, std::int32_t{advice.workers}),
              given(known && !one.column.several_dimensions, std::round(advice.exact_ms * 10) / 10),
              advice.existing ? std::optional(advice.existing->name) : std::nullopt,
              reason,
              warning});
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_suggest_vector_indexes) {
    pg::Rows rows(fcinfo);
    const pg::Arguments arguments = pg::arguments_of(fcinfo);
    const pg::Schemas schemas;
    std::vector<pg::Found> columns = pg::find_columns(schemas, arguments);
    if (!columns.empty()) pg::find_indexes(schemas, columns);
    pg::find_metrics(arguments, columns);
    pg::Ddl ddl(schemas);
    for (pg::Found& one : columns) {
        pg::read_dimensions(schemas, one);
        pg::add_row(rows, one, vectors::advise(one.column, arguments.server), arguments.server, ddl);
    }
    PG_RETURN_NULL();
}

// pk_hybrid_search and pk_hybrid_sql: names become SQL, core/vector/hybrid writes the query, and it is run as the
// caller.

#include "perfkit/core/vector/hybrid.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/rows.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg {

namespace {

using vectors::Fusion;
using vectors::Hybrid;
using vectors::Metric;

// In the order of the SQL declaration.
enum Argument {
    hybrid_table,
    query_vector,
    query_text,
    results,
    vector_column,
    text_column,
    time_column,
    key_column,
    metric,
    configuration,
    half_life,
    fusion,
    weights,
    filter,
    candidates,
    rrf_k,
    placeholders
};

constexpr int most_candidates = 1000;  // as hnsw.ef_search

[[noreturn]] void raise(int sqlstate, const std::string& message, const char* hint = nullptr) {
    call([&] { ereport(ERROR, (errcode(sqlstate), errmsg("%s", message.c_str()), hint ? errhint("%s", hint) : 0)); });
    pg_unreachable();
}

struct TableColumn {
    std::string name, type;  // the type's name, where it is of the catalog's or pgvector's schema
};

class Reader {
public:
    Reader(FunctionCallInfo info, bool as_placeholders) : info_(info), as_placeholders_(as_placeholders) {
        if (info_->args[hybrid_table].isnull) raise(ERRCODE_NULL_VALUE_NOT_ALLOWED, "hybrid_table must not be NULL");
        table_ = DatumGetObjectId(info_->args[hybrid_table].value);
    }

    Hybrid read() {
        read_table();
        read_columns();
        read_key();
        hybrid_.results = whole(results, 1, most_candidates, "k");
        hybrid_.candidates = std::clamp(4 * hybrid_.results, 200, most_candidates);
        if (given(candidates)) hybrid_.candidates = whole(candidates, hybrid_.results, most_candidates, "candidates");
        read_sides();
        hybrid_.rrf_k = whole(rrf_k, 1, 1'000'000, "rrf_k");
        read_weights();
        const std::string how = string_of(fusion).value_or("rrf");
        if (how != "rrf" && how != "weighted") raise(ERRCODE_INVALID_PARAMETER_VALUE, "fusion must be rrf or weighted");
        hybrid_.fusion = how == "rrf" ? Fusion::rrf : Fusion::weighted;
        hybrid_.filter = string_of(filter).value_or("");
        return std::move(hybrid_);
    }

private:
    bool given(Argument argument) const { return !info_->args[argument].isnull; }
    std::optional<std::string> string_of(Argument argument) const {
        if (!given(argument)) return std::nullopt;
        return call([&] { return TextDatumGetCString(info_->args[argument].value); });
    }
    std::optional<std::string> name(Argument argument) const {
        if (!given(argument)) return std::nullopt;
        return std::string(NameStr(*DatumGetName(info_->args[argument].value)));
    }
    int whole(Argument argument, int least, int most, const char* named) const {
        const int value = given(argument) ? DatumGetInt32(info_->args[argument].value) : least - 1;
        if (value < least || value > most)
            raise(ERRCODE_INVALID_PARAMETER_VALUE,
                  std::string(named) + " must be from " + std::to_string(least) + " to " + std::to_string(most));
        return value;
    }

    void read_table() {
        const auto rows = run_query(
            "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind, c.relhassubclass AND EXISTS "
            "(SELECT FROM pg_inherits h WHERE h.inhparent = c.oid), row_security_active(c.oid) FROM "
            "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = " +
            std::to_string(table_));
        if (rows.empty()) raise(ERRCODE_UNDEFINED_TABLE, "there is no relation with OID " + std::to_string(table_));
        kind_ = *rows[0][1];
        if (kind_ != "r" && kind_ != "m" && kind_ != "p")
            raise(ERRCODE_WRONG_OBJECT_TYPE, *rows[0][0] + " is not a table");
        hybrid_.table = *rows[0][0];
        inherited_ = *rows[0][2] == "t";
        hybrid_.row_security = *rows[0][3] == "t";
    }

    void read_columns() {
        pgvector_ = schema_of_extension("vector");
        for (const TextRow& row : run_query(
                 "SELECT a.attname, CASE WHEN t.typnamespace IN ('pg_catalog'::regnamespace, " +
                 quoted_literal(pgvector_) +
                 "::regnamespace) THEN t.typname ELSE '' END FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
                 "WHERE a.attrelid = " +
                 std::to_string(table_) + " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"))
            columns_.push_back({*row[0], *row[1]});
    }

    // The column named, or the only one of such a type.
    const TableColumn& column(Argument argument, const char* named, std::initializer_list<const char*> types,
                              std::initializer_list<const char*> also = {}) const {
        const auto is = [](const TableColumn& one, std::initializer_list<const char*> of) {
            return std::any_of(of.begin(), of.end(), [&](const char* type) { return one.type == type; });
        };
        const auto wanted = name(argument);
        const TableColumn* found = nullptr;
        for (const TableColumn& one : columns_) {
            if (wanted ? one.name != *wanted : !is(one, types)) continue;
            if (found != nullptr)
                raise(ERRCODE_AMBIGUOUS_COLUMN, std::string("there is more than one column that could be ") + named,
                      "Name the one to search by.");
            found = &one;
        }
        if (found == nullptr)
            raise(ERRCODE_UNDEFINED_COLUMN, wanted ? "there is no column \"" + *wanted + "\""
                                                   : std::string("there is no column that could be ") + named);
        if (!is(*found, types) && !is(*found, also))
            raise(ERRCODE_DATATYPE_MISMATCH, "column \"" + found->name + "\" cannot be " + named);
        return *found;
    }

    // What tells rows apart: by one column, and surely.  An operator that is not exactly for the column's type is
    // written with its schema, for the query runs under the caller's search_path.  The columns of a materialised view
    // are never NOT NULL; of tables that inherit from this one nothing is known.
    void read_key() {
        const auto wanted = name(key_column);
        const auto rows = run_query(
            "SELECT a.attname, CASE WHEN o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft = a.atttypid THEN "
            "o.oprname ELSE 'OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')' END FROM pg_index i "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
            "JOIN pg_opclass p ON p.oid = i.indclass[0] JOIN pg_amop ao ON ao.amopfamily = p.opcfamily AND "
            "ao.amoplefttype = p.opcintype AND ao.amoprighttype = p.opcintype AND ao.amopstrategy = 3 "
            "JOIN pg_operator o ON o.oid = ao.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE i.indrelid "
            "= " +
            std::to_string(table_) +
            " AND i.indnkeyatts = 1 AND i.indpred IS NULL AND i.indisunique AND i.indisvalid AND i.indimmediate " +
            (kind_ == "m" ? "" : "AND a.attnotnull ") +
            (wanted ? "AND a.attname = " + quoted_literal(*wanted) : std::string("AND i.indisprimary")) +
            " ORDER BY i.indisprimary DESC, i.indexrelid");
        if (rows.empty())
            raise(ERRCODE_INVALID_COLUMN_REFERENCE,
                  wanted ? "column \"" + *wanted + "\" has no unique index of its own that tells all rows apart"
                         : hybrid_.table + " has no primary key of one column",
                  "Name a NOT NULL column with a unique index that is not deferrable as key_column.");
        hybrid_.key = quoted_name(*rows[0][0]);
        hybrid_.equals = *rows[0][1];
        hybrid_.key_may_be_null = kind_ == "m";
        if (kind_ == "r" && inherited_) hybrid_.table = "ONLY " + hybrid_.table;
    }

    void read_sides() {
        if (given(query_vector) || (as_placeholders_ && given(vector_column))) read_vector();
        if (given(query_text) || (as_placeholders_ && given(text_column))) read_text();
        if (given(time_column)) read_time();
        if (!hybrid_.vector && !hybrid_.text && !hybrid_.time)
            raise(ERRCODE_INVALID_PARAMETER_VALUE, "nothing to search for",
                  "Give query_vector, query_text, or time_column.");
    }

    void read_vector() {
        const TableColumn& found = column(vector_column, "vector_column", {"vector", "halfvec"});
        const auto by = vectors::metric_named(string_of(metric).value_or("cosine"));
        if (!by || !vectors::applies(*by, vectors::Type::vector))
            raise(ERRCODE_INVALID_PARAMETER_VALUE, "unknown metric", "There are l2, inner_product, cosine and l1.");
        std::string query = "$1";
        if (!as_placeholders_) {
            const auto output =
                static_cast<Oid>(integer_of(run_query("SELECT typoutput::oid::bigint FROM pg_type WHERE oid = " +
                                                      quoted_literal(pgvector_ + ".vector") + "::regtype")[0][0]));
            query = call([&] { return OidOutputFunctionCall(output, info_->args[query_vector].value); });
            query = quoted_literal(query);
        }
        const std::string cast = read_indexes(found, *by);
        hybrid_.vector = {quoted_name(found.name),
                          "OPERATOR(" + pgvector_ + "." + std::string(vectors::operator_of(*by)) + ")",
                          query + "::" + pgvector_ + "." + (cast.empty() ? found.type : "halfvec"), *by, cast};
    }

    // The indexes that could serve: of the column, or of its cast to halfvec, which is how more than 2,000 dimensions
    // are indexed.  The cast is used where only such an index is there.  (An index's expression is compared as text;
    // run_query has both sides written with their schemas.)
    std::string read_indexes(const TableColumn& found, vectors::Metric by) {
        const std::string halfvec = quoted_literal(pgvector_ + ".halfvec") + "::regtype";
        const auto rows = run_query(
            "SELECT i.indkey[0] <> 0, format_type(" + halfvec +
            ", x.atttypmod), i.indpred IS NOT NULL, CASE m.amname WHEN 'ivfflat' THEN coalesce((SELECT option_value "
            "FROM pg_options_to_table(c.reloptions) WHERE option_name = 'lists'), '100') END, t.reltuples "
            "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
            "JOIN pg_am m ON m.oid = c.relam JOIN pg_attribute x ON x.attrelid = i.indexrelid AND x.attnum = 1 "
            "JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = " +
            quoted_literal(found.name) +
            " JOIN pg_opclass p ON p.oid = i.indclass[0] JOIN pg_amop ao ON ao.amopfamily = p.opcfamily AND "
            "ao.amoplefttype = p.opcintype AND ao.amoprighttype = p.opcintype AND ao.amopstrategy = 1 "
            "JOIN pg_operator o ON o.oid = ao.amopopr WHERE i.indrelid = " +
            std::to_string(table_) + " AND i.indisvalid AND m.amname IN ('hnsw', 'ivfflat') AND o.oprname = " +
            quoted_literal(std::string(vectors::operator_of(by))) + " AND (i.indkey[0] = a.attnum OR x.atttypid = " +
            halfvec + " AND pg_get_indexdef(i.indexrelid, 1, false) = format('((%I)::%s)', a.attname, format_type(" +
            halfvec + ", x.atttypmod))) ORDER BY i.indkey[0] <> 0 DESC, i.indexrelid");
        const bool of_column = !rows.empty() && *rows[0][0] == "t";
        std::string cast;
        for (const TextRow& row : rows) {
            if (!of_column && cast.empty() && *row[2] == "f") cast = *row[1];
            const bool may_serve = of_column ? *row[0] == "t" : cast == *row[1];
            if (may_serve && row[3])
                hybrid_.probes = std::max(hybrid_.probes, vectors::probes_for(static_cast<int>(integer_of(row[3])),
                                                                              number_of(row[4]), hybrid_.candidates));
        }
        return cast;
    }

    void read_text() {
        const TableColumn& found = column(text_column, "text_column", {"tsvector"}, {"text", "varchar", "bpchar"});
        std::string with;
        if (given(configuration)) {
            with = call(
                [&] { return DatumGetCString(DirectFunctionCall1(regconfigout, info_->args[configuration].value)); });
            with = quoted_literal(with) + "::regconfig";
        } else {
            const auto rows = run_query(
                "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.cfgname) FROM "
                "pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE c.oid = "
                "get_current_ts_config()");
            with = quoted_literal(*rows[0][0]) + "::regconfig";
        }
        const std::string query =
            as_placeholders_ ? (hybrid_.vector ? "$2" : "$1") : quoted_literal(*string_of(query_text));
        const bool ready = found.type == "tsvector";
        const char* const cast = ready || found.type == "text" ? "" : "::text";
        hybrid_.text = {quoted_name(found.name) + cast, ready ? "" : with,
                        "websearch_to_tsquery(" + with + ", " + query + "::text)"};
    }

    void read_time() {
        const TableColumn& found = column(time_column, "time_column", {"timestamptz", "timestamp", "date"});
        double seconds = 0;
        if (given(half_life)) {
            const auto* const span = DatumGetIntervalP(info_->args[half_life].value);
            seconds = static_cast<double>(span->time) / 1e6 + 86400.0 * (span->day + 30.0 * span->month);
        }
        if (!(seconds > 0) || !std::isfinite(seconds))
            raise(ERRCODE_INVALID_PARAMETER_VALUE, "half_life must be positive");
        hybrid_.time = {quoted_name(found.name), seconds};
    }

    void read_weights() {
        if (!given(weights)) return;
        const Elements chosen = elements_of(info_->args[weights].value);
        double* const all[]{&hybrid_.vector_weight, &hybrid_.text_weight, &hybrid_.time_weight};
        if (chosen.values.size() > 3)
            raise(ERRCODE_INVALID_PARAMETER_VALUE, "there are three weights: vector, text, time");
        for (std::size_t i = 0; i < chosen.values.size(); ++i) {
            const double value = chosen.nulls[i] ? -1 : DatumGetFloat8(chosen.values[i]);
            if (!(value >= 0 && value <= 1e9)) raise(ERRCODE_INVALID_PARAMETER_VALUE, "a weight must be from 0 to 1e9");
            *all[i] = value;
        }
    }

    FunctionCallInfo info_;
    bool as_placeholders_;
    Oid table_;
    std::string kind_;
    bool inherited_ = false;
    std::string pgvector_;
    std::vector<TableColumn> columns_;
    Hybrid hybrid_;
};

// What the index has to look at to give as many candidates; with a filter, or policies, it goes on until it has them.
// The caller's settings hold where they ask for more.
struct Settings {
    bool ef_search = false, probes = false, iterative = false;
};

const char* setting(const char* name) {
    return call([name] { return GetConfigOption(name, true, false); });
}

Settings missing_settings(const Hybrid& hybrid) {
    Settings missing;
    if (!hybrid.vector) return missing;
    const char* const width = setting("hnsw.ef_search");
    missing.ef_search = width == nullptr || std::atoi(width) < hybrid.candidates;
    const char* const probes = setting("ivfflat.probes");
    missing.probes = hybrid.probes > 0 && (probes == nullptr || std::atoi(probes) < hybrid.probes);
    const char* const iterative = setting("hnsw.iterative_scan");
    const bool filtered = !hybrid.filter.empty() || hybrid.row_security;
    missing.iterative = filtered && iterative != nullptr && std::string(iterative) == "off";
    return missing;
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_hybrid_sql) {
    const bool placeholders = !PG_ARGISNULL(pg::placeholders) && PG_GETARG_BOOL(pg::placeholders);
    const vectors::Hybrid hybrid = pg::Reader(fcinfo, placeholders).read();
    std::string sql;
    const pg::Settings missing = pg::missing_settings(hybrid);
    if (missing.ef_search) sql += "-- SET hnsw.ef_search = " + std::to_string(hybrid.candidates) + ";\n";
    if (missing.probes) sql += "-- SET ivfflat.probes = " + std::to_string(hybrid.probes) + ";\n";
    if (missing.iterative)
        sql += "-- SET hnsw.iterative_scan = relaxed_order; SET ivfflat.iterative_scan = relaxed_order;\n";
    sql += vectors::hybrid_sql(hybrid);
    return pg::call(
        [&] { return PointerGetDatum(cstring_to_text_with_len(sql.data(), static_cast<int>(sql.size()))); });
}

PERFKIT_FUNCTION(pk_hybrid_search) {
    pg::Rows rows(fcinfo);
    const vectors::Hybrid hybrid = pg::Reader(fcinfo, false).read();
    const std::string sql = vectors::hybrid_sql(hybrid);
    const pg::Settings missing = pg::missing_settings(hybrid);
    const std::string width = std::to_string(hybrid.candidates), probes = std::to_string(hybrid.probes);
    const pg::InnerText inner(sql.c_str());

    // An error ends the transaction or subtransaction around, which restores settings and connection.
    struct {
        int level;
        Portal portal;
    } cursor{};
    pg::call([&] {
        cursor.level = NewGUCNestLevel();
        if (missing.ef_search) pg::set_option("hnsw.ef_search", width.c_str());
        if (missing.probes) pg::set_option("ivfflat.probes", probes.c_str());
        if (missing.iterative) {
            pg::set_option("hnsw.iterative_scan", "relaxed_order");
            pg::set_option("ivfflat.iterative_scan", "relaxed_order");
        }
        SPI_connect();
        // A cursor is of one statement, and read-only: a filter cannot smuggle in another.
        SPIPlanPtr const plan = SPI_prepare_cursor(sql.c_str(), 0, nullptr, CURSOR_OPT_NO_SCROLL);
        if (plan == nullptr) elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
        cursor.portal = SPI_cursor_open(nullptr, plan, nullptr, nullptr, true);
        SPI_cursor_fetch(cursor.portal, true, hybrid.results);
    });
    const SPITupleTable* const found = SPI_tuptable;
    for (std::uint64_t i = 0; i < SPI_processed; ++i) {
        std::vector<pg::Value> values;
        const char* const key = pg::call([&] { return SPI_getvalue(found->vals[i], found->tupdesc, 1); });
        values.push_back(key ? pg::Value(key) : pg::Value(std::nullopt));
        for (int column = 2; column <= 8; ++column) {
            bool null = true;
            const Datum value = pg::call([&] { return SPI_getbinval(found->vals[i], found->tupdesc, column, &null); });
            values.push_back(null ? pg::Value(std::nullopt) : pg::Value::of(value));
        }
        rows.add(values);
    }
    pg::call([&] {
        SPI_cursor_close(cursor.portal);
        SPI_finish();
        AtEOXact_GUC(true, cursor.level);
    });
    PG_RETURN_NULL();
}

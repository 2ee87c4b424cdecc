// The SQL functions of the advisor.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <utility>

#include "perfkit/pg/advisor.hpp"
#include "perfkit/pg/advisor/advise.hpp"
#include "perfkit/pg/advisor/report.hpp"
#include "perfkit/pg/advisor/workload.hpp"
#include "perfkit/pg/apply/piece.hpp"
#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/workload.hpp"

extern "C" {
#include "utils/timestamp.h"
}

using namespace perfkit;
using namespace perfkit::pg;

namespace {

// The arguments of pk_suggest_indexes(), in order; those of pk_advisor_queries() are the same without include_drops.
enum Argument {
    queries,
    weights,
    budget,
    max_indexes,
    min_gain,
    time_limit,
    methods,
    covering,
    partial,
    tables,
    exclude,
    include_drops,
    import
};
constexpr Argument import_of_queries = include_drops;

class Arguments {
public:
    explicit Arguments(FunctionCallInfo fcinfo) : fcinfo_(fcinfo) {}

    bool given(Argument argument) const { return !fcinfo_->args[argument].isnull; }
    Datum operator[](Argument argument) const { return fcinfo_->args[argument].value; }

    bool flag(Argument argument, bool otherwise) const {
        return given(argument) ? DatumGetBool((*this)[argument]) : otherwise;
    }

    template <typename Take>
    void each(Argument argument, const char* name, Take take) const {
        if (!given(argument)) return;
        for (const Datum value : elements_of((*this)[argument], name)) take(value);
    }

private:
    FunctionCallInfo fcinfo_;
};

std::string text_of(Datum datum) {
    return call([datum] { return TextDatumGetCString(datum); });
}

double milliseconds_of(Datum interval) {
    const Interval* const span = DatumGetIntervalP(interval);
    return static_cast<double>(span->time) / 1000 + (static_cast<double>(span->day) + 30.0 * span->month) * 86400000;
}

AdviceOptions options_of(const Arguments& arguments, Argument from) {
    AdviceOptions options;
    options.check_permissions = arguments.given(queries) || arguments.given(from);
    if (arguments.given(budget)) {
        const double bytes = static_cast<double>(
            call([&] { return DatumGetInt64(DirectFunctionCall1(pg_size_bytes, arguments[budget])); }));
        if (bytes < 0) throw std::invalid_argument("budget must not be negative");
        options.select.budget = bytes;
    }
    if (arguments.given(max_indexes)) {
        options.select.max_indexes = DatumGetInt32(arguments[max_indexes]);
        if (options.select.max_indexes < 0) throw std::invalid_argument("max_indexes must not be negative");
    }
    if (arguments.given(min_gain)) {
        options.select.min_gain = DatumGetFloat8(arguments[min_gain]);
        if (!(options.select.min_gain >= 0 && options.select.min_gain <= 1))
            throw std::invalid_argument("min_gain must be between 0 and 1");
    }
    if (arguments.given(time_limit)) {
        const double ms = milliseconds_of(arguments[time_limit]);
        if (!(ms >= 0)) throw std::invalid_argument("time_limit must not be negative");
        const auto end = std::chrono::steady_clock::now() +
                         std::chrono::microseconds(static_cast<std::int64_t>(std::min(ms, 1e12) * 1000));
        options.select.out_of_time = [end] { return std::chrono::steady_clock::now() >= end; };
    }
    if (arguments.given(methods)) {
        options.candidates.methods.clear();
        arguments.each(methods, "methods", [&](Datum value) {
            const std::string name = text_of(value);
            const auto method = advisor::method_of(name);
            if (!method)
                throw std::invalid_argument("unknown index method \"" + name +
                                            "\": it must be one of btree, hash, gin, brin");
            options.candidates.methods.insert(*method);
        });
    }
    options.candidates.covering = arguments.flag(covering, true);
    options.candidates.partial = arguments.flag(partial, true);
    arguments.each(tables, "tables", [&](Datum value) { options.only.insert(DatumGetObjectId(value)); });
    arguments.each(exclude, "exclude", [&](Datum value) { options.exclude.insert(DatumGetObjectId(value)); });
    return options;
}

advisor::Workload workload_of(const Arguments& arguments, Argument from) {
    if (arguments.given(from) && arguments.given(queries))
        throw std::invalid_argument("queries and import are two workloads: give one of them");
    if (!arguments.given(queries)) {
        if (arguments.given(weights)) throw std::invalid_argument("weights go with queries");
        if (arguments.given(from)) return imported_source(text_of(arguments[from]))->read();
        return observed_source()->read();
    }
    std::vector<std::string> texts;
    std::vector<double> counts;
    arguments.each(queries, "queries", [&](Datum value) { texts.push_back(text_of(value)); });
    arguments.each(weights, "weights", [&](Datum value) { counts.push_back(DatumGetFloat8(value)); });
    return given_source(std::move(texts), std::move(counts))->read();
}

Piece piece_of(const AdviceRow& row) {
    Piece piece;
    piece.advice_id = row.id;
    piece.action = row.action;
    piece.schema = row.schema;
    piece.table = row.table;
    piece.index = row.index;
    piece.ddl = row.ddl;
    piece.undo = row.undo;
    piece.definition = row.definition;
    piece.replacement = row.replacement;
    piece.queries = row.watched.text();
    piece.table_id = row.table_id;
    piece.index_id = row.index_id;
    piece.bytes = row.bytes;
    piece.saved_ms_per_hour = row.saved_ms_per_hour;
    return piece;
}

}  // namespace

PERFKIT_FUNCTION(pk_suggest_indexes) {
    const Arguments arguments(fcinfo);
    Rows rows(fcinfo);
    const CaptureOff off;
    const AdviceOptions options = options_of(arguments, import);
    const Advice advice = advise(workload_of(arguments, import), options);
    const std::vector<DropAdvice> dropped =
        arguments.flag(include_drops, true) ? drops(advice, options) : std::vector<DropAdvice>{};
    const Value now = Value::time(GetCurrentTimestamp());
    std::int32_t rank = 0;
    for (const AdviceRow& row : advice_rows(advice, dropped)) {
        remember(piece_of(row));
        rows.add({++rank, row.id, row.action, row.schema, row.table, row.index, row.ddl, row.reason, row.warning,
                  row.bytes, row.cost_before, row.cost_after, row.saved_ms_per_hour, row.queries_helped,
                  row.write_ms_per_hour, now, Value::jsonb(row.evidence.text())});
    }
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_advisor_queries) {
    const Arguments arguments(fcinfo);
    Rows rows(fcinfo);
    const CaptureOff off;
    const Advice advice = advise(workload_of(arguments, import_of_queries), options_of(arguments, import_of_queries));
    for (const QueryRow& row : query_rows(advice)) {
        const advisor::Query& query = row.examined->query;
        const std::optional<double> total_ms = query.observed ? std::optional(query.total_ms) : std::nullopt;
        rows.add({query.id, query.observed ? Value(query.user_name) : Value(std::nullopt), query.calls, total_ms,
                  row.share, row.status, row.reason, row.cost_before, row.cost_after, row.saved_ms_per_hour,
                  Value::of(text_array(row.advice_ids)), query.text});
    }
    PG_RETURN_NULL();
}

namespace perfkit::pg {

void init_advisor() {
    init_whatif();
    init_access();
}

}  // namespace perfkit::pg

// pk_vector_recall: what an hnsw or ivfflat index finds of the truly nearest, at several settings.
//
// Two scans of the table: one draws the rows whose vectors are the queries, one computes the distance of
// every row to every query, and keeps the k least of each.  Every vector is so fetched once, however many
// queries there are.  Then the index answers each query at each setting.  All see the same snapshot.  A row is
// no result of its own query.  What the index finds counts where it is no farther than the k-th of the truly
// nearest: of rows equally far, any will do.

#include "perfkit/core/distance/recall.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "perfkit/pg/advisor/whatif.hpp"
#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/distance.hpp"
#include "perfkit/pg/query.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/vector_index.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/itemptr.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
}

namespace perfkit::pg {

namespace {

constexpr int most_neighbours = 999;  // with the row itself, as many as hnsw.ef_search can ask for
constexpr int most_queries = 10'000;
constexpr int most_ef_search = 1000;
constexpr int most_probes = 32768;

struct Arguments {
    int k;
    int sample;
    double target;
    std::vector<int> settings;  // empty: search
    std::string filter;
};

struct Query {
    ItemPointerData row;
    Datum vector;
    std::vector<double> nearest;  // a heap, the farthest first
};

struct Measured {
    int setting;
    double returned;
    distance::Recall recall;
    double median_ms, p95_ms;
};

[[noreturn]] void raise_range(const char* name, double least, double most) {
    call([=] {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be from %g to %g", name, least, most)));
    });
    pg_unreachable();
}

std::vector<int> settings_of(Datum argument, int most) {
    const Elements given = elements_of(argument);
    if (given.values.empty() || given.values.size() > 1000) raise_range("the number of settings", 1, 1000);
    std::vector<int> settings;
    for (std::size_t i = 0; i < given.values.size(); ++i) {
        if (given.nulls[i]) raise_null_parameter("a setting");
        settings.push_back(DatumGetInt32(given.values[i]));
        if (settings.back() < 1 || settings.back() > most) raise_range("a setting", 1, most);
    }
    std::sort(settings.begin(), settings.end());
    settings.erase(std::unique(settings.begin(), settings.end()), settings.end());
    return settings;
}

Arguments arguments_of(FunctionCallInfo fcinfo, const VectorIndex& index) {
    for (const auto& [number, name] : {std::pair(1, "k"), std::pair(2, "sample"), std::pair(3, "target")})
        if (PG_ARGISNULL(number)) raise_null_parameter(name);
    Arguments arguments{PG_GETARG_INT32(1), PG_GETARG_INT32(2), PG_GETARG_FLOAT8(3), {}, {}};
    if (arguments.k < 1 || arguments.k > most_neighbours) raise_range("k", 1, most_neighbours);
    if (arguments.sample < 1 || arguments.sample > most_queries) raise_range("sample", 1, most_queries);
    if (!(arguments.target > 0 && arguments.target <= 1)) raise_range("target", 0, 1);
    if (!PG_ARGISNULL(4))
        arguments.settings = settings_of(PG_GETARG_DATUM(4), index.hnsw ? most_ef_search : most_probes);
    if (!PG_ARGISNULL(5)) arguments.filter = call([&] { return text_to_cstring(PG_GETARG_TEXT_PP(5)); });
    return arguments;
}

SPIPlanPtr prepare(const std::string& sql, int parameters, Oid type) {
    return call([&] {
        SPIPlanPtr const plan =
            SPI_prepare_cursor(sql.c_str(), parameters, &type, CURSOR_OPT_NO_SCROLL | CURSOR_OPT_GENERIC_PLAN);
        if (plan == nullptr) elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
        return plan;
    });
}

class Measurement {
public:
    Measurement(const VectorIndex& index, const Arguments& arguments);
    // False where there is nothing to look for.
    bool find_nearest();
    Measured measure(int setting);
    std::size_t queries() const { return queries_.size(); }
    const char* setting_name() const { return index_.hnsw ? "hnsw.ef_search" : "ivfflat.probes"; }

private:
    template <typename Visit>
    void scan(Visit visit);
    void draw_queries();
    void plan_search();
    void search(const Query& query, std::size_t* hits, std::size_t* returned);
    double distance_to(Datum row, Datum query) {
        return DatumGetFloat8(FunctionCall2Coll(&distance_, InvalidOid, row, query));
    }

    const VectorIndex& index_;
    const Arguments& arguments_;
    MemoryContext memory_;
    FmgrInfo distance_;
    SPIPlanPtr scan_plan_;
    SPIPlanPtr search_plan_;
    WhatIf only_this_index_;
    std::vector<Query> queries_;
};

Measurement::Measurement(const VectorIndex& index, const Arguments& arguments)
    : index_(index), arguments_(arguments), memory_(call([] {
          return AllocSetContextCreate(CurrentMemoryContext, "pk_vector_recall", ALLOCSET_DEFAULT_SIZES);
      })) {
    for (const TextRow& row :
         run_query("SELECT indexrelid::bigint FROM pg_index WHERE indrelid = " + std::to_string(index.table) +
                   " AND indexrelid <> " + std::to_string(index.index)))
        only_this_index_.hide(static_cast<Oid>(integer_of(row.front())));
    only_this_index_.allow_foreign_tables();  // a policy may read one

    call([this] { fmgr_info_cxt(index_.distance, &distance_, memory_); });
    std::string conditions;
    // The line break ends a comment at the filter's end.
    for (const std::string& condition : {std::string(index.condition ? index.condition : ""), arguments.filter})
        if (!condition.empty()) conditions += (conditions.empty() ? " WHERE (" : " AND (") + condition + "\n)";
    const std::string what = std::string("SELECT ctid, (") + index.expression + ")";
    const std::string from = std::string(" FROM ONLY ") + index.table_name + conditions;
    scan_plan_ = prepare(what + from, 0, InvalidOid);
    search_plan_ = prepare(
        what + " " + index.operator_name + " $1" + from + " ORDER BY 2 LIMIT " + std::to_string(arguments.k + 1), 1,
        index.type);
    plan_search();
}

// Calls visit(row, vector) for every row that the index should have, in memory that is reset after it, inside pg::call.
template <typename Visit>
void Measurement::scan(Visit visit) {
    struct {
        Portal portal;
        MemoryContext row_memory;
    } cursor = call([this] {
        return decltype(cursor){SPI_cursor_open(nullptr, scan_plan_, nullptr, nullptr, true),
                                AllocSetContextCreate(memory_, "pk_vector_recall row", ALLOCSET_DEFAULT_SIZES)};
    });
    for (;;) {
        call([&] { SPI_cursor_fetch(cursor.portal, true, 500); });
        SPITupleTable* const rows = SPI_tuptable;
        const std::uint64_t count = SPI_processed;
        if (count == 0) break;
        call([&] {
            MemoryContext const before = MemoryContextSwitchTo(cursor.row_memory);
            for (std::uint64_t i = 0; i < count; ++i) {
                CHECK_FOR_INTERRUPTS();
                bool null;
                const Datum vector = SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &null);
                if (null) continue;
                const Datum row = SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &null);
                visit(*reinterpret_cast<ItemPointer>(DatumGetPointer(row)), vector);
                MemoryContextReset(cursor.row_memory);
            }
            MemoryContextSwitchTo(before);
            SPI_freetuptable(rows);
        });
    }
    call([&] {
        SPI_cursor_close(cursor.portal);
        MemoryContextDelete(cursor.row_memory);
    });
}

// Every row with the same chance; the same rows each time, as long as the table stays as it is.
void Measurement::draw_queries() {
    std::mt19937_64 random;  // NOLINT: always the same seed
    std::uint64_t seen = 0;
    const auto wanted = static_cast<std::size_t>(arguments_.sample);
    queries_.reserve(wanted);
    scan([&](const ItemPointerData& row, Datum vector) {
        std::size_t place = queries_.size();
        if (++seen > wanted) {
            place = random() % seen;
            if (place >= wanted) return;
        }
        MemoryContext const before = MemoryContextSwitchTo(memory_);
        const Datum copy = PointerGetDatum(PG_DETOAST_DATUM_COPY(vector));
        MemoryContextSwitchTo(before);
        if (place == queries_.size()) {
            queries_.push_back({row, copy, {}});
        } else {
            pfree(DatumGetPointer(queries_[place].vector));
            queries_[place].row = row;
            queries_[place].vector = copy;
        }
    });
    // A zero vector has no angle to any: it is in no index by cosine, and no query.
    call([this] {
        std::erase_if(queries_,
                      [this](const Query& query) { return std::isnan(distance_to(query.vector, query.vector)); });
    });
}

bool Measurement::find_nearest() {
    draw_queries();
    const auto k = static_cast<std::size_t>(arguments_.k);
    for (Query& query : queries_) query.nearest.reserve(k);
    scan([&](ItemPointerData row, Datum stored) {
        const Datum vector = PointerGetDatum(PG_DETOAST_DATUM(stored));
        for (Query& query : queries_) {
            const double distance = distance_to(vector, query.vector);
            std::vector<double>& nearest = query.nearest;
            const bool full = nearest.size() == k;
            if (std::isnan(distance) || (full && distance >= nearest.front())) continue;
            if (ItemPointerEquals(&row, &query.row)) continue;
            if (full) {
                std::pop_heap(nearest.begin(), nearest.end());
                nearest.back() = distance;
            } else {
                nearest.push_back(distance);
            }
            std::push_heap(nearest.begin(), nearest.end());
        }
    });
    std::erase_if(queries_, [](const Query& query) { return query.nearest.empty(); });
    return !queries_.empty();
}

// Makes sure that there is a plan, and that it reads this index; it is made again where something about
// the table has changed.
void Measurement::plan_search() {
    const WhatIf::Scope scope(only_this_index_);
    struct {
        Oid index;
        bool found;
    } wanted{index_.index, false};
    call([&] {
        const int level = NewGUCNestLevel();
        for (const char* const name : {"enable_seqscan", "enable_sort", "enable_bitmapscan", "jit"})
            set_option(name, "off");
        set_option("enable_indexscan", "on");
        CachedPlan* const plan = SPI_plan_get_cached_plan(search_plan_);
        if (plan == nullptr) elog(ERROR, "could not plan a query");
        visit_indexes(
            linitial_node(PlannedStmt, plan->stmt_list),
            [](void* context, Oid used) {
                auto* const looked_for = static_cast<decltype(wanted)*>(context);
                looked_for->found = looked_for->found || used == looked_for->index;
            },
            &wanted);
        ReleaseCachedPlan(plan, nullptr);
        AtEOXact_GUC(true, level);
        if (!wanted.found)
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                            errmsg("the planner does not use index \"%s\" to find the nearest rows", index_.name),
                            errhint("EXPLAIN a query of yours with enable_seqscan and enable_sort off. Policies of "
                                    "row-level security, and "
                                    "an index made in this transaction over rows changed before, can keep an index "
                                    "from being used.")));
    });
}

void Measurement::search(const Query& query, std::size_t* hits, std::size_t* returned) {
    call([&] {
        Datum value = query.vector;
        const int result = SPI_execute_plan(search_plan_, &value, nullptr, true, 0);
        if (result != SPI_OK_SELECT) elog(ERROR, "a search failed: %s", SPI_result_code_string(result));
        *hits = *returned = 0;
        for (std::uint64_t i = 0; i < SPI_processed && *returned < query.nearest.size(); ++i) {
            bool null;
            ItemPointerData self = query.row;
            auto* const row = reinterpret_cast<ItemPointer>(
                DatumGetPointer(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null)));
            if (ItemPointerEquals(row, &self)) continue;
            const Datum distance = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &null);
            ++*returned;
            *hits += !null && DatumGetFloat8(distance) <= query.nearest.front();
        }
        SPI_freetuptable(SPI_tuptable);
    });
}

// Once to fetch the pages and count, once to take the time.
Measured Measurement::measure(int setting) {
    const std::string value = std::to_string(setting);
    call([&] { set_option(setting_name(), value.c_str()); });
    std::vector<double> shares, times;
    double returned_shares = 0;
    for (const bool timed : {false, true}) {
        for (const Query& query : queries_) {
            std::size_t hits, returned;
            plan_search();
            const auto start = std::chrono::steady_clock::now();
            search(query, &hits, &returned);
            const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
            if (timed) {
                times.push_back(time.count());
                continue;
            }
            const auto wanted = static_cast<double>(query.nearest.size());
            shares.push_back(static_cast<double>(hits) / wanted);
            returned_shares += static_cast<double>(returned) / wanted;
        }
    }
    std::sort(times.begin(), times.end());
    return {setting, returned_shares / static_cast<double>(queries_.size()), distance::recall_of(shares),
            distance::percentile(times, 0.5), distance::percentile(times, 0.95)};
}

int current_setting(const char* name, int fallback) {
    const char* const value = call([name] { return GetConfigOption(name, true, false); });
    return value != nullptr ? std::atoi(value) : fallback;
}

// The mean of shares is a sum of rounded ones.
bool reaches(const Measured& one, double target) { return one.recall.mean >= target - 1e-9; }

double rounded(double value, int digits) {
    const double unit = std::pow(10, digits);
    return std::round(value * unit) / unit;
}

std::vector<Measured> measure_all(Measurement& measurement, const VectorIndex& index, const Arguments& arguments,
                                  int current) {
    std::vector<Measured> all;
    for (const int setting : arguments.settings) all.push_back(measurement.measure(setting));
    if (!arguments.settings.empty()) return all;
    const int lowest = index.hnsw ? arguments.k + 1 : 1;
    distance::SettingSearch search(lowest, index.hnsw ? most_ef_search : std::max(index.lists, 1));
    while (const std::optional<int> setting = search.next()) {
        all.push_back(measurement.measure(*setting));
        search.tell(reaches(all.back(), arguments.target));
    }
    if (std::none_of(all.begin(), all.end(), [=](const Measured& one) { return one.setting == current; }))
        all.push_back(measurement.measure(current));
    std::sort(all.begin(), all.end(), [](const Measured& a, const Measured& b) { return a.setting < b.setting; });
    return all;
}

}  // namespace

}  // namespace perfkit::pg

using namespace perfkit;

PERFKIT_FUNCTION(pk_vector_recall) {
    pg::Rows rows(fcinfo);
    if (PG_ARGISNULL(0)) pg::raise_null_parameter("vector_index");
    const pg::VectorIndex index = pg::describe_vector_index(PG_GETARG_OID(0));
    const pg::Arguments arguments = pg::arguments_of(fcinfo, index);

    // An error ends the transaction or subtransaction around, which restores settings and connection.
    const int level = pg::call([] {
        const int nest = NewGUCNestLevel();
        SPI_connect();
        return nest;
    });
    std::vector<pg::Measured> all;
    pg::Measurement measurement(index, arguments);
    const char* const name = measurement.setting_name();
    const int current = pg::current_setting(name, index.hnsw ? 40 : 1);
    const bool any = measurement.find_nearest();
    if (any) all = measure_all(measurement, index, arguments, current);
    pg::call([level] {
        SPI_finish();
        AtEOXact_GUC(true, level);
    });
    if (!any)
        pg::call([&] { ereport(NOTICE, (errmsg("nothing to measure: index \"%s\" has no two rows", index.name))); });

    const auto smallest = std::find_if(all.begin(), all.end(),
                                       [&](const pg::Measured& one) { return pg::reaches(one, arguments.target); });
    for (auto one = all.begin(); one != all.end(); ++one)
        rows.add({name, one->setting, pg::rounded(one->recall.mean, 4), pg::rounded(one->recall.low, 4),
                  pg::rounded(one->recall.high, 4), pg::rounded(one->returned, 4), pg::rounded(one->median_ms, 3),
                  pg::rounded(one->p95_ms, 3), static_cast<std::int32_t>(measurement.queries()),
                  one->setting == current, one == smallest});
    PG_RETURN_NULL();
}

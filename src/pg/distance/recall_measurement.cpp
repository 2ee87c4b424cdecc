#include "perfkit/pg/vector_recall.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string_view>

#include "perfkit/pg/query.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/itemptr.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
}

namespace perfkit::pg {

namespace {

// A query is made of so many rows, of the so many that are nearest to a row.  Few of the nearest make one whose
// neighbours are all found from one node, as a row's are: the neighbourhood has to be larger than what a node is linked
// to, 2 m.  bench/vector_index/recall.sh.
constexpr std::size_t parents = 8;
constexpr std::size_t neighbourhood = 192;

RowId row_id(const ItemPointerData& place) {
    return static_cast<RowId>(ItemPointerGetBlockNumberNoCheck(&place)) << 16 |
           ItemPointerGetOffsetNumberNoCheck(&place);
}

ItemPointerData place_of(RowId row) {
    ItemPointerData place;
    ItemPointerSet(&place, static_cast<BlockNumber>(row >> 16), static_cast<OffsetNumber>(row & 0xffff));
    return place;
}

SPIPlanPtr prepare(const std::string& sql, int parameters, Oid type) {
    return call([&] {
        SPIPlanPtr const plan =
            SPI_prepare_cursor(sql.c_str(), parameters, &type, CURSOR_OPT_NO_SCROLL | CURSOR_OPT_GENERIC_PLAN);
        if (plan == nullptr) elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
        return plan;
    });
}

}  // namespace

RecallMeasurement::RecallMeasurement(const VectorIndex& index, int k, int sample, const std::string& filter)
    : index_(index),
      k_(k),
      sample_(sample),
      made_(index.hnsw ? vector_type_of(index.type) : std::nullopt),
      memory_(call(
          [] { return AllocSetContextCreate(CurrentMemoryContext, "pk_vector_recall", ALLOCSET_DEFAULT_SIZES); })) {
    for (const TextRow& row :
         run_query("SELECT indexrelid::bigint FROM pg_index WHERE indrelid = " + std::to_string(index.table) +
                   " AND indexrelid <> " + std::to_string(index.index)))
        only_this_index_.hide(static_cast<Oid>(integer_of(row.front())));
    only_this_index_.allow_foreign_tables();  // a policy may read one

    call([this] { fmgr_info_cxt(index_.distance, &distance_, memory_); });
    std::string conditions;
    // The line break ends a comment at the filter's end.
    for (const std::string& condition : {std::string(index.condition ? index.condition : ""), filter})
        if (!condition.empty()) conditions += (conditions.empty() ? " WHERE (" : " AND (") + condition + "\n)";
    const std::string what = std::string("SELECT ctid, (") + index.expression + ")";
    const std::string table = std::string(" FROM ONLY ") + index.table_name;
    scan_plan_ = prepare(what + table + conditions, 0, InvalidOid);
    fetch_plan_ = prepare(what + table + " WHERE ctid = ANY ($1)", 1, TIDARRAYOID);
    search_plan_ = prepare(
        what + " " + index.operator_name + " $1" + table + conditions + " ORDER BY 2 LIMIT " + std::to_string(wanted()),
        1, index.type);
    plan_search();
}

// Calls visit(row, vector) for every row that the index should have, in memory that is reset after it, inside pg::call.
template <typename Visit>
void RecallMeasurement::scan(Visit visit) {
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
                visit(row_id(*reinterpret_cast<ItemPointer>(DatumGetPointer(row))), vector);
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
void RecallMeasurement::draw_queries() {
    std::mt19937_64 random;  // NOLINT: always the same seed
    std::uint64_t seen = 0;
    const auto wanted = static_cast<std::size_t>(sample_);
    queries_.reserve(wanted);
    scan([&](RowId row, Datum vector) {
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

// Finds the nearest rows of each query, as the operator says.  The inner product is greatest of long vectors, wherever
// they lie; `in_space` asks for those that lie near, of which |x - q|^2 = x.x - 2 x.q + q.q tells, and q.q is the same
// for all.
void RecallMeasurement::compare_all(std::size_t count, bool in_space) {
    const bool from_product = in_space && std::string_view(index_.operator_name).ends_with("<#>)");
    for (Query& query : queries_) {
        query.nearest.clear();
        query.nearest.reserve(count);
    }
    scan([&](RowId row, Datum stored) {
        const Datum vector = PointerGetDatum(PG_DETOAST_DATUM(stored));
        const double square = from_product ? -distance_to(vector, vector) : 0;
        for (Query& query : queries_) {
            double distance = distance_to(vector, query.vector);
            if (from_product) distance = square + 2 * distance;
            std::vector<distance::Neighbour>& nearest = query.nearest;
            if (std::isnan(distance) || row == query.row ||
                !distance::belongs(nearest.data(), nearest.size(), count, distance))
                continue;
            if (nearest.size() == count) {
                distance::replace_farthest(nearest.data(), count, {distance, row});
            } else {
                nearest.push_back({distance, row});
                std::push_heap(nearest.begin(), nearest.end(), distance::is_nearer);
            }
        }
    });
    std::erase_if(queries_, [](const Query& query) { return query.nearest.empty(); });
}

std::vector<distance::Point> RecallMeasurement::vectors_of(std::span<const distance::Neighbour> rows) {
    std::vector<ItemPointerData> places(rows.size());
    std::vector<Datum> elements(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        places[i] = place_of(rows[i].id);
        elements[i] = PointerGetDatum(&places[i]);
    }
    SPITupleTable* const found = call([&] {
        Datum array = PointerGetDatum(construct_array(elements.data(), static_cast<int>(elements.size()), TIDOID,
                                                      sizeof(ItemPointerData), false, TYPALIGN_SHORT));
        const int result = SPI_execute_plan(fetch_plan_, &array, nullptr, true, 0);
        if (result != SPI_OK_SELECT) elog(ERROR, "could not fetch rows: %s", SPI_result_code_string(result));
        return SPI_tuptable;
    });
    std::vector<distance::Point> points;
    for (std::uint64_t i = 0; i < found->numvals; ++i) {
        bool null;
        const Datum value = call([&] { return SPI_getbinval(found->vals[i], found->tupdesc, 2, &null); });
        if (!null) points.push_back(numbers_of(*made_, value));
    }
    call([&] { SPI_freetuptable(found); });
    return points;
}

// In the place of each row drawn, a query from where it lies: made of rows near it, without itself.
void RecallMeasurement::make_queries() {
    compare_all(neighbourhood, true);
    call([] { set_option("enable_tidscan", "on"); });
    std::vector<distance::Point> drawn;
    for (const Query& query : queries_) drawn.push_back(numbers_of(*made_, query.vector));
    const double length = *made_ == vectors::Type::bit ? 0 : distance::common_length(drawn);

    std::mt19937_64 random;  // NOLINT: always the same seed
    for (Query& query : queries_) {
        std::vector<distance::Neighbour>& rows = query.nearest;
        std::shuffle(rows.begin(), rows.end(), random);
        rows.resize(std::min(rows.size(), parents));
        const std::vector<distance::Point> near = vectors_of(rows);
        if (near.empty()) continue;  // the table gives other rows each time
        distance::Point point = distance::unseen_point(near, random);
        if (length > 0) distance::scale_to(point, length);
        call([&] { pfree(DatumGetPointer(query.vector)); });
        query.vector = value_of(*made_, point);
        query.row = 0;
    }
}

bool RecallMeasurement::find_nearest() {
    // Every scan begins at the same row: what is drawn depends on the order.
    call([] { set_option("synchronize_seqscans", "off"); });
    draw_queries();
    if (made_) make_queries();
    compare_all(static_cast<std::size_t>(k_), false);
    return !queries_.empty();
}

// Makes sure that there is a plan, and that it reads this index; it is made again where something about
// the table has changed.
void RecallMeasurement::plan_search() {
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

void RecallMeasurement::search(const Query& query, std::size_t* hits, std::size_t* returned) {
    call([&] {
        Datum value = query.vector;
        const int result = SPI_execute_plan(search_plan_, &value, nullptr, true, 0);
        if (result != SPI_OK_SELECT) elog(ERROR, "a search failed: %s", SPI_result_code_string(result));
        *hits = *returned = 0;
        for (std::uint64_t i = 0; i < SPI_processed && *returned < query.nearest.size(); ++i) {
            bool null;
            auto* const row = reinterpret_cast<ItemPointer>(
                DatumGetPointer(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null)));
            if (row_id(*row) == query.row) continue;
            const Datum distance = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &null);
            ++*returned;
            *hits += !null && DatumGetFloat8(distance) <= query.nearest.front().distance;
        }
        SPI_freetuptable(SPI_tuptable);
    });
}

// Once to fetch the pages and count, once to take the time.
MeasuredRecall RecallMeasurement::measure(int setting) {
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

}  // namespace perfkit::pg

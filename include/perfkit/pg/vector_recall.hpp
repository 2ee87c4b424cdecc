// How pk_vector_recall measures: finds what is truly nearest to its queries, and then what the index finds of it.
//
// One scan of the table draws rows, one computes the distance of every row to every query, and keeps the k least
// of each.  Every vector is so fetched once, however many queries there are.  Then the index answers each query at
// each setting.  All see the same snapshot.  What the index finds counts where it is no farther than the k-th of the
// truly nearest: of rows equally far, any will do.
//
// For ivfflat the queries are the rows drawn, and a row is no result of its own query.  In the graph of hnsw a row is a
// node, from which its neighbours are found at once: there a scan more finds the rows near those drawn, and of them
// queries are made that no node is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "perfkit/core/distance/nearest.hpp"
#include "perfkit/core/distance/recall.hpp"
#include "perfkit/core/distance/unseen.hpp"
#include "perfkit/pg/advisor/whatif.hpp"
#include "perfkit/pg/vector_index.hpp"
#include "perfkit/pg/vector_value.hpp"

extern "C" {
#include "executor/spi.h"
}

namespace perfkit::pg {

// Where a row lies in its table, as one number, which is never 0.
using RowId = std::uint64_t;

struct MeasuredRecall {
    int setting;
    double returned;
    distance::Recall recall;
    double median_ms, p95_ms;
};

// Of one index; lives within an SPI connection.
class RecallMeasurement {
public:
    // `filter` is an SQL condition, or empty.
    RecallMeasurement(const VectorIndex& index, int k, int sample, const std::string& filter);
    // False where there is nothing to look for.
    bool find_nearest();
    MeasuredRecall measure(int setting);
    std::size_t queries() const { return queries_.size(); }
    // With the query's own row, where it has one.
    int wanted() const { return k_ + (made_ ? 0 : 1); }
    const char* setting_name() const { return index_.hnsw ? "hnsw.ef_search" : "ivfflat.probes"; }

private:
    struct Query {
        RowId row;  // whose vector it is; 0: no row's
        Datum vector;
        std::vector<distance::Neighbour> nearest;  // a heap, the farthest first
    };

    template <typename Visit>
    void scan(Visit visit);
    void draw_queries();
    void compare_all(std::size_t count, bool in_space);
    void make_queries();
    std::vector<distance::Point> vectors_of(std::span<const distance::Neighbour> rows);
    void plan_search();
    void search(const Query& query, std::size_t* hits, std::size_t* returned);
    double distance_to(Datum row, Datum query) {
        return DatumGetFloat8(FunctionCall2Coll(&distance_, InvalidOid, row, query));
    }

    const VectorIndex& index_;
    const int k_, sample_;
    std::optional<vectors::Type> made_;  // what the queries are made as; nothing: they are rows
    MemoryContext memory_;
    FmgrInfo distance_;
    SPIPlanPtr scan_plan_;
    SPIPlanPtr fetch_plan_;
    SPIPlanPtr search_plan_;
    WhatIf only_this_index_;
    std::vector<Query> queries_;
};

}  // namespace perfkit::pg

// The SQL of a hybrid search: candidates from a vector index, a full-text index and an index by time, fused.
#pragma once

#include <optional>
#include <string>

#include "perfkit/core/vector/advice.hpp"

namespace perfkit::vectors {

enum class Fusion {
    rrf,      // reciprocal ranks: Cormack, Clarke, Buettcher, SIGIR 2009
    weighted  // of similarity, text rank and recency
};

// All strings are SQL already.
struct Hybrid {
    std::string table;
    std::string key;               // a column that is unique
    bool key_may_be_null = false;  // those rows are not found
    std::string equals = "=";      // of keys: with its schema where there is no exact built-in one
    struct ByVector {
        std::string column, operation, query;
        Metric metric = Metric::cosine;
        std::string cast = {};  // the type that the column's index is over; empty: the column's own
    };
    struct ByText {
        std::string column, configuration, query;  // a tsvector, or with a configuration text; a tsquery
    };
    struct ByTime {
        std::string column;
        double half_life_seconds = 0;
    };
    std::optional<ByVector> vector;
    std::optional<ByText> text;
    std::optional<ByTime> time;
    double vector_weight = 1, text_weight = 1, time_weight = 1;
    Fusion fusion = Fusion::rrf;
    int rrf_k = 60;
    std::string filter;         // empty: none
    bool row_security = false;  // filters as well, unseen
    int results = 10;
    int candidates = 100;  // of each side
    int probes = 0;        // lists of an ivfflat index to look through; 0: there is none
};

// Lists of an ivfflat index, over so many rows, to look through for as many candidates: their square root, and so many
// that twice as many rows as candidates lie in lists of the mean length.
int probes_for(int lists, double rows, int candidates);

// Columns: key, score, vector_part, text_part, time_part, vector_place, text_place, time_place; NULL for a side that is
// not used, and as place of a row that is not among its candidates.
std::string hybrid_sql(const Hybrid& hybrid);

}  // namespace perfkit::vectors

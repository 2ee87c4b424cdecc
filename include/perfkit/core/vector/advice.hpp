// Which index a column of vectors should have: hnsw, ivfflat, or none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "perfkit/core/vector/layout.hpp"

namespace perfkit::vectors {

enum class Metric { l2, inner_product, cosine, l1, hamming, jaccard };
std::string_view name_of(Metric metric);
std::string_view operator_of(Metric metric);
std::optional<Metric> metric_named(std::string_view name);
std::optional<Metric> metric_of_operator(std::string_view name);
bool applies(Metric metric, Type type);

enum class Method { exact, hnsw, ivfflat };
std::string_view name_of(Method method);

struct Existing {
    std::string name;
    Method method = Method::hnsw;
    Type type = Type::vector;  // of what is indexed: another than the column's where that is an expression
    bool valid = true;
    bool partial = false;
    std::optional<Metric> metric;
    int lists = 0;  // of ivfflat
    Hnsw hnsw;
    double bytes = 0;
};

struct Column {
    Type type = Type::vector;
    int dimensions = 0;          // 0: unknown
    bool dimensions_set = true;  // by the column's type
    bool several_dimensions = false;
    double rows = 0;      // that are not NULL
    double elements = 0;  // different vectors, as far as is known
    double rewritten_per_second = 0;
    double heap_pages = 0;
    std::optional<int> parallel_workers;  // the table's setting
    bool temporary = false;
    Metric metric = Metric::cosine;
    std::vector<Existing> indexes;
};

struct Server {
    double maintenance_bytes = 64.0 * 1024 * 1024;   // maintenance_work_mem
    double memory_bytes = 4.0 * 1024 * 1024 * 1024;  // what a build, and an index in use, may take
    double exact_ms = 10;                            // a search that takes no longer needs no index
    int most_workers = 2;                            // max_parallel_maintenance_workers
    double least_pages = 1024;                       // min_parallel_table_scan_size
    std::size_t chunk_header = 8;
};

enum class Action { none, create, rebuild, keep };
std::string_view name_of(Action action);

struct Advice {
    Action action = Action::none;
    Method method = Method::exact;
    Type indexed = Type::vector;  // another than the column's: by an expression
    Metric metric = Metric::cosine;
    Hnsw hnsw;
    int lists = 0, probes = 0;
    double bytes = 0;        // of the index
    double build_bytes = 0;  // maintenance_work_mem that the build needs
    int workers = 0;
    double exact_ms = 0;
    const Existing* existing = nullptr;  // what is kept or rebuilt, in the column
    std::vector<std::string> reasons, warnings;
};

Advice advise(const Column& column, const Server& server);

// Time of a search that compares every row, by one process, with the table in memory.
double exact_ms(Type type, int dimensions, double rows);

// Parallel workers of a build, as the server's planner counts them (plan_create_index_workers).
int index_workers(const Column& column, const Server& server, double maintenance_bytes);

// How often each metric's operator stands beside the column in a statement that names the table.
void count_metrics(std::string_view sql, std::string_view table, std::string_view column, int (&counts)[6]);

}  // namespace perfkit::vectors

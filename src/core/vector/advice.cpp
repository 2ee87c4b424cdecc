#include "perfkit/core/vector/advice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace perfkit::vectors {

namespace {

struct MetricNames {
    std::string_view name, symbol;
};
constexpr std::array<MetricNames, 6> metrics{{{"l2", "<->"},
                                              {"inner_product", "<#>"},
                                              {"cosine", "<=>"},
                                              {"l1", "<+>"},
                                              {"hamming", "<~>"},
                                              {"jaccard", "<%>"}}};

// An index that is so many times larger than it would be once built anew is worth a REINDEX.
constexpr double swollen = 1.5;
// Lists that are this far from what the rows would have.
constexpr double unfit = 2;
// Share of one core that writes may spend on an hnsw index.
constexpr double most_upkeep = 0.1;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 10 && value != std::round(value) ? "%.1f" : "%.0f", value);
    return text;
}

std::string size(double bytes) {
    const char* unit = "kB";
    bytes /= 1024;
    for (const char* const next : {"MB", "GB", "TB"}) {
        if (bytes < 1024) break;
        bytes /= 1024;
        unit = next;
    }
    return number(bytes) + " " + unit;
}

// Of a row that is written anew, with the index in memory: bench/vector_index/exact.sh.
double hnsw_write_ms(Type type, int dimensions, const Hnsw& hnsw) {
    return hnsw.ef_construction / 64.0 * (0.5 + 0.00115 * static_cast<double>(value_bytes(type, dimensions)));
}

class Adviser {
public:
    Adviser(const Column& column, const Server& server) : column_(column), server_(server) {}

    Advice advise() {
        advice_.indexed = column_.type;
        advice_.metric = column_.metric;
        if (!can_be_indexed()) return std::move(advice_);
        advice_.exact_ms = exact_ms(column_.type, column_.dimensions, column_.rows);
        find_existing();
        choose();
        compare_with_existing();
        size_up();
        return std::move(advice_);
    }

private:
    void reason(std::string text) { advice_.reasons.push_back(std::move(text)); }
    void warn(std::string text) { advice_.warnings.push_back(std::move(text)); }

    bool can_be_indexed() {
        if (column_.several_dimensions) {
            warn("its vectors have different dimensions: make a partial index for each, over a cast to its type");
            return false;
        }
        if (column_.dimensions <= 0) {
            reason("neither its type nor a row that can be read tells its dimensions");
            return false;
        }
        if (column_.dimensions > most_dimensions(Type::bit)) {
            reason("pgvector indexes no more than " + number(most_dimensions(Type::bit)) + " dimensions");
            return false;
        }
        narrow();
        return true;
    }

    // What has too many dimensions is indexed with fewer bits for each.
    void narrow() {
        const std::string too_many =
            "more than " + number(most_dimensions(column_.type)) + " dimensions cannot be indexed as they are: ";
        if (column_.dimensions <= most_dimensions(advice_.indexed)) return;
        if (advice_.indexed == Type::vector && column_.dimensions <= most_dimensions(Type::halfvec)) {
            advice_.indexed = Type::halfvec;
            warn(too_many + "queries must order by the same cast to halfvec");
            return;
        }
        advice_.indexed = Type::bit;
        advice_.metric = Metric::hamming;
        warn(too_many + "queries must order by the same binary_quantize(), and sort what they find by the vectors");
    }

    void find_existing() {
        for (const Existing& index : column_.indexes) {
            if (!index.valid) {
                warn("index " + index.name + " is not valid: drop it, or REINDEX INDEX CONCURRENTLY");
                continue;
            }
            if (index.metric != advice_.metric) {
                warn("index " + index.name + " serves " +
                     (index.metric ? std::string(operator_of(*index.metric)) : std::string("another operator")) +
                     ", no search by " + std::string(operator_of(advice_.metric)));
                continue;
            }
            if (index.partial) {
                reason("index " + index.name + " serves searches with its condition only");
                continue;
            }
            if (advice_.existing == nullptr || index.method == Method::hnsw) advice_.existing = &index;
        }
        if (advice_.existing != nullptr) advice_.indexed = advice_.existing->type;
    }

    double hnsw_bytes() const {
        return page_bytes *
               hnsw_pages(column_.elements, value_bytes(advice_.indexed, column_.dimensions), advice_.hnsw);
    }
    // With the memory that it needs the planner allows workers; pgvector then takes as many as it may.
    double hnsw_memory() {
        const auto bytes = [this](bool parallel) {
            return hnsw_build_bytes(column_.rows, value_bytes(advice_.indexed, column_.dimensions), advice_.hnsw,
                                    parallel, server_.chunk_header);
        };
        const double alone = bytes(false);
        const bool parallel = index_workers(column_, server_, std::max(alone, server_.maintenance_bytes)) > 0;
        const int workers = std::min(column_.parallel_workers.value_or(server_.most_workers), server_.most_workers);
        advice_.workers = parallel ? workers : 0;
        return parallel ? bytes(true) : alone;
    }

    void choose() {
        const std::string rows = number(column_.rows) + " rows";
        if (advice_.exact_ms <= server_.exact_ms) {
            advice_.method = Method::exact;
            reason("a search through all " + rows + " takes about " + number(advice_.exact_ms) + " ms");
            return;
        }
        advice_.method = Method::hnsw;
        reason("a search through all " + rows + " takes about " + number(advice_.exact_ms) + " ms");
        const bool only_hnsw = advice_.metric == Metric::l1 || advice_.metric == Metric::jaccard;
        const double bytes = hnsw_bytes();
        const double upkeep =
            column_.rewritten_per_second * hnsw_write_ms(advice_.indexed, column_.dimensions, advice_.hnsw) / 1000;
        if (bytes > server_.memory_bytes) {
            prefer_ivfflat(only_hnsw, "hnsw would have " + size(bytes) + ", which is read at random, and memory is " +
                                          size(server_.memory_bytes));
            tell_of_smaller();
        } else if (hnsw_memory() > server_.memory_bytes) {
            prefer_ivfflat(only_hnsw, "the build of hnsw would take " + size(hnsw_memory()) + ", and memory is " +
                                          size(server_.memory_bytes));
            tell_of_smaller();
        } else if (upkeep > most_upkeep) {
            prefer_ivfflat(only_hnsw, "about " + number(column_.rewritten_per_second) +
                                          " rows a second are written anew, which would cost hnsw " +
                                          number(100 * upkeep) + " % of a core");
        } else {
            reason("hnsw finds more in the same time, and its " + size(bytes) + " fit into memory");
        }
    }

    void prefer_ivfflat(bool only_hnsw, const std::string& why) {
        if (only_hnsw) {
            warn(why + "; ivfflat has no " + std::string(name_of(advice_.metric)));
            return;
        }
        advice_.method = Method::ivfflat;
        reason(why);
    }

    void tell_of_smaller() {
        if (advice_.indexed != Type::vector) return;
        const double bytes =
            page_bytes * hnsw_pages(column_.elements, value_bytes(Type::halfvec, column_.dimensions), advice_.hnsw);
        if (bytes <= server_.memory_bytes)
            reason("over a cast to halfvec(" + number(column_.dimensions) + ") hnsw would have " + size(bytes));
    }

    void compare_with_existing() {
        const Existing* const index = advice_.existing;
        if (index == nullptr) {
            if (advice_.method == Method::exact) return;
            advice_.action = Action::create;
            advice_.lists = fitting_lists(column_.rows);
            return;
        }
        advice_.action = Action::keep;
        if (advice_.method == Method::exact) {
            reason("it could do without index " + index->name);
        } else if (advice_.method != index->method) {
            reason("index " + index->name + " is " + std::string(name_of(index->method)) + "; a new one would be " +
                   std::string(name_of(advice_.method)));
        }
        advice_.method = index->method;
        advice_.hnsw = index->hnsw;
        advice_.lists = index->lists;
        if (index->method != Method::ivfflat) return;
        const int fitting = fitting_lists(column_.rows);
        const double off = static_cast<double>(std::max(fitting, index->lists)) / std::min(fitting, index->lists);
        if (off <= unfit || (advice_.exact_ms <= server_.exact_ms && index->lists <= fitting)) return;
        warn("index " + index->name + " has " + number(index->lists) + " lists, and " + number(column_.rows) +
             " rows should have " + number(fitting));
        advice_.action = Action::rebuild;
        advice_.lists = fitting;
    }

    void size_up() {
        const std::size_t value = value_bytes(advice_.indexed, column_.dimensions);
        if (advice_.method == Method::hnsw) {
            advice_.bytes = hnsw_bytes();
            advice_.build_bytes = hnsw_memory();
        } else if (advice_.method == Method::ivfflat) {
            advice_.bytes = page_bytes * ivfflat_pages(column_.rows, value, advice_.lists);
            advice_.build_bytes = ivfflat_build_bytes(column_.rows, value, column_.dimensions, advice_.lists);
            advice_.workers = index_workers(column_, server_, std::max(advice_.build_bytes, server_.maintenance_bytes));
            advice_.probes = fitting_probes(advice_.lists);
        } else {
            return;
        }
        if (const Existing* const index = advice_.existing;
            index != nullptr && advice_.action == Action::keep && index->bytes > swollen * advice_.bytes + 1e6)
            warn("index " + index->name + " has " + size(index->bytes) + ", and would have " + size(advice_.bytes) +
                 " once built anew: REINDEX INDEX CONCURRENTLY");
        if (advice_.action != Action::create && advice_.action != Action::rebuild) return;
        warn_of_memory();
        if (!column_.dimensions_set && advice_.indexed == column_.type)
            warn("the column's type sets no dimensions: queries must order by the same cast");
        if (advice_.method == Method::ivfflat)
            warn(
                "its lists are made for the rows of the moment: build it with the table filled, and again when the "
                "rows have doubled");
    }

    void warn_of_memory() {
        if (advice_.build_bytes <= server_.maintenance_bytes) return;
        const std::string has = "maintenance_work_mem is " + size(server_.maintenance_bytes) + ", and ";
        if (advice_.method == Method::ivfflat) {
            warn(has + "k-means takes " + size(advice_.build_bytes) + ": the build would end in an error");
            return;
        }
        const double fit = column_.rows * server_.maintenance_bytes / advice_.build_bytes;
        warn(has + "the graph takes " + size(advice_.build_bytes) + ": from about row " +
             number(std::floor(fit / 1000) * 1000) +
             " on the build would go on in the index's pages, many times slower");
    }

    const Column& column_;
    const Server& server_;
    Advice advice_;
};

}  // namespace

std::string_view name_of(Metric metric) { return metrics[static_cast<std::size_t>(metric)].name; }
std::string_view operator_of(Metric metric) { return metrics[static_cast<std::size_t>(metric)].symbol; }

std::optional<Metric> metric_named(std::string_view name) {
    for (std::size_t i = 0; i < metrics.size(); ++i)
        if (metrics[i].name == name) return static_cast<Metric>(i);
    return std::nullopt;
}

std::optional<Metric> metric_of_operator(std::string_view name) {
    for (std::size_t i = 0; i < metrics.size(); ++i)
        if (metrics[i].symbol == name) return static_cast<Metric>(i);
    return std::nullopt;
}

bool applies(Metric metric, Type type) {
    return (metric == Metric::hamming || metric == Metric::jaccard) == (type == Type::bit);
}

std::string_view name_of(Method method) {
    return method == Method::hnsw ? "hnsw" : method == Method::ivfflat ? "ivfflat" : "exact";
}

std::string_view name_of(Action action) {
    constexpr std::array<std::string_view, 4> names{"none", "create", "rebuild", "keep"};
    return names[static_cast<std::size_t>(action)];
}

double exact_ms(Type type, int dimensions, double rows) {
    const auto bytes = static_cast<double>(value_bytes(type, dimensions));
    // Wider values are fetched from the TOAST table.  Measured: bench/vector_index/exact.sh.
    const bool fetched = bytes > 2000;
    return rows * (fetched ? 3.5 + 0.00055 * bytes : 0.25 + 0.0003 * bytes) / 1000;
}

int index_workers(const Column& column, const Server& server, double maintenance_bytes) {
    if (column.temporary || server.most_workers == 0) return 0;
    int workers = 0;
    if (column.parallel_workers) {
        workers = *column.parallel_workers;
    } else if (column.heap_pages >= server.least_pages) {
        workers = 1;
        for (double pages = std::max(server.least_pages, 1.0) * 3; column.heap_pages >= pages; pages *= 3) ++workers;
    }
    workers = std::min(workers, server.most_workers);
    constexpr double each = 32.0 * 1024 * 1024;
    while (workers > 0 && maintenance_bytes / (workers + 1) < each) --workers;
    return workers;
}

Advice advise(const Column& column, const Server& server) { return Adviser(column, server).advise(); }

}  // namespace perfkit::vectors

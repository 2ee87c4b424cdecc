#include "perfkit/core/advisor/upkeep.hpp"

#include <algorithm>
#include <set>

namespace perfkit::advisor {

namespace {

// Those of the table that say what an entry holds, and whether there is one.
std::set<int> columns_of(const IndexSpec& spec, const TableFacts& table) {
    std::set<int> columns(spec.include.begin(), spec.include.end());
    const auto add = [&](int column) {
        const auto facts = table.columns.find(column);
        if (column < 0 && facts != table.columns.end())
            columns.insert(facts->second.reads.begin(), facts->second.reads.end());
        else
            columns.insert(column);
    };
    for (const IndexKey& key : spec.keys) add(key.column);
    if (spec.predicate) add(spec.predicate->column);
    return columns;
}

}  // namespace

double upkeep_of(const IndexSpec& spec, const IndexSize& size, const WriteRates& rates, const TableFacts& table,
                 const EntryCosts& costs) {
    const double share = table.rows > 0 ? std::min(1.0, size.entries / table.rows) : 1;

    const std::set<int> columns = columns_of(spec, table);

    // An update may set several columns; the one set most often stands for all of them.
    double touching = 0, indexed = 0;
    for (const auto& [column, updates] : rates.column_updates) {
        if (columns.contains(column)) touching = std::max(touching, updates);
        const bool has_index =
            std::any_of(table.indexes.begin(), table.indexes.end(), [&, c = column](const ExistingIndex& index) {
                return index.plain && columns_of(index.spec, table).contains(c);
            });
        if (has_index) indexed = std::max(indexed, updates);
    }
    touching = std::min(touching, rates.updates);
    const double other = rates.updates - touching;
    const double not_hot = touching + other * (1 - rates.hot_share);
    // Updates that could have been HOT no longer are, and go to the existing indexes as well.
    const double lost_hot = std::max(0.0, touching - indexed) * rates.hot_share;
    if (spec.method == Method::brin) return (rates.inserts + not_hot) * costs.write_ms / 10;
    const double entry_ms =
        costs.write_ms + size.entry_bytes / 1024 * costs.ms_per_kilobyte + size.elements * costs.element_ms;
    return (rates.inserts + not_hot) * share * entry_ms + (rates.deletes + not_hot) * share * costs.remove_ms +
           lost_hot * static_cast<double>(table.indexes.size()) * (costs.write_ms + costs.remove_ms);
}

}  // namespace perfkit::advisor

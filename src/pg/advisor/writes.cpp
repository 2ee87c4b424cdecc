#include "perfkit/pg/advisor/writes.hpp"

#include <algorithm>

#include "perfkit/pg/query.hpp"

namespace perfkit::pg {

using advisor::WriteRates;

namespace {

// A statement that ran once, and brought most of the rows that the table has, will not come again.
bool is_first_load(const advisor::Query& query, const WriteTarget& target, const advisor::Tables& tables) {
    if (!query.observed || query.calls > 1.5 || target.command != Command::insert) return false;
    const auto table = tables.find(target.table);
    return table != tables.end() && query.rows >= table->second.rows / 2;
}

void count_statement(std::map<Oid, WriteRates>& rates, const WriteTarget& target, double rows) {
    WriteRates& table = rates[target.table];
    switch (target.command) {
        case Command::insert:
            table.inserts += rows;
            break;
        case Command::remove:
            table.deletes += rows;
            break;
        case Command::update:
        case Command::merge:
            table.updates += rows;
            for (const int column : target.columns) table.column_updates[column] += rows;
            break;
        case Command::select:
            break;
    }
}

// The counters since the statistics were reset.  Where they never were, nobody knows since when they
// count, and they tell only what share of the updates was HOT.  Rows that are still there may have
// been loaded long ago, so that only inserts beyond them count.
void add_counters(std::map<Oid, WriteRates>& rates, const advisor::Tables& tables, bool observed) {
    std::string ids;
    for (const auto& [id, table] : tables) ids += (ids.empty() ? "" : ",") + std::to_string(id);
    if (ids.empty()) return;
    const auto rows = run_query(
        "SELECT s.relid, s.n_tup_ins, s.n_tup_upd, s.n_tup_del, s.n_tup_hot_upd, s.n_live_tup, "
        "extract(epoch FROM clock_timestamp() - d.stats_reset) / 3600 "
        "FROM pg_stat_user_tables s, pg_stat_database d WHERE d.datname = current_database() AND s.relid IN (" +
        ids + ")");
    for (const TextRow& row : rows) {
        WriteRates& table = rates[static_cast<Oid>(integer_of(row[0]))];
        const double inserted = number_of(row[1]), updated = number_of(row[2]), deleted = number_of(row[3]);
        table.hot_share = updated > 0 ? std::clamp(number_of(row[4]) / updated, 0.0, 1.0) : 0;
        const double hours = number_of(row[6]);
        if (!observed || hours <= 0) continue;
        const WriteRates counted{
            std::max(0.0, inserted - number_of(row[5])) / hours, deleted / hours, updated / hours, {}, 0, true};
        table.counters_used =
            counted.inserts > table.inserts || counted.updates > table.updates || counted.deletes > table.deletes;
        table.inserts = std::max(table.inserts, counted.inserts);
        table.updates = std::max(table.updates, counted.updates);
        table.deletes = std::max(table.deletes, counted.deletes);
    }
}

}  // namespace

std::map<Oid, WriteRates> write_rates(const Advice& advice, const advisor::Tables& tables) {
    std::map<Oid, WriteRates> rates;
    bool observed = false;
    for (const Examined& examined : advice.examined) {
        const advisor::Query& query = examined.query;
        observed = observed || query.observed;
        for (const WriteTarget& target : examined.plan.writes)
            if (is_first_load(query, target, tables))
                rates[target.table].first_load += query.rows;
            else
                count_statement(
                    rates, target,
                    query.observed ? query.rows / query.hours : query.calls * std::max(1.0, examined.plan.rows));
    }
    if (!advice.workload.elsewhere()) add_counters(rates, tables, observed);
    return rates;
}

}  // namespace perfkit::pg

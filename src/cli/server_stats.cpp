#include "server_stats.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "database.hpp"

namespace perfkit::cli {
namespace {

nlohmann::json hits(std::int64_t hit, std::int64_t read) {
    nlohmann::json json = {{"hit", hit}, {"read", read}, {"hit_ratio", nullptr}};
    if (hit + read > 0) json["hit_ratio"] = static_cast<double>(hit) / static_cast<double>(hit + read);
    return json;
}

}  // namespace

ServerStats read_server_stats(Database& database) {
    ServerStats stats;
    const pqxx::result totals = database.run(
        "SELECT coalesce(sum(heap_blks_hit + coalesce(toast_blks_hit, 0)), 0),"
        " coalesce(sum(heap_blks_read + coalesce(toast_blks_read, 0)), 0),"
        " coalesce(sum(coalesce(idx_blks_hit, 0) + coalesce(tidx_blks_hit, 0)), 0),"
        " coalesce(sum(coalesce(idx_blks_read, 0) + coalesce(tidx_blks_read, 0)), 0),"
        " coalesce(sum(pg_table_size(relid)), 0), coalesce(sum(pg_indexes_size(relid)), 0),"
        // A standby writes no WAL.
        " CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_current_wal_insert_lsn() - '0/0' END"
        " FROM pg_statio_user_tables");
    const auto number = [&](int column) { return totals[0][column].as<std::int64_t>(); };
    stats.table_hit = number(0);
    stats.table_read = number(1);
    stats.index_hit = number(2);
    stats.index_read = number(3);
    stats.table_bytes = number(4);
    stats.index_bytes = number(5);
    stats.wal_bytes = number(6);
    const pqxx::result indexes = database.run(
        "SELECT s.schemaname, s.relname, s.indexrelname, pg_relation_size(s.indexrelid), s.idx_scan,"
        " i.indisunique OR i.indisexclusion"
        " FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)"
        " ORDER BY 1, 2, 3");
    for (const auto& row : indexes) {
        stats.indexes.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(),
                                 row[3].as<std::int64_t>(), row[4].as<std::int64_t>(), row[5].as<bool>()});
    }
    return stats;
}

nlohmann::json json_of_change(const ServerStats& before, const ServerStats& after) {
    std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> scans_before;
    for (const auto& index : before.indexes) scans_before[{index.schema, index.table, index.name}] = index.scans;

    nlohmann::json indexes = nlohmann::json::array();
    for (const auto& index : after.indexes) {
        indexes.push_back({{"schema", index.schema},
                           {"table", index.table},
                           {"name", index.name},
                           {"bytes", index.bytes},
                           {"scans", index.scans - scans_before[{index.schema, index.table, index.name}]},
                           {"constraint", index.constraint}});
    }
    const std::int64_t table_hit = after.table_hit - before.table_hit;
    const std::int64_t table_read = after.table_read - before.table_read;
    const std::int64_t index_hit = after.index_hit - before.index_hit;
    const std::int64_t index_read = after.index_read - before.index_read;
    return {{"cache",
             {{"all", hits(table_hit + index_hit, table_read + index_read)},
              {"tables", hits(table_hit, table_read)},
              {"indexes", hits(index_hit, index_read)}}},
            {"storage", {{"table_bytes", after.table_bytes}, {"index_bytes", after.index_bytes}}},
            {"wal_bytes", after.wal_bytes - before.wal_bytes},
            {"indexes", std::move(indexes)}};
}

nlohmann::json describe_server(Database& database) {
    nlohmann::json settings = nlohmann::json::object();
    for (const auto& row :
         database.run("SELECT name, current_setting(name) FROM pg_settings WHERE name IN ('shared_buffers', 'work_mem',"
                      " 'effective_cache_size', 'random_page_cost', 'max_parallel_workers_per_gather', 'jit', 'fsync',"
                      " 'synchronous_commit', 'shared_preload_libraries', 'autovacuum') ORDER BY 1")) {
        settings[row[0].as<std::string>()] = row[1].as<std::string>();
    }
    return {{"version", database.value("SELECT current_setting('server_version')")},
            {"database", database.value("SELECT current_database()")},
            {"settings", std::move(settings)}};
}

}  // namespace perfkit::cli

#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace perfkit::cli {

class Database;

// Counters and sizes of the connected database at one moment; user tables and their TOAST only.
struct ServerStats {
    struct Index {
        std::string schema, table, name;
        std::int64_t bytes = 0;
        std::int64_t scans = 0;
        bool constraint = false;  // it enforces a key or an exclusion
    };

    // Hit: found in shared buffers; read: asked from the operating system.
    std::int64_t table_hit = 0, table_read = 0, index_hit = 0, index_read = 0;
    std::int64_t table_bytes = 0, index_bytes = 0, wal_bytes = 0;
    std::vector<Index> indexes;
};

ServerStats read_server_stats(Database& database);

// What happened between two moments: cache, sizes after, scans of each index.
nlohmann::json json_of_change(const ServerStats& before, const ServerStats& after);

// Version, database and the settings on which timings depend.
nlohmann::json describe_server(Database& database);

}  // namespace perfkit::cli

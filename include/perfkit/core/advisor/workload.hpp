// The workload that advice is for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "perfkit/core/workload/sample.hpp"

namespace perfkit::advisor {

// An execution of a query, as it was sent.
struct Execution {
    workload::Sample sample;
    bool slowest = false;  // kept because it was; the others are picked by chance
};

struct Query {
    std::int64_t id = 0;     // as in pg_stat_activity; for a caller's own queries their number
    std::uint32_t user = 0;  // who ran it; 0: the caller
    std::string user_name;
    std::string text;
    double calls = 0;
    double total_ms = 0;
    double rows = 0;
    double hours = 0;                   // that the counts above were gathered in
    bool observed = false;              // the counts are measured, not the caller's weights
    bool toplevel = true;               // sent by the client, not run inside another statement
    double own = 1;                     // share of the time that no other query's has in it
    std::vector<Execution> executions;  // some of them; empty: there is only the text
    std::vector<std::string> notes;     // what is to be told of where it comes from
};

struct Workload {
    std::string source;
    std::string since;  // start of the observation, as text; empty: not observed
    double hours = 0;
    std::string not_captured;  // why it is not what pg_perfkit captured; empty: it is, or was not to be
    std::string import;        // its name, where it was observed on another server; empty: on this one
    std::vector<Query> queries;
    // This server's counters say nothing of it.
    bool elsewhere() const { return !import.empty(); }
    double weight(const Query& query) const {
        return query.observed ? query.total_ms * query.own / query.hours : query.calls;
    }
};

}  // namespace perfkit::advisor

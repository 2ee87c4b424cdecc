// What the rest of the product reads of the counters.
#pragma once

#include <cstdint>
#include <vector>

#include "perfkit/core/workload/event.hpp"

namespace perfkit::pg::workload {

struct Count {
    perfkit::workload::Key key;
    double calls = 0;  // executions, however they ended
    double ms = 0;     // that they took
    double rows = 0;
    std::int64_t first_seen = 0;  // in the server's epoch
};

struct Counts {
    std::int64_t since = 0;       // when counting began, for all databases
    std::int64_t first_seen = 0;  // the first statement of this database; 0: there is none
    bool evicted = false;         // some statements had to go
    std::vector<Count> counts;    // of this database, of the statements whose text the current user may read
};

// Nothing where the library was not preloaded.
Counts counts_here();

// "on", or what keeps this session's statements from being captured.
const char* capture_state();

}  // namespace perfkit::pg::workload

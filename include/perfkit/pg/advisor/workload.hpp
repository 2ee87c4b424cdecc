// Where the workload comes from.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "perfkit/core/advisor/workload.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

// Something that knows what was run.
class WorkloadSource {
public:
    virtual ~WorkloadSource() = default;
    virtual advisor::Workload read() = 0;
};

// pg_stat_statements, of this database, in whatever schema it is; its read() raises an error with a
// hint where that is not there or not loaded.
std::unique_ptr<WorkloadSource> statistics_source();

// The caller's own queries, with the number of times that each runs; empty weights count 1 each.
std::unique_ptr<WorkloadSource> given_source(std::vector<std::string> queries, std::vector<double> weights);

// The search_path that a role's sessions start with in this database, where one is set for it.
std::map<Oid, std::string> configured_search_paths();

}  // namespace perfkit::pg

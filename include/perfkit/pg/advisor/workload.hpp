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

// What was run in this database: as pg_perfkit captured it, or else pg_stat_statements has it, with a NOTICE; its
// read() raises an error with a hint where neither is to be had.
std::unique_ptr<WorkloadSource> observed_source();

// What pk_workload_import() has read under this name.
std::unique_ptr<WorkloadSource> imported_source(std::string name);

// The caller's own queries, with the number of times that each runs; empty weights count 1 each.
std::unique_ptr<WorkloadSource> given_source(std::vector<std::string> queries, std::vector<double> weights);

// The search_path that a role's sessions start with in this database, where one is set for it.
std::map<Oid, std::string> configured_search_paths();

}  // namespace perfkit::pg

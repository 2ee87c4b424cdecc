// Which indexes could serve an access.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "perfkit/core/advisor/access.hpp"
#include "perfkit/core/advisor/table.hpp"

namespace perfkit::advisor {

using Tables = std::map<TableId, TableFacts>;

struct CandidateOptions {
    std::set<Method> methods{Method::btree, Method::hash, Method::gin, Method::brin};
    bool covering = true;
    bool partial = true;
};

// How often (weighed by time) the workload compares a column for equality.  Equality columns may
// stand in any order; putting the shared ones first lets queries share indexes.
using Popularity = std::map<std::pair<TableId, int>, double>;

void count(Popularity& popularity, const Access& access, double weight);

// Candidates for one access, without those that an existing index already stands for.
std::set<IndexSpec> candidates_for(const Access& access, const TableFacts& table, const Popularity& popularity,
                                   const CandidateOptions& options);

// Whether the planner could have any use for the index in this access.
bool could_serve(const IndexSpec& spec, const Access& access);

}  // namespace perfkit::advisor

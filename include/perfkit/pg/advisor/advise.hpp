// From a workload to advice: reads, plans, lets the core choose.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "perfkit/core/advisor/candidates.hpp"
#include "perfkit/core/advisor/select.hpp"
#include "perfkit/core/advisor/upkeep.hpp"
#include "perfkit/core/advisor/workload.hpp"
#include "perfkit/pg/advisor/planning.hpp"
#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

struct AdviceOptions {
    advisor::CandidateOptions candidates;
    advisor::SelectOptions select;
    std::set<Oid> only;  // tables to advise on; empty: all
    std::set<Oid> exclude;
    bool check_permissions = false;
};

// A query that the server runs for each row that a statement deletes, or whose key it updates.
struct Check {
    Statement statement;
    double times = 0;  // for one execution of the statement
};

// A query of the workload and what became of it.
struct Examined {
    advisor::Query query;
    Statement statement;
    std::vector<Check> checks;  // of foreign keys
    PlannedStatement plan;      // without new indexes
    std::vector<advisor::Access> accesses;
    std::string skipped;             // why it was left out; empty: it was not
    std::vector<std::string> notes;  // how its text had to be read
    int item = -1;                   // its place in the selection
};

struct Advice {
    advisor::Workload workload;  // without its queries, which are in `examined`
    std::vector<Examined> examined;
    advisor::Tables tables;
    std::map<Oid, advisor::WriteRates> writes;
    std::vector<Hypothetical> indexes;  // every candidate
    std::vector<advisor::Candidate> candidates;
    std::vector<int> items;  // place in `examined` of each query of the selection
    advisor::Selection selection;
    double weight = 0;    // of the queries in the selection
    double min_gain = 0;  // as asked for
};

// Plans a query again, with its checks: the cost is that of all together.
PlannedStatement plan_examined(const Examined& examined, const WhatIf& what_if);

Advice advise(advisor::Workload workload, const AdviceOptions& options);

}  // namespace perfkit::pg

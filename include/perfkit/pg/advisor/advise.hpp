// From a workload to advice: reads, plans, lets the core choose.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "perfkit/core/advisor/candidates.hpp"
#include "perfkit/core/advisor/select.hpp"
#include "perfkit/core/advisor/upkeep.hpp"
#include "perfkit/pg/advisor/examine.hpp"
#include "perfkit/pg/advisor/mutes.hpp"
#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

// A query whose plan without an existing index costs more than this, times what it did, misses it.
constexpr double most_missed = 1.05;

// Whether a query costs so much more with the advice than it would with any indexes that it is said to be left behind.
inline bool left_behind(const advisor::Selection& selection, std::size_t item) {
    return selection.after[item] > 1.2 * selection.ideal[item];
}

struct AdviceOptions {
    advisor::CandidateOptions candidates;
    advisor::SelectOptions select;
    std::set<Oid> only;  // tables to advise on; empty: all
    std::set<Oid> exclude;
    bool check_permissions = false;
};

struct Advice {
    advisor::Workload workload;  // without its queries, which are in `examined`
    std::vector<Examined> examined;
    advisor::Tables tables;
    std::map<Oid, advisor::WriteRates> writes;
    std::vector<Hypothetical> statistics;  // of expressions, to plan with
    std::vector<Hypothetical> indexes;     // every candidate
    std::vector<advisor::Candidate> candidates;
    std::map<int, int> seen;  // conditions with a constant, by number: executions known to have them
    std::vector<int> items;   // place in `examined` of each query of the selection
    advisor::Selection selection;
    std::int64_t further_plans = 0;         // besides those of the selection and the first of each query
    double weight = 0;                      // of the queries in the selection
    double min_gain = 0;                    // as asked for
    Mutes mutes;                            // what is not to be advised
    std::vector<advisor::IndexSpec> muted;  // candidates left out for that
};

// Without new indexes, but with the statistics of expressions, as every plan of the advice is.
WhatIf as_it_is(const Advice& advice);

Advice advise(advisor::Workload workload, const AdviceOptions& options);

}  // namespace perfkit::pg

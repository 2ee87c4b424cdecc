// The cost model behind a memory of earlier plans.
//
// A plan that uses the indexes U stays the best for every set between U and the one it was planned
// with, so most questions are answered without the planner.  And no set is cheaper than a larger one,
// nor dearer than a plan that it allows.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "perfkit/core/advisor/select.hpp"

namespace perfkit::advisor {

bool within(const IndexSet& part, const IndexSet& whole);
IndexSet common(const IndexSet& a, const IndexSet& b);
IndexSet joined(const IndexSet& a, const IndexSet& b);
IndexSet without(const IndexSet& a, const IndexSet& b);

class PlanMemory {
public:
    // Both must outlive it; queries may come to have more relevant indexes.
    PlanMemory(CostModel& model, const std::vector<WorkItem>& workload);

    // The reference stays valid.
    const Plan& plan(int query, const IndexSet& set);
    double cost(int query, const IndexSet& set) { return plan(query, set).cost; }

    // What earlier plans tell of a cost.
    struct Bounds {
        double least = 0;
        double most = std::numeric_limits<double>::infinity();
    };
    Bounds bounds(int query, const IndexSet& set) const;

    std::int64_t plans() const { return plans_; }        // asked of the cost model
    std::int64_t answered() const { return answered_; }  // told from earlier plans

private:
    struct Entry {
        IndexSet planned_with;
        Plan plan;
    };
    CostModel& model_;
    const std::vector<WorkItem>& workload_;
    std::vector<std::deque<Entry>> known_;  // a deque: references stay valid
    std::int64_t plans_ = 0, answered_ = 0;
};

}  // namespace perfkit::advisor

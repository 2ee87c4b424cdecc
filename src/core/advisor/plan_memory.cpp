#include "perfkit/core/advisor/plan_memory.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace perfkit::advisor {

bool within(const IndexSet& part, const IndexSet& whole) {
    return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

IndexSet common(const IndexSet& a, const IndexSet& b) {
    IndexSet result;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

IndexSet joined(const IndexSet& a, const IndexSet& b) {
    IndexSet result;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

IndexSet without(const IndexSet& a, const IndexSet& b) {
    IndexSet result;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
    return result;
}

PlanMemory::PlanMemory(CostModel& model, const std::vector<WorkItem>& workload)
    : model_(model), workload_(workload), known_(workload.size()) {}

const Plan& PlanMemory::plan(int query, const IndexSet& set) {
    IndexSet asked = common(set, workload_[query].relevant);
    for (const Entry& entry : known_[query])
        if (within(entry.plan.used, asked) && within(asked, entry.planned_with)) {
            ++answered_;
            return entry.plan;
        }
    ++plans_;
    Plan plan = model_.plan(query, asked);
    return known_[query].emplace_back(Entry{std::move(asked), std::move(plan)}).plan;
}

PlanMemory::Bounds PlanMemory::bounds(int query, const IndexSet& set) const {
    const IndexSet asked = common(set, workload_[query].relevant);
    Bounds found;
    for (const Entry& entry : known_[query]) {
        const bool cheaper = within(asked, entry.planned_with), possible = within(entry.plan.used, asked);
        if (cheaper && possible) return {entry.plan.cost, entry.plan.cost};
        if (cheaper) found.least = std::max(found.least, entry.plan.cost);
        if (possible) found.most = std::min(found.most, entry.plan.cost);
    }
    found.least = std::min(found.least, found.most);
    return found;
}

}  // namespace perfkit::advisor

#include "perfkit/core/advisor/plan_memory.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace perfkit::advisor {

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

const Plan* PlanMemory::known(int query, const Relevant& indexes) const {
    for (const Entry& entry : known_[query])
        if (entry.used.within(indexes) && indexes.within(entry.planned_with)) return &entry.plan;
    return nullptr;
}

Relevant PlanMemory::useful(int query, const Relevant& indexes) const {
    Relevant left = indexes;
    for (const Entry& entry : known_[query])
        if (entry.planned_with.within(indexes)) left.leave_out(entry.planned_with, entry.used);
    return left;
}

const Plan& PlanMemory::plan(int query, const Relevant& indexes) {
    if (const Plan* const found = known(query, indexes)) {
        ++answered_;
        return *found;
    }
    ++plans_;
    const IndexSet& relevant = workload_[query].relevant;
    IndexSet asked;
    for (std::size_t place = 0; place < relevant.size(); ++place)
        if (indexes.has(place)) asked.push_back(relevant[place]);
    Entry entry{indexes, {}, model_.plan(query, asked)};
    for (std::size_t place = 0; place < relevant.size(); ++place)
        if (std::binary_search(entry.plan.used.begin(), entry.plan.used.end(), relevant[place])) entry.used.add(place);
    return known_[query].emplace_back(std::move(entry)).plan;
}

const Plan& PlanMemory::likely_plan(int query, const Relevant& indexes) {
    if (const Plan* const found = known(query, indexes)) {
        ++answered_;
        return *found;
    }
    return plan(query, useful(query, indexes));
}

const Plan& PlanMemory::best_known(int query, const Relevant& indexes) {
    const Plan* best = nullptr;
    for (const Entry& entry : known_[query])
        if (entry.used.within(indexes) && (best == nullptr || entry.plan.cost < best->cost)) best = &entry.plan;
    ++answered_;
    return *best;
}

PlanMemory::Bounds PlanMemory::bounds(int query, const Relevant& all) const {
    if (const Plan* const found = known(query, all)) return {found->cost, found->cost};
    const Relevant indexes = useful(query, all);
    Bounds found;
    for (const Entry& entry : known_[query]) {
        const bool cheaper = indexes.within(entry.planned_with), possible = entry.used.within(indexes);
        if (cheaper && possible) return {entry.plan.cost, entry.plan.cost};
        if (cheaper) found.least = std::max(found.least, entry.plan.cost);
        if (possible) found.most = std::min(found.most, entry.plan.cost);
    }
    found.least = std::min(found.least, found.most);
    return found;
}

}  // namespace perfkit::advisor

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

const PlanMemory::Entry* PlanMemory::known(int query, const Relevant& indexes) const {
    for (const Entry& entry : known_[query])
        if (entry.used.within(indexes) && indexes.within(entry.planned_with)) return &entry;
    return nullptr;
}

const PlanMemory::Entry* PlanMemory::cheapest(int query, const Relevant& indexes) const {
    const Entry* best = nullptr;
    for (const Entry& entry : known_[query])
        if (entry.used.within(indexes) && (best == nullptr || entry.plan.cost < best->plan.cost)) best = &entry;
    return best;
}

// One after the other: of two that do the same, each makes the other useless, but not both.
Relevant PlanMemory::useful(int query, const Relevant& indexes) const {
    Relevant left = indexes;
    const Entry* const best = cheapest(query, indexes);
    for (const Entry& entry : known_[query]) {
        if (!entry.used.within(left)) continue;
        left.leave_out(entry.planned_with, entry.used);
        if (best) left.add(best->used);
    }
    return left;
}

void PlanMemory::learn(int query, const Relevant& planned_with, Plan plan) {
    Entry entry{planned_with, {}, std::move(plan)};
    const IndexSet& relevant = workload_[query].relevant;
    for (std::size_t place = 0; place < relevant.size(); ++place)
        if (std::binary_search(entry.plan.used.begin(), entry.plan.used.end(), relevant[place])) entry.used.add(place);
    known_[query].push_back(std::move(entry));
}

const Plan& PlanMemory::plan(int query, const Relevant& indexes) {
    if (const Entry* const found = known(query, indexes)) {
        ++answered_;
        return found->plan;
    }
    ++plans_;
    const IndexSet& relevant = workload_[query].relevant;
    IndexSet asked;
    for (std::size_t place = 0; place < relevant.size(); ++place)
        if (indexes.has(place)) asked.push_back(relevant[place]);
    learn(query, indexes, model_.plan(query, asked));
    return known_[query].back().plan;
}

const Plan& PlanMemory::likely_plan(int query, const Relevant& indexes) {
    if (const Entry* const found = known(query, indexes)) {
        ++answered_;
        return found->plan;
    }
    return plan(query, useful(query, indexes));
}

void PlanMemory::ask(int query, const Relevant& indexes, Relevant others) {
    for (const Entry& entry : known_[query])
        if (entry.used.within(indexes)) others.leave_out(entry.planned_with, entry.used);
    const Relevant target = useful(query, indexes);
    others.add(target);
    while (const Entry* const found = known(query, others)) {
        if (found->used.within(target)) return;
        others.leave_out(found->used, target);
    }
    plan(query, others);
}

const Plan& PlanMemory::best_known(int query, const Relevant& indexes) {
    ++answered_;
    return cheapest(query, indexes)->plan;
}

PlanMemory::Bounds PlanMemory::bounds(int query, const Relevant& all) const {
    if (const Entry* const found = known(query, all)) return {found->plan.cost, found->plan.cost};
    const Relevant indexes = useful(query, all);
    Bounds found;
    for (const Entry& entry : known_[query]) {
        const bool cheaper = indexes.within(entry.planned_with);
        if (cheaper && entry.used.within(indexes)) return {entry.plan.cost, entry.plan.cost};
        if (cheaper) found.least = std::max(found.least, entry.plan.cost);
        if (entry.used.within(all)) found.most = std::min(found.most, entry.plan.cost);
    }
    found.least = std::min(found.least, found.most);
    return found;
}

}  // namespace perfkit::advisor

#include "perfkit/core/advisor/chosen.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace perfkit::advisor {

namespace {

constexpr double negligible = 1e-4;  // of the workload's time: what is not worth a plan to know
constexpr int most_together = 1;     // plans with others, before one without
constexpr std::size_t most_remembered = 8;

bool contains(const IndexSet& set, int index) { return std::binary_search(set.begin(), set.end(), index); }

}  // namespace

Chosen::Chosen(std::vector<Candidate> candidates, std::vector<WorkItem> workload, CostModel& model)
    : candidates_(std::move(candidates)),
      workload_(std::move(workload)),
      memory_(model, workload_),
      before_(workload_.size()),
      ideal_(workload_.size()),
      helpable_(workload_.size()),
      served_by_(candidates_.size()),
      has_(candidates_.size()),
      serving_(workload_.size()),
      served_(workload_.size()),
      considered_(candidates_.size()) {
    for (int query = 0; query < queries(); ++query) {
        const IndexSet& relevant = workload_[query].relevant;
        if (workload_[query].cost > 0) memory_.learn(query, {}, {workload_[query].cost, {}});
        before_[query] = memory_.plan(query, {}).cost;
        const Plan& best = memory_.plan(query, serving(query, {{}, relevant}));
        ideal_[query] = best.cost;
        total_ += workload_[query].weight;
        if (before_[query] <= 0 || best.cost >= before_[query] * (1 - noise) || best.used.empty()) continue;
        helpable_[query] = true;
        for (const int index : relevant) served_by_[index].push_back(query);
    }
}

bool Chosen::has(int index, const Change& change) const {
    return contains(change.added, index) || (has_[index] && !contains(change.removed, index));
}

IndexSet Chosen::missing(const IndexSet& set) const {
    IndexSet result;
    for (const int index : set)
        if (!has_[index]) result.push_back(index);
    return result;
}

void Chosen::apply(const Change& change) {
    bytes_ += growth(change);
    indexes_ = joined(without(indexes_, change.removed), change.added);
    for (const int query : touched(joined(change.removed, change.added))) {
        auto& served = served_[query];
        if (served.size() == most_remembered) served.erase(served.begin() + 1);
        served.push_back(std::exchange(serving_[query], serving(query, change)));
    }
    for (const int index : change.removed) has_[index] = false;
    for (const int index : change.added) has_[index] = true;
}

IndexSet Chosen::leaving(const Change& change) const {
    IndexSet result;
    for (const int index : without(change.removed, change.added))
        if (has_[index]) result.push_back(index);
    return result;
}

double Chosen::growth(const Change& change) const {
    double bytes = 0;
    for (const int index : missing(change.added)) bytes += candidates_[index].bytes;
    for (const int index : leaving(change)) bytes -= candidates_[index].bytes;
    return bytes;
}

std::size_t Chosen::count(const Change& change) const {
    return indexes_.size() + missing(change.added).size() - leaving(change).size();
}

std::set<int> Chosen::touched(const IndexSet& indexes) const {
    std::set<int> found;
    for (const int index : indexes) found.insert(served_by_[index].begin(), served_by_[index].end());
    return found;
}

std::optional<std::size_t> Chosen::place_of(int index, int query) const {
    const IndexSet& relevant = workload_[query].relevant;
    const auto found = std::lower_bound(relevant.begin(), relevant.end(), index);
    if (found == relevant.end() || *found != index) return std::nullopt;
    return static_cast<std::size_t>(found - relevant.begin());
}

Relevant Chosen::serving(int query, const Change& change) const {
    Relevant found = serving_[query];
    for (const int index : change.removed)
        if (const auto place = place_of(index, query)) found.remove(*place);
    for (const int index : change.added)
        if (const auto place = place_of(index, query)) found.add(*place);
    return found;
}

const Plan& Chosen::plan(int query, const Change& change) {
    const Relevant indexes = serving(query, change);
    return planning_ ? memory_.likely_plan(query, indexes) : memory_.best_known(query, indexes);
}

const Plan& Chosen::final_plan(int query) {
    const Relevant indexes = serving(query, {});
    return planning_ ? memory_.plan(query, indexes) : memory_.best_known(query, indexes);
}

PlanMemory::Bounds Chosen::bounds(int query, const Change& change) const {
    PlanMemory::Bounds found = memory_.bounds(query, serving(query, change));
    if (!planning_) found.least = found.most;
    return found;
}

// What is added saves no more now than it did beside less.
PlanMemory::Bounds Chosen::likely_bounds(int query, const Change& change) const {
    PlanMemory::Bounds found = bounds(query, change);
    if (found.least == found.most || change.added.empty()) return found;
    Relevant rest = serving(query, change), added;
    for (const int index : change.added)
        if (const auto place = place_of(index, query)) {
            rest.remove(*place);
            added.add(*place);
        }
    const double least_without = memory_.bounds(query, rest).least;
    const auto look_at = [&](Relevant before) {
        if (!before.within(rest)) return;
        const double without = memory_.bounds(query, before).most;
        before.add(added);
        const double saved = without - memory_.bounds(query, before).least;
        found.least = std::max(found.least, least_without - std::max(saved, 0.0));
    };
    for (const Relevant& before : served_[query]) look_at(before);
    look_at(serving_[query]);
    found.least = std::min(found.least, found.most);
    return found;
}

// Of the tables where something is added.
Relevant Chosen::rivals(int query, const Change& change) const {
    std::set<int> tables;
    for (const int index : change.added) tables.insert(candidates_[index].table);
    Relevant found;
    const IndexSet& relevant = workload_[query].relevant;
    for (std::size_t place = 0; place < relevant.size(); ++place) {
        const int index = relevant[place];
        if (considered_[index] && tables.contains(candidates_[index].table) && !contains(change.removed, index))
            found.add(place);
    }
    return found;
}

// First by what is known of other sets, then by plans, at last exactly.
PlanMemory::Bounds Chosen::narrow(int query, const Change& change, int step) {
    if (step > most_together || !planning_) {
        const double cost = plan(query, change).cost;
        return {cost, cost};
    }
    if (step > 0) memory_.ask(query, serving(query, change), rivals(query, change));
    return likely_bounds(query, change);
}

double Chosen::time(int query, const Change& change) {
    if (!helpable_[query]) return workload_[query].weight;
    return workload_[query].weight * plan(query, change).cost / before_[query];
}

Gain Chosen::gain(const Change& from, const Change& to, double need) {
    struct Open {
        int query;
        double unit, least, doubt;  // how much less it may save
        int step = 0;
    };
    std::vector<Open> open;
    double most = 0;
    IndexSet differing;
    for (const int index : joined(joined(from.removed, from.added), joined(to.removed, to.added))) {
        if (has(index, from) == has(index, to)) continue;
        differing.push_back(index);
        most += has(index, from) ? candidates_[index].upkeep : -candidates_[index].upkeep;
    }
    for (const int query : touched(differing)) {
        const double unit = workload_[query].weight / before_[query];
        const PlanMemory::Bounds after = bounds(query, to);
        const double doubt = unit * (after.most - after.least);
        most += time(query, from);
        if (doubt <= negligible * total_) {
            most -= unit * after.most;
        } else {
            most -= unit * after.least;
            open.push_back({query, unit, after.least, doubt});
        }
    }
    // What is doubtful most, first.
    while (!open.empty()) {
        if (most < need) return {most, false};
        const auto next =
            std::max_element(open.begin(), open.end(), [](const Open& a, const Open& b) { return a.doubt < b.doubt; });
        const PlanMemory::Bounds after = narrow(next->query, to, next->step++);
        most -= next->unit * (after.least - next->least);
        next->least = after.least;
        next->doubt = next->unit * (after.most - after.least);
        if (next->doubt > negligible * total_) continue;
        most -= next->doubt;
        open.erase(next);
    }
    return {most, true};
}

double Chosen::gain(const Change& from, const Change& to) {
    return gain(from, to, -std::numeric_limits<double>::infinity()).most;
}

void Chosen::consider(const IndexSet& indexes) {
    for (const int index : indexes) considered_[index] = true;
}

void Chosen::enlist(const United& united) {
    if (united.number < candidates()) return;
    candidates_.push_back(united.candidate);
    has_.push_back(false);
    considered_.push_back(false);
    served_by_.emplace_back();
    for (const int query : united.queries) {
        workload_[query].relevant.push_back(united.number);
        if (helpable_[query]) served_by_.back().push_back(query);
    }
}

}  // namespace perfkit::advisor

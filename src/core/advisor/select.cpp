// The method.
//
// 1. Plan each query with all of its candidates at once.  The indexes that the plan uses are worth
//    a try; a query whose cost does not fall cannot be helped and costs no further plan.  Planning
//    again without those gives the second and third best.
// 2. Grow the set by the move that saves most (per byte under a budget): one index, or all that one
//    query's best plan uses together.  Moves wait in the order of what they promised last and are
//    measured again only when they come to the head (lazy greedy).
// 3. Improve the set until no single exchange does: drop an index, put a simpler one in its place,
//    swap one for another of the same table.
// 4. Unite near twins: two indexes of which one's keys lead the other's become one that includes
//    what both do.  These are candidates only now, when there are few.  What that frees of a budget
//    goes to 2 and 3 again.
//
// What earlier plans tell (plan_memory.hpp) answers most questions, and shows most moves to be worse
// than another, or than nothing, before all of their queries have been planned.

#include "perfkit/core/advisor/select.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <set>
#include <utility>

#include "perfkit/core/advisor/plan_memory.hpp"

namespace perfkit::advisor {

namespace {

constexpr int alternative_rounds = 3;
constexpr double noise = 1e-6;                // relative: below it costs are equal
constexpr double least_improvement = 0.05;    // a smaller fall of a query's cost is within the planner's error
constexpr double least_worth_telling = 0.01;  // a query whose cost falls by less is not counted as helped
// A smaller index may take the place of a larger one that saves a little more; the way back needs
// more than that, so that exchanges come to an end.
constexpr double negligible = 1e-4;  // of the workload's time: what is not worth a plan to know
constexpr double give_up = 0.02;
constexpr double win_back = 0.04;
// Of what two indexes save, to make do with one: within the planner's error.
constexpr double give_up_united = 0.05;
constexpr int most_regrown = 3;

class Selector {
public:
    Selector(std::vector<Candidate> candidates, std::vector<WorkItem> workload, CostModel& model,
             const SelectOptions& options)
        : candidates_(std::move(candidates)),
          workload_(std::move(workload)),
          options_(options),
          planner_(model, workload_) {}

    Selection run() {
        look();
        grow();
        improve();
        // What uniting freed may have room for more.
        for (int round = 0; round < most_regrown && limited() && freed_ && !stop(); ++round) {
            freed_ = false;
            grow();
            improve();
        }
        prune();
        return report();
    }

private:
    bool stop() {
        if (!stopped_) stopped_ = options_.out_of_time();
        return stopped_;
    }

    // Time per hour that a query takes with these indexes.
    double time(int query, const IndexSet& set) {
        if (idle(query)) return workload_[query].weight;
        return workload_[query].weight * planner_.cost(query, set) / before_[query];
    }

    // A query that no index helps needs no further plans.
    bool idle(int query) const { return !helpable_[query]; }

    double upkeep(const IndexSet& set) const {
        double sum = 0;
        for (const int index : set) sum += candidates_[index].upkeep;
        return sum;
    }

    double bytes(const IndexSet& set) const {
        double sum = 0;
        for (const int index : set) sum += candidates_[index].bytes;
        return sum;
    }

    // Queries to which one of these indexes could matter.
    std::set<int> touched(const IndexSet& indexes) const {
        std::set<int> queries;
        for (const int index : indexes) queries.insert(served_by_[index].begin(), served_by_[index].end());
        return queries;
    }

    struct Gain {
        double most = 0;    // it is no more than this
        bool exact = true;  // and no less
    };

    // What changing one set into another saves per hour, upkeep deducted; only as exactly as it takes
    // to tell that it is less than `need`.
    Gain gain(const IndexSet& from, const IndexSet& to, double need) {
        struct Open {
            int query;
            double doubt;  // how much less it may save
        };
        std::vector<Open> open;
        double most = upkeep(from) - upkeep(to);
        for (const int query : touched(joined(without(from, to), without(to, from)))) {
            const double unit = workload_[query].weight / before_[query];
            const PlanMemory::Bounds after = planner_.bounds(query, to);
            const double doubt = unit * (after.most - after.least);
            most += time(query, from);
            if (doubt <= negligible * total_) {
                most -= unit * after.most;
            } else {
                most -= unit * after.least;
                open.push_back({query, doubt});
            }
        }
        std::stable_sort(open.begin(), open.end(), [](const Open& a, const Open& b) { return a.doubt > b.doubt; });
        for (const Open& left : open) {
            if (most < need) return {most, false};
            const double unit = workload_[left.query].weight / before_[left.query];
            const double least = planner_.bounds(left.query, to).least;
            most -= unit * (planner_.cost(left.query, to) - least);
        }
        return {most, true};
    }

    double gain(const IndexSet& from, const IndexSet& to) {
        return gain(from, to, -std::numeric_limits<double>::infinity()).most;
    }

    bool limited() const {
        return !std::isinf(options_.budget) || options_.max_indexes < std::numeric_limits<int>::max();
    }

    bool fits(const IndexSet& set) const {
        return bytes(set) <= options_.budget && static_cast<int>(set.size()) <= options_.max_indexes;
    }

    void look() {
        const int queries = static_cast<int>(workload_.size());
        before_.resize(queries);
        ideal_.resize(queries);
        helpable_.assign(queries, false);
        served_by_.resize(candidates_.size());
        std::set<IndexSet> bundles;
        for (int query = 0; query < queries; ++query) {
            before_[query] = planner_.cost(query, {});
            const Plan& best = planner_.plan(query, workload_[query].relevant);
            ideal_[query] = best.cost;
            total_ += workload_[query].weight;
            if (before_[query] <= 0 || best.cost >= before_[query] * (1 - noise) || best.used.empty()) continue;
            helpable_[query] = true;
            for (const int index : workload_[query].relevant) served_by_[index].push_back(query);
        }
        // In the order of what can be saved, so that an early end has seen what matters most.
        std::vector<int> order;
        for (int query = 0; query < queries; ++query)
            if (helpable_[query]) order.push_back(query);
        const auto potential = [&](int query) {
            return workload_[query].weight * (1 - ideal_[query] / before_[query]);
        };
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return potential(a) > potential(b); });
        for (const int query : order) {
            IndexSet left = workload_[query].relevant;
            for (int round = 0; round < alternative_rounds; ++round) {
                if (round > 0 && stop()) break;
                const Plan& plan = planner_.plan(query, left);
                if (plan.used.empty() || plan.cost >= before_[query] * (1 - noise)) break;
                bundles.insert(plan.used);
                left = without(left, plan.used);
            }
        }
        for (const IndexSet& bundle : bundles) {
            moves_.insert(bundle);
            for (const int index : bundle) {
                moves_.insert({index});
                for (const int simpler : candidates_[index].simpler) moves_.insert({simpler});
            }
        }
    }

    void grow() {
        struct Promise {
            double score;
            const IndexSet* move;
            std::size_t measured;  // at this size of the set
            bool operator<(const Promise& other) const {
                return score != other.score ? score < other.score : *other.move < *move;
            }
        };
        std::priority_queue<Promise> waiting;
        const double endless = std::numeric_limits<double>::infinity();
        constexpr auto never = static_cast<std::size_t>(-1);
        for (const IndexSet& move : moves_) waiting.push({promised(gain({}, move, endless).most, move), &move, never});
        std::size_t version = 0;
        while (!waiting.empty() && !stop()) {
            Promise next = waiting.top();
            waiting.pop();
            const IndexSet added = without(*next.move, chosen_);
            if (added.empty() || !common(added, retired_).empty()) continue;
            const IndexSet grown = joined(chosen_, added);
            if (!fits(grown)) continue;
            if (next.measured == version) {
                chosen_ = grown;
                ++version;
                continue;
            }
            // Alone it may save too little; a bundle that has it may still come.
            const double least = threshold() * static_cast<double>(added.size());
            // The next in line; a little less, lest two that promise the same wait for each other.
            const double rival = waiting.empty() ? 0 : waiting.top().score * (1 - noise);
            const Gain saved = gain(chosen_, grown, std::max(least, rival * unit_of(added)));
            if (saved.most <= least) continue;
            next.score = promised(saved.most, added);
            next.measured = saved.exact ? version : never;
            waiting.push(next);
        }
    }

    // What a move's saving is measured by: itself, or its bytes where these are scarce.
    double unit_of(const IndexSet& added) const {
        return std::isinf(options_.budget) ? 1 : std::max(1.0, bytes(added));
    }

    double promised(double saved, const IndexSet& added) const { return saved / unit_of(added); }

    double threshold() const { return std::max(options_.min_gain * total_, total_ * 1e-9); }

    // Whether `to` is better than the chosen set, where what it replaces is worth so much: it saves
    // notably more, or about as much with fewer bytes.
    bool better(const IndexSet& to, double worth) {
        if (!fits(to)) return false;
        const double growth = bytes(to) - bytes(chosen_);
        const double need = growth < -noise * bytes(chosen_) ? -give_up * worth
                            : growth > 0                     ? win_back * worth
                                                             : noise * total_;
        const Gain saved = gain(chosen_, to, need);
        return saved.exact && saved.most > need;
    }

    // One exchange, or false where none improves the set.
    bool exchange(const IndexSet& pool) {
        for (const int index : chosen_) {
            const IndexSet rest = without(chosen_, {index});
            const double worth = gain(rest, chosen_);
            if (worth <= threshold()) {
                chosen_ = rest;
                return true;
            }
            for (const int rival : pool) {
                if (stop()) return false;
                if (!same_table(rival, index) || std::binary_search(chosen_.begin(), chosen_.end(), rival)) continue;
                const IndexSet swapped = joined(rest, {rival});
                if (better(swapped, worth)) {
                    chosen_ = swapped;
                    return true;
                }
            }
        }
        return merge(pool);
    }

    // Puts what does the work of two indexes in their place, or in that of one and an existing one.
    bool unite() {
        for (std::size_t i = 0; i < chosen_.size(); ++i)
            for (std::size_t j = i + 1; j < chosen_.size(); ++j) {
                if (stop()) return false;
                if (!same_table(chosen_[i], chosen_[j])) continue;
                const auto found = options_.unite(chosen_[i], chosen_[j]);
                if (!found) continue;
                enlist(*found);
                if (stands_in(*found, {chosen_[i], chosen_[j]})) return true;
            }
        for (const int index : chosen_) {
            if (stop()) return false;
            const auto all = options_.extend(index);
            for (const United& found : all) enlist(found);
            for (const United& found : all)
                if (stands_in(found, {index})) return true;
        }
        return false;
    }

    // Puts one in the place of these, where that makes the whole smaller and costs next to nothing.
    bool stands_in(const United& united, const IndexSet& replaced) {
        const IndexSet rest = without(chosen_, replaced), to = joined(rest, {united.number});
        if (!fits(to) || bytes(to) >= bytes(chosen_) + united.freed_bytes) return false;
        // Queries that use none of these now are taken to gain nothing, and need not be planned.
        double saved = upkeep(chosen_) - upkeep(to) + united.freed_upkeep;
        for (const int query : touched(replaced))
            if (!common(planner_.plan(query, chosen_).used, replaced).empty())
                saved += time(query, chosen_) - time(query, to);
        if (saved < -give_up_united * std::max(0.0, gain(rest, chosen_))) return false;
        // With everything: what no set that has it gets below, which spares most exchanges their plans.
        retired_ = joined(retired_, without(replaced, {united.number}));
        chosen_ = to;
        freed_ = true;
        return true;
    }

    // Makes a new one a candidate.
    void enlist(const United& united) {
        if (united.number < static_cast<int>(candidates_.size())) return;
        candidates_.push_back(united.candidate);
        served_by_.emplace_back();
        for (const int query : united.queries) {
            workload_[query].relevant.push_back(united.number);
            if (helpable_[query]) served_by_.back().push_back(query);
        }
    }

    // Puts one index in the place of two.
    bool merge(const IndexSet& pool) {
        for (std::size_t i = 0; i < chosen_.size(); ++i)
            for (std::size_t j = i + 1; j < chosen_.size(); ++j) {
                if (!same_table(chosen_[i], chosen_[j])) continue;
                const IndexSet rest = without(chosen_, {chosen_[i], chosen_[j]});
                const double worth = gain(rest, chosen_);
                for (const int rival : pool) {
                    if (stop()) return false;
                    if (!same_table(rival, chosen_[i]) || std::binary_search(chosen_.begin(), chosen_.end(), rival))
                        continue;
                    const IndexSet merged = joined(rest, {rival});
                    if (better(merged, worth)) {
                        chosen_ = merged;
                        return true;
                    }
                }
            }
        return false;
    }

    bool same_table(int a, int b) const { return candidates_[a].table == candidates_[b].table; }

    void improve() {
        IndexSet pool;
        for (const IndexSet& move : moves_) pool = joined(pool, move);
        for (std::size_t left = 10 * chosen_.size(); left > 0 && !stop() && exchange(pool); --left) {
        }
        while (unite()) {
        }
    }

    // The last word: nothing unused, nothing below the minimum, no query made worse.
    void prune() {
        for (bool changed = true; changed;) {
            changed = false;
            std::set<int> used;
            std::map<int, double> harm;
            for (int query = 0; query < static_cast<int>(workload_.size()); ++query) {
                if (idle(query)) continue;
                const Plan& plan = planner_.plan(query, chosen_);
                if (plan.cost < before_[query] * (1 - least_improvement))
                    used.insert(plan.used.begin(), plan.used.end());
                if (plan.cost > before_[query] * options_.worst_factor)
                    for (const int index : plan.used)
                        harm[index] += workload_[query].weight * (plan.cost / before_[query] - 1);
            }
            IndexSet bad;
            for (const int index : chosen_)
                if (!used.contains(index)) bad.push_back(index);
            if (bad.empty() && !harm.empty())
                bad.push_back(std::max_element(harm.begin(), harm.end(), [](auto& a, auto& b) {
                                  return a.second < b.second;
                              })->first);
            if (bad.empty()) {
                double least = threshold();
                for (const int index : chosen_) {
                    const double worth = gain(without(chosen_, {index}), chosen_);
                    if (worth > least) continue;
                    least = worth;
                    bad = {index};
                }
            }
            if (!bad.empty()) {
                chosen_ = without(chosen_, bad);
                changed = true;
            }
        }
    }

    Selection report() {
        Selection selection;
        selection.before = before_;
        selection.ideal = ideal_;
        selection.after = before_;
        std::map<int, Choice> choices;
        for (int query = 0; query < static_cast<int>(workload_.size()); ++query) {
            if (idle(query)) continue;
            const Plan plan = planner_.plan(query, chosen_);
            selection.after[query] = plan.cost;
            const double saved = workload_[query].weight * (1 - plan.cost / before_[query]);
            if (plan.cost > before_[query] * (1 - least_worth_telling)) continue;
            // Indexes that work together share the saving by what each one's absence would cost.
            std::vector<double> losses;
            double sum = 0;
            for (const int index : plan.used) {
                losses.push_back(std::max(0.0, planner_.cost(query, without(chosen_, {index})) - plan.cost));
                sum += losses.back();
            }
            for (std::size_t i = 0; i < plan.used.size(); ++i) {
                const double part = sum > 0 ? losses[i] / sum : 1.0 / static_cast<double>(plan.used.size());
                Choice& choice = choices[plan.used[i]];
                choice.candidate = plan.used[i];
                choice.saved += saved * part;
                choice.helps.push_back({query, saved * part});
            }
        }
        for (auto& [index, choice] : choices) {
            std::stable_sort(choice.helps.begin(), choice.helps.end(),
                             [](const Help& a, const Help& b) { return a.saved > b.saved; });
            selection.choices.push_back(std::move(choice));
        }
        std::stable_sort(selection.choices.begin(), selection.choices.end(), [&](const Choice& a, const Choice& b) {
            return a.saved - candidates_[a.candidate].upkeep > b.saved - candidates_[b.candidate].upkeep;
        });
        selection.plans = planner_.plans();
        selection.answered = planner_.answered();
        selection.complete = !stopped_;
        return selection;
    }

    std::vector<Candidate> candidates_;
    std::vector<WorkItem> workload_;
    const SelectOptions& options_;
    PlanMemory planner_;
    std::vector<double> before_, ideal_;
    std::vector<bool> helpable_;
    std::vector<std::vector<int>> served_by_;  // by candidate: the queries that can be helped and that it could serve
    std::set<IndexSet> moves_;
    IndexSet chosen_;
    IndexSet retired_;    // whose work others do
    bool freed_ = false;  // room, by uniting
    double total_ = 0;
    bool stopped_ = false;
};

}  // namespace

Selection select(std::vector<Candidate> candidates, std::vector<WorkItem> workload, CostModel& model,
                 const SelectOptions& options) {
    return Selector(std::move(candidates), std::move(workload), model, options).run();
}

}  // namespace perfkit::advisor

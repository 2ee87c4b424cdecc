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
//    what both do.  These are candidates only now, when there are few.  What 3 and 4 free of a budget
//    goes to 2 again.
//
// What earlier plans tell (plan_memory.hpp) answers most questions, and shows most moves to be worse
// than another, or than nothing, before all of their queries have been planned.  Where a plan has to be made, it is
// first made with all that could be chosen on the table: one plan shows that most of it is of no use.
// The search takes an index to save a query no more beside some indexes than it did beside fewer: this is not
// always so, so that the set that comes out is planned anew.  When time is up, 2 goes on with the plans that are known:
// what it then takes saves as much at least.
//
// 3 and 4 go table by table.  What changes on one may matter to those that a query reads together with it.

#include "perfkit/core/advisor/select.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <utility>

#include "perfkit/core/advisor/chosen.hpp"

namespace perfkit::advisor {

namespace {

constexpr int alternative_rounds = 3;
constexpr double least_improvement = 0.05;    // a smaller fall of a query's cost is within the planner's error
constexpr double least_worth_telling = 0.01;  // a query whose cost falls by less is not counted as helped
// A smaller index may take the place of a larger one that saves a little more; the way back needs
// more than that, so that exchanges come to an end.
constexpr double give_up = 0.02;
constexpr double win_back = 0.04;
// Of what two indexes save, to make do with one: within the planner's error.
constexpr double give_up_united = 0.05;
constexpr int most_regrown = 3;

// What could serve a query, before what is larger than the budget by itself was left out; empty where nothing was.
using LeftOut = std::vector<IndexSet>;

LeftOut leave_out_too_large(const std::vector<Candidate>& candidates, std::vector<WorkItem>& workload, double budget) {
    LeftOut before(workload.size());
    for (std::size_t query = 0; query < workload.size(); ++query) {
        IndexSet& relevant = workload[query].relevant;
        IndexSet all = relevant;
        if (std::erase_if(relevant, [&](int index) { return candidates[index].bytes > budget; }) > 0)
            before[query] = std::move(all);
    }
    return before;
}

class Selector {
public:
    Selector(std::vector<Candidate> candidates, std::vector<WorkItem> workload, LeftOut left_out, CostModel& model,
             const SelectOptions& options)
        : options_(options),
          model_(model),
          left_out_(std::move(left_out)),
          chosen_(std::move(candidates), std::move(workload), model) {}

    Selection run() {
        look();
        grow();
        improve();
        // What exchanges and uniting freed may have room for more.
        for (int round = 0; round < most_regrown && limited() && freed_ && !stop(); ++round) {
            freed_ = false;
            grow();
            improve();
        }
        if (stop()) {
            chosen_.stop_planning();
            grow();
        }
        prune();
        return report();
    }

private:
    bool stop() {
        if (!stopped_) stopped_ = options_.out_of_time();
        return stopped_;
    }

    int table_of(int index) const { return chosen_.candidate(index).table; }

    bool limited() const {
        return !std::isinf(options_.budget) || options_.max_indexes < std::numeric_limits<int>::max();
    }

    bool fits(const Change& change) const {
        return chosen_.bytes() + chosen_.growth(change) <= options_.budget &&
               chosen_.count(change) <= static_cast<std::size_t>(options_.max_indexes);
    }

    double threshold() const { return std::max(options_.min_gain * chosen_.total(), chosen_.total() * 1e-9); }

    void look() {
        // In the order of what can be saved, so that an early end has seen what matters most.
        std::vector<int> order;
        for (int query = 0; query < chosen_.queries(); ++query)
            if (chosen_.helpable(query)) order.push_back(query);
        const auto potential = [&](int query) {
            return chosen_.query(query).weight * (1 - chosen_.ideal()[query] / chosen_.before()[query]);
        };
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return potential(a) > potential(b); });
        std::set<IndexSet> bundles;
        for (const int query : order) {
            IndexSet left = chosen_.query(query).relevant;
            for (int round = 0; round < alternative_rounds; ++round) {
                if (round > 0 && stop()) break;
                const Plan& plan = chosen_.plan(query, {{}, left});
                if (plan.used.empty() || plan.cost >= chosen_.before()[query] * (1 - noise)) break;
                bundles.insert(plan.used);
                left = without(left, plan.used);
            }
        }
        for (const IndexSet& bundle : bundles) {
            moves_.insert(bundle);
            for (const int index : bundle) {
                moves_.insert({index});
                for (const int simpler : chosen_.candidate(index).simpler) moves_.insert({simpler});
            }
        }
        for (const IndexSet& move : moves_)
            for (const int index : move) {
                IndexSet& pool = pools_[table_of(index)];
                pool = joined(pool, {index});
            }
        for (const auto& [table, pool] : pools_) chosen_.consider(pool);
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
        for (const IndexSet& move : moves_) {
            const IndexSet added = chosen_.missing(move);
            if (!added.empty())
                waiting.push({promised(chosen_.gain({}, {{}, added}, endless).most, added), &move, never});
        }
        std::size_t version = 0;
        while (!waiting.empty() && (!stop() || !chosen_.planning())) {
            Promise next = waiting.top();
            waiting.pop();
            const IndexSet added = chosen_.missing(*next.move);
            if (added.empty() || !common(added, retired_).empty()) continue;
            const Change grown{{}, added};
            if (!fits(grown)) continue;
            if (next.measured == version) {
                chosen_.apply(grown);
                ++version;
                continue;
            }
            // Alone it may save too little; a bundle that has it may still come.
            const double least = threshold() * static_cast<double>(added.size());
            // The next in line; a little less, lest two that promise the same wait for each other.
            const double rival = waiting.empty() ? 0 : waiting.top().score * (1 - noise);
            const Gain saved = chosen_.gain({}, grown, std::max(least, rival * unit_of(added)));
            if (saved.most <= least) continue;
            next.score = promised(saved.most, added);
            next.measured = saved.exact ? version : never;
            waiting.push(next);
        }
    }

    // What a move's saving is measured by: itself, or its bytes where these are scarce.
    double unit_of(const IndexSet& added) const {
        return std::isinf(options_.budget) ? 1 : std::max(1.0, chosen_.growth({{}, added}));
    }

    double promised(double saved, const IndexSet& added) const { return saved / unit_of(added); }

    // Whether a change, by which goes what is worth so much, is for the better: it saves notably more, or about as
    // much with fewer bytes.
    bool better(const Change& change, double worth) {
        if (!fits(change)) return false;
        const double growth = chosen_.growth(change);
        const double need = growth < -noise * chosen_.bytes() ? -give_up * worth
                            : growth > 0                      ? win_back * worth
                                                              : noise * chosen_.total();
        const Gain saved = chosen_.gain({}, change, need);
        return saved.exact && saved.most > need;
    }

    IndexSet chosen_on(int table) const {
        IndexSet found;
        for (const int index : chosen_.indexes())
            if (table_of(index) == table) found.push_back(index);
        return found;
    }

    // The tables that queries which these indexes could serve read together with theirs.
    std::set<int> neighbours(const IndexSet& indexes) const {
        std::set<int> tables;
        for (const int query : chosen_.touched(indexes))
            for (const int index : chosen_.query(query).relevant) tables.insert(table_of(index));
        return tables;
    }

    // Does something for each table until there is nothing more to do on any.
    template <typename Step>
    void table_by_table(Step step) {
        std::set<int> open;
        for (const int index : chosen_.indexes()) open.insert(table_of(index));
        for (std::size_t left = 10 * chosen_.indexes().size(); left > 0 && !open.empty() && !stop();) {
            const int table = *open.begin();
            const auto done = step(table);
            if (!done) {
                open.erase(open.begin());
                continue;
            }
            --left;
            if (chosen_.growth(*done) < 0) freed_ = true;
            chosen_.apply(*done);
            open.merge(neighbours(joined(done->removed, done->added)));
        }
    }

    void improve() {
        table_by_table([this](int table) { return exchange(table); });
        table_by_table([this](int table) { return unite(table); });
    }

    // Puts nothing, or another index of the table, in the place of one; or one in the place of two.
    std::optional<Change> exchange(int table) {
        const IndexSet mine = chosen_on(table), rivals = chosen_.missing(pools_[table]);
        for (const int index : mine) {
            const double worth = chosen_.gain({{index}, {}}, {});
            if (worth <= threshold()) return Change{{index}, {}};
            if (const auto change = replacement({index}, worth, rivals)) return change;
        }
        for (std::size_t i = 0; i < mine.size(); ++i)
            for (std::size_t j = i + 1; j < mine.size(); ++j) {
                const IndexSet pair{mine[i], mine[j]};
                if (const auto change = replacement(pair, chosen_.gain({pair, {}}, {}), rivals)) return change;
            }
        return std::nullopt;
    }

    std::optional<Change> replacement(const IndexSet& replaced, double worth, const IndexSet& rivals) {
        for (const int rival : rivals) {
            if (stop()) return std::nullopt;
            const Change change{replaced, {rival}};
            if (better(change, worth)) return change;
        }
        return std::nullopt;
    }

    // Puts what does the work of two indexes in their place, or in that of one and an existing one.
    std::optional<Change> unite(int table) {
        const IndexSet mine = chosen_on(table);
        for (std::size_t i = 0; i < mine.size(); ++i)
            for (std::size_t j = i + 1; j < mine.size(); ++j) {
                if (stop()) return std::nullopt;
                const auto found = options_.unite(mine[i], mine[j]);
                if (!found) continue;
                chosen_.enlist(*found);
                if (const auto change = stand_in(*found, {mine[i], mine[j]})) return change;
            }
        for (const int index : mine) {
            if (stop()) return std::nullopt;
            const auto all = options_.extend(index);
            for (const United& found : all) chosen_.enlist(found);
            for (const United& found : all)
                if (const auto change = stand_in(found, {index})) return change;
        }
        return std::nullopt;
    }

    // Puts one in the place of these, where that makes the whole smaller and costs next to nothing.
    std::optional<Change> stand_in(const United& united, const IndexSet& replaced) {
        const Change change{replaced, {united.number}};
        if (!fits(change) || chosen_.growth(change) >= united.freed_bytes) return std::nullopt;
        // Queries that use none of these now are taken to gain nothing, and need not be planned.
        double saved = united.freed_upkeep - (chosen_.has(united.number) ? 0 : chosen_.candidate(united.number).upkeep);
        for (const int index : without(replaced, change.added)) saved += chosen_.candidate(index).upkeep;
        for (const int query : chosen_.touched(replaced))
            if (!common(chosen_.plan(query).used, replaced).empty())
                saved += chosen_.time(query) - chosen_.time(query, change);
        if (saved < -give_up_united * std::max(0.0, chosen_.gain({replaced, {}}, {}))) return std::nullopt;
        retired_ = joined(retired_, without(replaced, change.added));
        return change;
    }

    // The last word: nothing unused, nothing below the minimum, no query made worse.
    void prune() {
        while (true) {
            IndexSet bad = unused();
            if (bad.empty()) bad = harmful();
            if (bad.empty()) bad = worth_too_little();
            if (bad.empty()) return;
            chosen_.apply({bad, {}});
        }
    }

    IndexSet unused() {
        std::set<int> used;
        for (int query = 0; query < chosen_.queries(); ++query) {
            if (!chosen_.helpable(query)) continue;
            const Plan& plan = chosen_.final_plan(query);
            if (plan.cost < chosen_.before()[query] * (1 - least_improvement))
                used.insert(plan.used.begin(), plan.used.end());
        }
        return without(chosen_.indexes(), {used.begin(), used.end()});
    }

    IndexSet harmful() {
        std::map<int, double> harm;
        for (int query = 0; query < chosen_.queries(); ++query) {
            if (!chosen_.helpable(query)) continue;
            const Plan& plan = chosen_.final_plan(query);
            if (plan.cost <= chosen_.before()[query] * options_.worst_factor) continue;
            for (const int index : plan.used)
                harm[index] -= chosen_.query(query).weight * (plan.cost / chosen_.before()[query] - 1);
        }
        return apart({harm.begin(), harm.end()});
    }

    IndexSet worth_too_little() {
        std::vector<std::pair<int, double>> little;
        for (const int index : chosen_.indexes())
            if (const double worth = chosen_.gain({{index}, {}}, {}); worth <= threshold())
                little.emplace_back(index, worth);
        return apart(std::move(little));
    }

    // Those with the least figures of which no query could use two: without one of them another may be worth more.
    IndexSet apart(std::vector<std::pair<int, double>> figures) const {
        std::stable_sort(figures.begin(), figures.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
        IndexSet found;
        std::set<int> queries;
        for (const auto& [index, figure] : figures) {
            const std::set<int> touched = chosen_.touched({index});
            if (std::any_of(touched.begin(), touched.end(), [&](int query) { return queries.contains(query); }))
                continue;
            queries.insert(touched.begin(), touched.end());
            found.push_back(index);
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    bool helped(int query, double cost) const { return cost <= chosen_.before()[query] * (1 - least_worth_telling); }

    Selection report() {
        Selection selection;
        selection.before = chosen_.before();
        selection.ideal = chosen_.ideal();
        selection.after = chosen_.before();
        selection.cached.resize(selection.before.size());
        std::map<int, Choice> choices;
        for (int query = 0; query < chosen_.queries(); ++query) {
            if (!chosen_.helpable(query)) continue;
            const Plan plan = chosen_.final_plan(query);
            selection.after[query] = plan.cost;
            if (!plan.used.empty() && !stop()) {
                selection.cached[query] = {model_.cached(query, {}, chosen_.before()[query]),
                                           model_.cached(query, plan.used, plan.cost)};
                selection.priced += 2;
            }
            const double saved = chosen_.query(query).weight * (1 - plan.cost / chosen_.before()[query]);
            if (!helped(query, plan.cost)) continue;
            // Indexes that work together share the saving by what each one's absence would cost.
            std::vector<double> losses;
            double sum = 0;
            for (const int index : plan.used) {
                losses.push_back(std::max(0.0, chosen_.plan(query, {{index}, {}}).cost - plan.cost));
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
        for (int query = 0; query < chosen_.queries(); ++query) {
            if (left_out_[query].empty() || helped(query, selection.after[query])) continue;
            selection.ideal[query] = model_.plan(query, left_out_[query]).cost;
            ++selection.plans;
        }
        for (auto& [index, choice] : choices) {
            std::stable_sort(choice.helps.begin(), choice.helps.end(),
                             [](const Help& a, const Help& b) { return a.saved > b.saved; });
            selection.choices.push_back(std::move(choice));
        }
        const auto net = [&](const Choice& choice) {
            return choice.saved - chosen_.candidate(choice.candidate).upkeep;
        };
        std::stable_sort(selection.choices.begin(), selection.choices.end(),
                         [&](const Choice& a, const Choice& b) { return net(a) > net(b); });
        selection.plans += chosen_.memory().plans();
        selection.answered = chosen_.memory().answered();
        selection.complete = !stopped_;
        return selection;
    }

    const SelectOptions& options_;
    CostModel& model_;
    const LeftOut left_out_;
    Chosen chosen_;
    std::set<IndexSet> moves_;
    std::map<int, IndexSet> pools_;  // what the moves are made of, by table
    IndexSet retired_;               // whose work others do
    bool freed_ = false;             // room, by exchanges
    bool stopped_ = false;
};

}  // namespace

Selection select(std::vector<Candidate> candidates, std::vector<WorkItem> workload, CostModel& model,
                 const SelectOptions& options) {
    LeftOut left_out = leave_out_too_large(candidates, workload, options.budget);
    return Selector(std::move(candidates), std::move(workload), std::move(left_out), model, options).run();
}

}  // namespace perfkit::advisor

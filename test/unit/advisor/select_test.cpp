#include "perfkit/core/advisor/select.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace perfkit {
namespace {

using advisor::Candidate;
using advisor::CostModel;
using advisor::IndexSet;
using advisor::Plan;
using advisor::select;
using advisor::Selection;
using advisor::SelectOptions;
using advisor::WorkItem;

// A query costs 100, or what the cheapest of its ways does whose indexes all exist.
struct Way {
    IndexSet needs;
    double cost;
};

class Model : public CostModel {
public:
    explicit Model(std::vector<std::vector<Way>> ways) : ways_(std::move(ways)) {}

    Plan plan(int query, const IndexSet& indexes) override {
        ++asked;
        Plan best{100, {}};
        for (const Way& way : ways_[query])
            if (way.cost < best.cost &&
                std::includes(indexes.begin(), indexes.end(), way.needs.begin(), way.needs.end()))
                best = {way.cost, way.needs};
        return best;
    }

    // Half of the cost, but for indexes that have the processor do more.
    double cached(int, const IndexSet& indexes, double cost) override {
        ++priced;
        return std::includes(indexes.begin(), indexes.end(), busy.begin(), busy.end()) && !busy.empty() ? 2 * cost
                                                                                                        : cost / 2;
    }

    int asked = 0, priced = 0;
    IndexSet busy;

private:
    std::vector<std::vector<Way>> ways_;
};

IndexSet chosen(const Selection& selection) {
    IndexSet set;
    for (const auto& choice : selection.choices) set.push_back(choice.candidate);
    std::sort(set.begin(), set.end());
    return set;
}

Candidate of(double bytes, double upkeep = 0) { return {bytes, upkeep, 0, {}}; }

TEST(Select, TakesWhatSavesAndNothingElse) {
    Model model({{{{0}, 10}, {{1}, 50}}, {{{2}, 99.9999999}}});
    const Selection result = select({of(1), of(1), of(1)}, {{1, {0, 1}}, {1, {2}}}, model, {});
    EXPECT_EQ(chosen(result), IndexSet({0}));
    EXPECT_DOUBLE_EQ(result.after[0], 10);
    EXPECT_DOUBLE_EQ(result.choices[0].saved, 0.9);
}

TEST(Select, SaysWhatMayBeSlowerInMemory) {
    Model model({{{{0}, 40}}, {{{1}, 40}}, {{{2}, 100}}});
    model.busy = {1};
    const Selection result = select({of(1), of(1), of(1)}, {{1, {0}}, {1, {1}}, {1, {2}}}, model, {});
    EXPECT_DOUBLE_EQ(result.cached[0].before, 50);
    EXPECT_DOUBLE_EQ(result.cached[0].after, 20);
    EXPECT_FALSE(result.cached[0].slower());
    EXPECT_DOUBLE_EQ(result.cached[1].after, 80);
    EXPECT_TRUE(result.cached[1].slower());
    EXPECT_FALSE(result.cached[2].slower());
    EXPECT_EQ(result.priced, model.priced);
}

TEST(Select, UpkeepMustBeEarned) {
    const std::vector<std::vector<Way>> ways{{{{0}, 50}}};
    Model cheap(ways), dear(ways);
    EXPECT_EQ(chosen(select({of(1, 0.4)}, {{1, {0}}}, cheap, {})), IndexSet({0}));
    EXPECT_EQ(chosen(select({of(1, 0.6)}, {{1, {0}}}, dear, {})), IndexSet());
}

TEST(Select, ABudgetGoesToWhatSavesMostPerByte) {
    SelectOptions options;
    options.budget = 10;
    Model model({{{{0}, 10}}, {{{1}, 40}}, {{{2}, 40}}});
    EXPECT_EQ(chosen(select({of(10), of(5), of(5)}, {{1, {0}}, {1, {1}}, {1, {2}}}, model, options)), IndexSet({1, 2}));
    options.budget = 4;
    EXPECT_EQ(chosen(select({of(10), of(5), of(5)}, {{1, {0}}, {1, {1}}, {1, {2}}}, model, options)), IndexSet());
}

TEST(Select, IndexesThatOnlyHelpTogetherAreFound) {
    Model model({{{{0, 1}, 5}}});
    const Selection result = select({of(1), of(1)}, {{1, {0, 1}}}, model, {});
    EXPECT_EQ(chosen(result), IndexSet({0, 1}));
    EXPECT_DOUBLE_EQ(result.choices[0].saved + result.choices[1].saved, 0.95);
}

TEST(Select, NumberAndLeastGainAreLimits) {
    SelectOptions options;
    options.max_indexes = 1;
    Model model({{{{0}, 10}}, {{{1}, 20}}});
    EXPECT_EQ(chosen(select({of(1), of(1)}, {{1, {0}}, {1, {1}}}, model, options)), IndexSet({0}));
    options.max_indexes = 5;
    options.min_gain = 0.42;
    EXPECT_EQ(chosen(select({of(1), of(1)}, {{1, {0}}, {1, {1}}}, model, options)), IndexSet({0}));
}

// Two indexes, each good for one query, and a third that does the work of both for a cost of its own.
struct Twins {
    std::vector<Candidate> candidates;
    int asked = 0;
    SelectOptions options;

    Twins(std::vector<Candidate> two, Candidate both) : candidates(std::move(two)) {
        options.unite = [this, both](int a, int b) -> std::optional<advisor::United> {
            EXPECT_NE(a, b);
            ++asked;
            if (std::max(a, b) > 1) return std::nullopt;
            return advisor::United{2, both, {0, 1}};
        };
    }
};

TEST(Select, NearTwinsBecomeOneWhereThatIsSmallerAndCostsNextToNothing) {
    const auto ask = [](double united_bytes, double united_cost, Candidate other = of(10)) {
        Model model({{{{0}, 20}, {{2}, united_cost}}, {{{1}, 20}, {{2}, united_cost}}});
        Twins twins({of(10), other}, of(united_bytes));
        const Selection result = select(twins.candidates, {{1, {0}}, {1, {1}}}, model, twins.options);
        EXPECT_EQ(twins.asked > 0, other.table == 0);
        EXPECT_EQ(result.plans, model.asked);
        return chosen(result);
    };
    EXPECT_EQ(ask(12, 20), IndexSet({2}));
    EXPECT_EQ(ask(12, 22), IndexSet({2}));                     // two of eighty, twice
    EXPECT_EQ(ask(12, 25), IndexSet({0, 1}));                  // five of eighty is more than the planner's error
    EXPECT_EQ(ask(20, 20), IndexSet({0, 1}));                  // no smaller than both
    EXPECT_EQ(ask(12, 20, {10, 0, 1, {}}), IndexSet({0, 1}));  // of another table
}

TEST(Select, WhatUnitingFreesIsSpent) {
    // 0 and 1 take the budget; united as 3 they leave room for 2.
    Model model({{{{0}, 20}, {{3}, 20}}, {{{1}, 20}, {{3}, 20}}, {{{2}, 60}}});
    SelectOptions options;
    options.budget = 20;
    options.unite = [](int a, int b) -> std::optional<advisor::United> {
        if (std::min(a, b) != 0 || std::max(a, b) != 1) return std::nullopt;
        return advisor::United{3, of(12), {0, 1}};
    };
    const Selection result = select({of(10), of(10), of(8)}, {{1, {0}}, {1, {1}}, {1, {2}}}, model, options);
    EXPECT_EQ(chosen(result), IndexSet({2, 3}));
    EXPECT_DOUBLE_EQ(result.after[2], 60);
}

TEST(Select, AnExistingIndexIsExtendedWhereItCouldThenGo) {
    const auto ask = [](double freed_bytes, double freed_upkeep, double extended_upkeep) {
        Model model({{{{0}, 20}, {{1}, 21}}});
        SelectOptions options;
        options.extend = [=](int index) {
            std::vector<advisor::United> found;
            if (index == 0) found.push_back({1, of(14, extended_upkeep), {0}, freed_bytes, freed_upkeep});
            return found;
        };
        return chosen(select({of(10)}, {{1, {0}}}, model, options));
    };
    EXPECT_EQ(ask(5, 0, 0), IndexSet({1}));
    EXPECT_EQ(ask(3, 0, 0), IndexSet({0}));    // it would grow by more than goes
    EXPECT_EQ(ask(5, 0, 0.1), IndexSet({0}));  // or cost more to keep up
    EXPECT_EQ(ask(5, 0.1, 0.1), IndexSet({1}));
}

// Against all sets, on random workloads: how near the choice comes, and what it asks.
TEST(Select, ComesCloseToTheBestSetAndAsksLittle) {
    std::mt19937 random(7);
    const auto draw = [&](int from, int to) { return from + static_cast<int>(random() % (to - from + 1)); };
    double found = 0, best_of_all = 0;
    std::int64_t asked = 0, possible = 0;
    for (int round = 0; round < 60; ++round) {
        constexpr int count = 8, queries = 6;
        std::vector<Candidate> candidates;
        for (int i = 0; i < count; ++i) candidates.push_back(of(draw(1, 10), draw(0, 5) / 100.0));
        std::vector<std::vector<Way>> ways(queries);
        std::vector<WorkItem> work(queries);
        for (int query = 0; query < queries; ++query) {
            work[query].weight = draw(1, 5);
            for (int way = draw(1, 4); way > 0; --way) {
                IndexSet needs{draw(0, count - 1)};
                if (draw(0, 2) == 0) needs.push_back(draw(0, count - 1));
                std::sort(needs.begin(), needs.end());
                needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
                ways[query].push_back({needs, static_cast<double>(draw(5, 95))});
            }
            for (int i = 0; i < count; ++i) work[query].relevant.push_back(i);
        }
        SelectOptions options;
        options.budget = round % 2 ? draw(5, 30) : std::numeric_limits<double>::infinity();
        const auto worth = [&](const IndexSet& set) {
            Model model(ways);
            double sum = 0, bytes = 0;
            for (const int index : set) {
                sum -= candidates[index].upkeep;
                bytes += candidates[index].bytes;
            }
            if (bytes > options.budget) return -1.0;
            for (int query = 0; query < queries; ++query)
                sum += work[query].weight * (1 - model.plan(query, set).cost / 100);
            return sum;
        };
        double best = 0;
        for (int bits = 0; bits < 1 << count; ++bits) {
            IndexSet set;
            for (int i = 0; i < count; ++i)
                if (bits >> i & 1) set.push_back(i);
            best = std::max(best, worth(set));
        }
        Model model(ways);
        const Selection result = select(candidates, work, model, options);
        EXPECT_EQ(result.plans, model.asked);
        EXPECT_TRUE(result.complete);
        EXPECT_GE(worth(chosen(result)), 0.6 * best);
        found += worth(chosen(result));
        best_of_all += best;
        asked += result.plans;
        possible += queries << count;
    }
    EXPECT_GT(found, 0.97 * best_of_all);
    EXPECT_LT(asked, possible / 42);
}

// Small indexes of a table, most of them of no use: by the byte each might be worth more than those that are, so that
// each is looked at; but not by a plan of its own.
TEST(Select, OnePlanTellsOfManyIndexesThatTheyAreOfNoUse) {
    const auto asked = [](int useless) {
        std::vector<Candidate> candidates{of(100), of(10), of(10), of(10)};
        for (int i = 0; i < useless; ++i) candidates.push_back(of(1));
        WorkItem item{1, {0}};
        for (int i = 1; i < static_cast<int>(candidates.size()); ++i) {
            candidates[0].simpler.push_back(i);
            item.relevant.push_back(i);
        }
        SelectOptions options;
        options.budget = 100;
        Model model({{{{0}, 10}, {{1}, 50}, {{2}, 60}, {{3}, 70}}});
        const Selection result = select(candidates, {item}, model, options);
        EXPECT_EQ(chosen(result), IndexSet({0}));
        EXPECT_EQ(result.plans, model.asked);
        return model.asked;
    };
    EXPECT_EQ(asked(40), asked(4));
}

// One index helps each query a little beside nothing, and not at all beside the index that is chosen for it first.
// Another, which is never worth its upkeep, hides that from the plan with all of them.
TEST(Select, WhatAnIndexSavedBesideLessBoundsWhatItSavesBesideMore) {
    constexpr int count = 20;
    std::vector<Candidate> candidates;
    std::vector<std::vector<Way>> ways;
    std::vector<WorkItem> work;
    IndexSet best;
    for (int i = 0; i < count; ++i) {
        const int large = 2 * i, dear = large + 1, shared = 2 * count;
        candidates.push_back({1, 0, large, {}});
        candidates.push_back({1, 0.3, dear, {}});
        ways.push_back({{{large}, 60}, {{dear}, 95}, {{large, dear}, 40}, {{shared}, 90}});
        work.push_back({1, {large, dear, shared}});
        best.push_back(large);
    }
    candidates.push_back({1, 0.1 * count - 0.01, 2 * count, {}});
    Model model(ways);
    EXPECT_EQ(chosen(select(candidates, work, model, {})), best);
    // Each query with nothing, with all, with what that leaves aside, and with its own; one to see that the other is no
    // use.
    EXPECT_LE(model.asked, 4 * count + 1);
}

TEST(Select, WhatIsLargerThanTheBudgetIsNotLookedAt) {
    SelectOptions options;
    options.budget = 10;
    Model model({{{{0}, 10}, {{1}, 50}}, {{{0}, 10}, {{2}, 99.9}}});
    const Selection result = select({of(11), of(10), of(10)}, {{1, {0, 1}}, {1, {0, 2}}}, model, options);
    EXPECT_EQ(chosen(result), IndexSet({1}));
    EXPECT_EQ(result.plans, model.asked);
    EXPECT_DOUBLE_EQ(result.ideal[1], 10) << "of a query that is not helped";
}

TEST(Select, ACostThatIsKnownIsNotAsked) {
    const std::vector<std::vector<Way>> ways{{{{0}, 10}}};
    Model unknown(ways), known(ways);
    (void)select({of(1)}, {{1, {0}}}, unknown, {});
    const Selection result = select({of(1)}, {{1, {0}, 100}}, known, {});
    EXPECT_EQ(known.asked, unknown.asked - 1);
    EXPECT_EQ(result.plans, known.asked);
    EXPECT_DOUBLE_EQ(result.before[0], 100);
}

// What the plans tell that are known by then.
TEST(Select, TakesWhatIsKnownWhenTimeIsUp) {
    SelectOptions options;
    options.out_of_time = [] { return true; };
    Model model({{{{0}, 10}, {{1}, 50}}, {{{2, 3}, 20}}, {{{4}, 99.99999999}}});
    const std::vector<Candidate> candidates{of(1), of(1), of(1), of(1), of(1)};
    const std::vector<WorkItem> work{{1, {0, 1}}, {1, {2, 3}}, {1, {4}}};
    const Selection result = select(candidates, work, model, options);
    EXPECT_FALSE(result.complete);
    EXPECT_EQ(model.asked, 6) << "each query with nothing and with everything";
    EXPECT_EQ(chosen(result), IndexSet({0, 2, 3}));
    EXPECT_DOUBLE_EQ(result.after[0], 10);
    options.budget = 1;
    EXPECT_EQ(chosen(select(candidates, work, model, options)), IndexSet({0}));
}

// On each of many tables an index that helps all four queries is taken first, and is not needed once each has its own.
TEST(Select, TheEffortGrowsWithTheWorkloadAndNotFaster) {
    const auto effort = [](int tables) {
        std::vector<Candidate> candidates;
        std::vector<WorkItem> work;
        std::vector<std::vector<Way>> ways;
        for (int table = 0; table < tables; ++table) {
            const int first = 5 * table;
            for (int i = 0; i < 5; ++i) candidates.push_back({1, 0.01, table, {}});
            for (int i = 0; i < 4; ++i) {
                work.push_back({1, {first, first + 1, first + 2, first + 3, first + 4}});
                ways.push_back({{{first + i}, 10}, {{first + 4}, 50}});
            }
        }
        Model model(ways);
        const Selection result = select(candidates, work, model, {});
        EXPECT_EQ(static_cast<int>(result.choices.size()), 4 * tables);
        return static_cast<double>(result.plans + result.answered) / tables;
    };
    EXPECT_LT(effort(400), 2 * effort(20));
}

}  // namespace
}  // namespace perfkit

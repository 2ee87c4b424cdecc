// Chooses the indexes that save a workload the most time, asking a cost model for as few plans as
// it can.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace perfkit::advisor {

using IndexSet = std::vector<int>;  // candidate numbers, ascending

struct Plan {
    double cost = 0;
    IndexSet used;
};

// The planner, to the selection: what a query costs when these candidates exist, and which of them
// its plan uses.
class CostModel {
public:
    virtual ~CostModel() = default;
    virtual Plan plan(int query, const IndexSet& indexes) = 0;
    // What the same plan, of this cost, takes of the processor where every page is in memory.
    virtual double cached(int query, const IndexSet& indexes, double cost) = 0;
};

struct Candidate {
    double bytes = 0;
    double upkeep = 0;  // what the table's writes would spend on it, in the unit of WorkItem::weight
    int table = 0;
    IndexSet simpler;  // candidates that do part of its work: fewer keys, or nothing included
};

// A query of the workload.
struct WorkItem {
    double weight = 0;  // time that it takes now, per hour
    IndexSet relevant;  // candidates that could serve it
    double cost = 0;    // without them, where that is known already
};

// One index that does the work of two.
struct United {
    int number = 0;       // of the candidate that it is; where it is a new one, the next number
    Candidate candidate;  // of a new one
    IndexSet queries;     // of a new one: those that it could serve
    // Of the existing index whose work it does, which could go.
    double freed_bytes = 0, freed_upkeep = 0;
};

struct SelectOptions {
    double budget = std::numeric_limits<double>::infinity();  // bytes
    int max_indexes = std::numeric_limits<int>::max();
    double min_gain = 0;         // least share of the workload's time that an index must save
    double worst_factor = 1.01;  // no query may come to cost more than so many times what it costs now
    std::function<bool()> out_of_time = [] { return false; };
    // What does the work of two candidates, where there is such an index.
    std::function<std::optional<United>(int, int)> unite = [](int, int) { return std::nullopt; };
    // What does the work of a candidate and of an existing index.
    std::function<std::vector<United>(int)> extend = [](int) { return std::vector<United>{}; };
};

// What a chosen index does for one query.
struct Help {
    int query = 0;
    double saved = 0;  // its part of the time that the query saves, where indexes work together
};

struct Choice {
    int candidate = 0;
    double saved = 0;  // per hour, without the upkeep
    std::vector<Help> helps;
};

// A query's cost where every page is in memory, in a unit of its own; 0 where that was not asked for.
struct Cached {
    double before = 0, after = 0;

    // Slower than it is now, by more than such estimates err: pages that need not be read cost less, and the processor
    // has more to do.
    bool slower() const { return after > 1.2 * before; }
};

struct Selection {
    std::vector<Choice> choices;  // the one that saves most first
    std::vector<double> before;   // cost of each query without the indexes
    std::vector<double> after;    // and with all of them
    // With every candidate, for those that it does not help; for the others with all that fit the budget one by one.
    std::vector<double> ideal;
    std::vector<Cached> cached;  // of each query whose plan uses them
    std::int64_t plans = 0;      // asked of the cost model
    std::int64_t priced = 0;     // for `cached`, besides
    std::int64_t answered = 0;   // told from earlier plans
    bool complete = true;        // false: time ran out first
};

Selection select(std::vector<Candidate> candidates, std::vector<WorkItem> workload, CostModel& model,
                 const SelectOptions& options);

}  // namespace perfkit::advisor

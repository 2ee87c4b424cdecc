// The set of indexes that is chosen so far, and what changing it would save.
//
// A workload may have thousands of queries on hundreds of tables.  A change concerns few of them: what it takes to
// judge one depends on the queries that it touches, and not on how large the set is.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "perfkit/core/advisor/plan_memory.hpp"
#include "perfkit/core/advisor/select.hpp"

namespace perfkit::advisor {

inline constexpr double noise = 1e-6;  // relative: below it costs are equal

// What goes from the chosen set, and what comes to it.  An index that is in both is in the set afterwards.
struct Change {
    IndexSet removed, added;
};

struct Gain {
    double most = 0;    // it is no more than this
    bool exact = true;  // and no less
};

class Chosen {
public:
    // Plans each query without its candidates and with all of them.
    Chosen(std::vector<Candidate> candidates, std::vector<WorkItem> workload, CostModel& model);

    const Candidate& candidate(int index) const { return candidates_[index]; }
    int candidates() const { return static_cast<int>(candidates_.size()); }
    const WorkItem& query(int query) const { return workload_[query]; }
    int queries() const { return static_cast<int>(workload_.size()); }
    double total() const { return total_; }  // time of the workload, per hour
    // Of each query: without the indexes, and with every one of those that existed at first.
    const std::vector<double>& before() const { return before_; }
    const std::vector<double>& ideal() const { return ideal_; }
    // Whether an index makes it cheaper; a query that none does needs no further plans.
    bool helpable(int query) const { return helpable_[query]; }

    const IndexSet& indexes() const { return indexes_; }
    bool has(int index) const { return has_[index]; }
    IndexSet missing(const IndexSet& set) const;
    void apply(const Change& change);
    double bytes() const { return bytes_; }
    // By which the set would grow, and how many indexes it would then have.
    double growth(const Change& change) const;
    std::size_t count(const Change& change) const;

    // Queries that can be helped and to which one of these indexes could matter.
    std::set<int> touched(const IndexSet& indexes) const;

    // In all likelihood; and with the set as it is for certain.
    const Plan& plan(int query, const Change& change = {});
    const Plan& final_plan(int query);
    // Time per hour that a query takes then.
    double time(int query, const Change& change = {});
    // What getting from one set to the other saves per hour, upkeep deducted; only as exactly as it takes to tell
    // that it is less than `need`.
    Gain gain(const Change& from, const Change& to, double need);
    // Exactly.
    double gain(const Change& from, const Change& to);

    // What else could be chosen: a plan that has to be made may tell of these as well.
    void consider(const IndexSet& indexes);
    // Makes a new index a candidate.
    void enlist(const United& united);
    // From now on a query costs what the best of the plans costs that are known and that its indexes allow.
    void stop_planning() { planning_ = false; }
    bool planning() const { return planning_; }

    const PlanMemory& memory() const { return memory_; }

private:
    std::vector<Candidate> candidates_;
    std::vector<WorkItem> workload_;
    PlanMemory memory_;
    std::vector<double> before_, ideal_;
    std::vector<bool> helpable_;
    std::vector<std::vector<int>> served_by_;  // by candidate: the queries that can be helped and that it could serve
    IndexSet indexes_;
    std::vector<bool> has_;
    std::vector<Relevant> serving_;              // by query that can be helped
    std::vector<std::vector<Relevant>> served_;  // what it was, the last few times; at first nothing
    std::vector<bool> considered_;
    double bytes_ = 0;
    double total_ = 0;
    bool planning_ = true;

    IndexSet leaving(const Change& change) const;
    bool has(int index, const Change& change) const;
    std::optional<std::size_t> place_of(int index, int query) const;
    Relevant serving(int query, const Change& change) const;
    PlanMemory::Bounds bounds(int query, const Change& change) const;
    PlanMemory::Bounds likely_bounds(int query, const Change& change) const;
    Relevant rivals(int query, const Change& change) const;
    PlanMemory::Bounds narrow(int query, const Change& change, int step);
};

}  // namespace perfkit::advisor

// The cost model behind a memory of earlier plans.
//
// A plan that uses the indexes U stays the best for every set between U and the one it was planned
// with, so most questions are answered without the planner.  And no set is cheaper than a larger one,
// nor dearer than a plan that it allows.
//
// What is likely besides: an index that is of no use beside some is of none beside more.  So an index that a plan with
// U left aside may be left out wherever U is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "perfkit/core/advisor/select.hpp"

namespace perfkit::advisor {

IndexSet common(const IndexSet& a, const IndexSet& b);
IndexSet joined(const IndexSet& a, const IndexSet& b);
IndexSet without(const IndexSet& a, const IndexSet& b);

// Some of the indexes that are relevant to a query, by their places among these.
class Relevant {
public:
    void add(std::size_t place) {
        if (words_.size() <= place / 64) words_.resize(place / 64 + 1);
        words_[place / 64] |= std::uint64_t{1} << place % 64;
    }
    void add(const Relevant& others) {
        if (words_.size() < others.words_.size()) words_.resize(others.words_.size());
        for (std::size_t i = 0; i < others.words_.size(); ++i) words_[i] |= others.words_[i];
    }
    void remove(std::size_t place) {
        if (has(place)) words_[place / 64] ^= std::uint64_t{1} << place % 64;
    }
    bool has(std::size_t place) const { return place / 64 < words_.size() && (words_[place / 64] >> place % 64 & 1); }
    bool within(const Relevant& whole) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            if (words_[i] & ~whole.word(i)) return false;
        return true;
    }
    // Leaves out what is in `all` and not in `but`.
    void leave_out(const Relevant& all, const Relevant& but) {
        for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~(all.word(i) & ~but.word(i));
    }

private:
    std::vector<std::uint64_t> words_;

    std::uint64_t word(std::size_t i) const { return i < words_.size() ? words_[i] : 0; }
};

class PlanMemory {
public:
    // Both must outlive it; queries may come to have more relevant indexes, of greater numbers.
    PlanMemory(CostModel& model, const std::vector<WorkItem>& workload);

    // The reference stays valid.
    const Plan& plan(int query, const Relevant& indexes);
    // The same, for as few plans as the likely takes.
    const Plan& likely_plan(int query, const Relevant& indexes);
    // Narrows the bounds of what these cost by one plan, with others that could be there as well: one that uses none of
    // the others says that none of them is of use, one that uses some says what these do, and bounds the rest.
    void ask(int query, const Relevant& indexes, Relevant others);
    // What is known from elsewhere.
    void learn(int query, const Relevant& planned_with, Plan plan);
    // The cheapest plan that is known, and that these indexes allow; there must be one.
    const Plan& best_known(int query, const Relevant& indexes);

    // What earlier plans tell of the cost of the likely plan.
    struct Bounds {
        double least = 0;
        double most = std::numeric_limits<double>::infinity();
    };
    Bounds bounds(int query, const Relevant& indexes) const;

    std::int64_t plans() const { return plans_; }        // asked of the cost model
    std::int64_t answered() const { return answered_; }  // told from earlier plans

private:
    struct Entry {
        Relevant planned_with, used;
        Plan plan;
    };
    CostModel& model_;
    const std::vector<WorkItem>& workload_;
    std::vector<std::deque<Entry>> known_;  // a deque: references stay valid
    std::int64_t plans_ = 0, answered_ = 0;

    const Entry* known(int query, const Relevant& indexes) const;
    const Entry* cheapest(int query, const Relevant& indexes) const;
    Relevant useful(int query, const Relevant& indexes) const;
};

}  // namespace perfkit::advisor

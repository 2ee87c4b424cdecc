// Recall of an approximate index, measured on a sample of queries, and the search for the smallest
// setting that reaches a target.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace perfkit::distance {

struct Recall {
    double mean;
    double low, high;  // the 95 % interval of the mean
};

// From the share that each query found.  Wilson's interval, for as many independent observations as the
// queries' spread speaks for: where all queries did the same, as many as there are queries.
// `shares` is not empty.
Recall recall_of(std::span<const double> shares);

// The value that a share of the values does not exceed, counted up to the next whole value; the values
// are sorted and not empty.
double percentile(std::span<const double> sorted, double share);

// Which settings to try.  Doubles from the lowest until one reaches the target, then halves the gap
// down to a tenth.  More is taken to be at least as good.
class SettingSearch {
public:
    SettingSearch(int lowest, int highest) : next_(lowest), highest_(highest) {}

    // Nothing where the search is over.
    std::optional<int> next() const { return done_ ? std::nullopt : std::optional<int>(next_); }
    void tell(bool reached);

private:
    int next_;
    int highest_;
    std::optional<int> below_, reached_;
    bool done_ = false;
};

}  // namespace perfkit::distance

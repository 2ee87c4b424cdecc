// Whether a change made queries faster: what was captured of them before and after, compared.
//
// All that is known of a query are sums that only grow: its calls, their time, and the deviation of it.  Means are
// compared by Welch's test, since the spread of the times changes with the plan.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace perfkit::advisor {

// So many executions before and after are the least to judge by.
inline constexpr double least_calls = 20;
// A difference of less than this share of the mean before is none.
inline constexpr double least_difference = 0.05;

// Sums over the executions of a query.  Times in ms.
struct Moments {
    double calls = 0;
    double sum = 0;
    double squares = 0;

    // `deviation`: standard deviation of the population.
    static Moments of(double calls, double total, double deviation);
    // What was added since an earlier reading; everything where the counters began anew in between.
    Moments since(const Moments& earlier) const;

    double mean() const { return calls > 0 ? sum / calls : 0; }
    double variance() const;  // of the sample; 0 where there are not two
};

// A difference and the bounds that it lies between, with 95 % confidence.
struct Difference {
    double value = 0, low = 0, high = 0;
    bool above(double bound) const { return low > bound; }
    bool below(double bound) const { return high < bound; }
};

// Of the means, per call: below zero where the later executions were faster.  `tests`: so many are made at once, so
// that each has to be that much surer.  Nothing where either side has no two executions.
std::optional<Difference> difference(const Moments& before, const Moments& after, double tests = 1);

enum class Change { create, drop };
enum class Verdict { kept, no_gain, worse, too_few };

struct Judgement {
    Verdict verdict = Verdict::too_few;
    double calls_before = 0, calls_after = 0;       // of the queries that could be compared
    std::optional<double> mean_before, mean_after;  // in ms per call, weighted by the calls after
    std::optional<Difference> change;               // of that mean
    std::optional<double> calls_needed;             // further ones, to tell; nothing: enough, or no number of them
    std::vector<std::size_t> slower;  // queries that became slower for certain, the one that lost most first
};

struct Compared {
    Moments before, after;
};

Judgement judge(Change change, const std::vector<Compared>& queries);

// The value that a variable of Student's distribution exceeds with this probability, for five degrees of freedom or
// more.
double student_quantile(double probability, double degrees);

}  // namespace perfkit::advisor

#include "perfkit/core/advisor/verdict.hpp"

#include <algorithm>
#include <cmath>

namespace perfkit::advisor {

namespace {

constexpr double doubt = 0.05;  // 1 - confidence
// A single query has to lose more than this, since there are many of them.
constexpr double least_loss = 0.1;

// Of the standard normal distribution, upper tail; within 4.5e-4 (Abramowitz and Stegun, 26.2.23), then a step of
// Newton.
double normal_quantile(double probability) {
    const double t = std::sqrt(-2 * std::log(probability));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int step = 0; step < 2; ++step) {
        const double excess = 0.5 * std::erfc(z / std::sqrt(2.0)) - probability;
        const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0));
        z += excess / density;
    }
    return z;
}

// A mean's part of a difference: weight, variance of the mean, degrees of freedom.
struct Part {
    double variance, degrees;
};

// Welch's and Satterthwaite's degrees of freedom of a sum.
double degrees_of(const std::vector<Part>& parts) {
    double sum = 0, squares = 0;
    for (const Part& part : parts) {
        sum += part.variance;
        squares += part.variance * part.variance / std::max(1.0, part.degrees);
    }
    return squares > 0 ? sum * sum / squares : 1e9;
}

Difference bounded(double value, const std::vector<Part>& parts, double tests) {
    double variance = 0;
    for (const Part& part : parts) variance += part.variance;
    const double half =
        student_quantile(doubt / 2 / std::max(1.0, tests), std::max(5.0, degrees_of(parts))) * std::sqrt(variance);
    return {value, value - half, value + half};
}

void add_parts(std::vector<Part>& parts, const Compared& query, double weight) {
    for (const Moments* side : {&query.before, &query.after})
        parts.push_back({weight * weight * side->variance() / side->calls, side->calls - 1});
}

bool comparable(const Compared& query) { return query.before.calls >= 2 && query.after.calls >= 2; }

}  // namespace

Moments Moments::of(double calls, double total, double deviation) {
    Moments moments{std::max(0.0, calls), std::max(0.0, total), 0};
    if (moments.calls > 0) moments.squares = moments.calls * (deviation * deviation + moments.mean() * moments.mean());
    return moments;
}

Moments Moments::since(const Moments& earlier) const {
    if (calls < earlier.calls || sum < earlier.sum) return *this;
    Moments rest{calls - earlier.calls, sum - earlier.sum, squares - earlier.squares};
    // Differences of large sums: what rounding takes off must not make it less than there can be.
    if (rest.calls > 0) rest.squares = std::max(rest.squares, rest.calls * rest.mean() * rest.mean());
    return rest;
}

double Moments::variance() const {
    if (calls < 2) return 0;
    return std::max(0.0, (squares - calls * mean() * mean()) / (calls - 1));
}

double student_quantile(double probability, double degrees) {
    const double z = normal_quantile(probability);
    // Cornish and Fisher's expansion.
    const double z2 = z * z, n = degrees;
    return z + z * (z2 + 1) / (4 * n) + z * (5 * z2 * z2 + 16 * z2 + 3) / (96 * n * n) +
           z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15) / (384 * n * n * n);
}

std::optional<Difference> difference(const Moments& before, const Moments& after, double tests) {
    const Compared query{before, after};
    if (!comparable(query)) return std::nullopt;
    std::vector<Part> parts;
    add_parts(parts, query, 1);
    return bounded(after.mean() - before.mean(), parts, tests);
}

Judgement judge(Change change, const std::vector<Compared>& queries) {
    Judgement result;
    double calls = 0, time_before = 0, time_after = 0;
    for (const Compared& query : queries) {
        if (!comparable(query)) continue;
        result.calls_before += query.before.calls;
        calls += query.after.calls;
        time_before += query.after.calls * query.before.mean();
        time_after += query.after.sum;
    }
    result.calls_after = calls;
    if (calls <= 0) {
        // Nobody ran anything that could be the slower for it.
        result.calls_needed = least_calls;
        if (change == Change::drop && queries.empty()) {
            result.verdict = Verdict::kept;
            result.calls_needed.reset();
        }
        return result;
    }

    // Each query counts as often as it ran after, so that a changed mix is no difference.
    std::vector<Part> parts;
    double before_variance = 0, after_variance = 0;
    for (const Compared& query : queries) {
        if (!comparable(query)) continue;
        const double weight = query.after.calls / calls;
        add_parts(parts, query, weight);
        before_variance += weight * weight * query.before.variance() / query.before.calls;
        after_variance += weight * weight * query.after.variance() / query.after.calls;
    }
    const double mean_before = time_before / calls;
    result.mean_before = mean_before;
    result.mean_after = time_after / calls;
    result.change = bounded(*result.mean_after - mean_before, parts, 1);
    const double margin = least_difference * mean_before;

    const auto enough = [](const Compared& query) {
        return query.before.calls >= least_calls && query.after.calls >= least_calls;
    };
    const auto loss = [&](std::size_t i) {
        return queries[i].after.calls * (queries[i].after.mean() - queries[i].before.mean());
    };
    const auto tests = static_cast<double>(std::count_if(queries.begin(), queries.end(), enough));
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (!enough(queries[i])) continue;
        const auto found = difference(queries[i].before, queries[i].after, tests);
        if (found && found->above(0) && found->value > least_loss * queries[i].before.mean())
            result.slower.push_back(i);
    }
    std::stable_sort(result.slower.begin(), result.slower.end(),
                     [&](std::size_t a, std::size_t b) { return loss(a) > loss(b); });

    const bool few = calls < least_calls || result.calls_before < least_calls;
    const Difference& total = *result.change;
    const bool gain = total.below(0) && total.value < -margin, loses = total.above(0) && total.value > margin;
    if (!few && gain) {
        result.verdict = Verdict::kept;
    } else if (!few && (loses || !result.slower.empty())) {
        result.verdict = Verdict::worse;
    } else if (!few && change == Change::create && total.low >= -margin) {
        result.verdict = Verdict::no_gain;
    } else if (!few && change == Change::drop && total.high <= margin) {
        result.verdict = Verdict::kept;
    } else {
        // With so many calls the bounds would lie within the margin, or on one side of zero.
        const double wanted = std::max(margin, std::abs(total.value)) / student_quantile(doubt / 2, 1e9);
        const double left = wanted * wanted - before_variance;
        const double missing_before = std::max(0.0, least_calls - result.calls_before);
        const double needed = std::max(1.0, std::ceil(std::max(least_calls, calls * after_variance / left) - calls));
        // More than anybody will see are as good as none.
        constexpr double most_needed = 1e15;
        if (left > 0 && missing_before == 0 && needed < most_needed) result.calls_needed = needed;
    }
    return result;
}

}  // namespace perfkit::advisor

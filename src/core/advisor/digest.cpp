#include "perfkit/core/advisor/digest.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace perfkit::advisor {

namespace {

constexpr double notable = 1.25;  // times the mean, from which a value counts as common

// How many values there are where `drawn` rows of `rows` had `times` (Haas and Stokes, "Duj1").
double distinct_of(const std::vector<double>& times, double drawn, double rows) {
    const auto different = static_cast<double>(times.size());
    const auto once = static_cast<double>(std::count(times.begin(), times.end(), 1.0));
    if (once == 0) return different;
    const double estimate = drawn * different / (drawn - once + once * drawn / std::max(drawn, rows));
    return std::clamp(estimate, different, std::max(different, rows));
}

}  // namespace

Digest digest(const std::vector<double>& times, double nulls, double table_rows, std::size_t most) {
    Digest result;
    const double drawn = std::accumulate(times.begin(), times.end(), 0.0), all = drawn + nulls;
    if (all <= 0) return result;
    result.null_fraction = nulls / all;
    if (times.empty()) return result;
    result.distinct = distinct_of(times, drawn, table_rows * (1 - result.null_fraction));

    // Where the sample has met all that there are, and they are few, each is listed.
    const double mean = drawn / static_cast<double>(times.size());
    const bool few = times.size() <= most && result.distinct <= static_cast<double>(times.size());
    for (std::size_t place = 0; place < times.size(); ++place)
        if (few || (times[place] >= 2 && times[place] > notable * mean)) result.common.push_back(place);
    std::stable_sort(result.common.begin(), result.common.end(),
                     [&](std::size_t a, std::size_t b) { return times[a] > times[b]; });
    if (result.common.size() > most) result.common.resize(most);
    for (const std::size_t place : result.common) result.shares.push_back(times[place] / all);

    std::vector<double> rest = times;
    for (const std::size_t place : result.common) rest[place] = 0;
    const double left = std::accumulate(rest.begin(), rest.end(), 0.0);
    const auto others = times.size() - result.common.size();
    if (others < 2) return result;
    const std::size_t pieces = std::min(most, others - 1);
    double passed = 0;
    for (std::size_t place = 0; place < rest.size(); ++place) {
        passed += rest[place];
        // Bound k is the value of the row at k / pieces of the way.
        while (rest[place] > 0 && result.bounds.size() <= pieces &&
               std::floor(static_cast<double>(result.bounds.size()) * (left - 1) / static_cast<double>(pieces)) <
                   passed)
            result.bounds.push_back(place);
    }
    return result;
}

}  // namespace perfkit::advisor

#include "random.hpp"

#include <algorithm>
#include <cmath>

namespace perfkit::cli {

WeightedChoice::WeightedChoice(const std::vector<double>& weights) {
    double total = 0;
    cumulative_.reserve(weights.size());
    for (const double weight : weights) cumulative_.push_back(total += weight);
}

WeightedChoice WeightedChoice::zipf(std::size_t count, double exponent) {
    std::vector<double> weights(count);
    for (std::size_t i = 0; i < count; ++i) weights[i] = std::pow(static_cast<double>(i + 1), -exponent);
    return WeightedChoice(weights);
}

std::size_t WeightedChoice::draw(Random& random) const {
    const double target = random.uniform() * cumulative_.back();
    // The first entry beyond the target: an entry of weight 0 adds nothing and is never that.
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), target);
    return static_cast<std::size_t>(std::min(found, cumulative_.end() - 1) - cumulative_.begin());
}

}  // namespace perfkit::cli

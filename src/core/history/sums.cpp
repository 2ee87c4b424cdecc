#include "perfkit/core/history/sums.hpp"

#include <algorithm>

namespace perfkit::history {

namespace {

bool counts(const Record& record) {
    return std::any_of(record.counters.begin(), record.counters.end(), [](std::uint64_t c) { return c > 0; });
}

}  // namespace

std::vector<std::int64_t> Sum::latency_pairs() const {
    std::vector<std::int64_t> pairs;
    pairs.reserve(2 * latency.size());
    for (const auto& [bucket, count] : latency) {
        pairs.push_back(bucket);
        pairs.push_back(count);
    }
    return pairs;
}

void Sums::before_window(const Records& records, bool complete) {
    if (complete)
        for (auto& [id, sum] : objects_) sum.first = sum.last = {};
    for (const Record& record : records) {
        Sum& sum = objects_[record.id];
        sum.first = sum.last = record.gauges;
    }
}

void Sums::in_window(const Records& records, bool complete) {
    if (complete)
        for (auto& [id, sum] : objects_) sum.last = {};
    for (const Record& record : records) {
        const auto [place, added] = objects_.try_emplace(record.id);
        Sum& sum = place->second;
        if (added) sum.first = record.gauges;
        sum.last = record.gauges;
        if (!counts(record)) continue;
        ++sum.snapshots;
        for (std::size_t i = 0; i < most_counters; ++i) sum.counters[i] += record.counters[i];
        for (std::size_t i = 0; i + 1 < record.latency.size(); i += 2)
            sum.latency[record.latency[i]] += record.latency[i + 1];
    }
}

Sum Sums::all() const {
    Sum total;
    for (const auto& [id, sum] : objects_) {
        for (std::size_t i = 0; i < most_counters; ++i) total.counters[i] += sum.counters[i];
        for (std::size_t i = 0; i < most_gauges; ++i) {
            total.first[i] += sum.first[i];
            total.last[i] += sum.last[i];
        }
        for (const auto& [bucket, count] : sum.latency) total.latency[bucket] += count;
        total.snapshots = std::max(total.snapshots, sum.snapshots);
    }
    return total;
}

void Sums::next_point() {
    for (auto& [id, sum] : objects_) {
        sum.counters = {};
        sum.latency.clear();
        sum.snapshots = 0;
        sum.first = sum.last;
    }
}

}  // namespace perfkit::history

#include "rounds.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace perfkit::cli {
namespace {

using nlohmann::json;

using Rounds = std::vector<const json*>;

const std::set<std::string> summed = {"samples", "errors", "unstarted", "scans"};
const std::set<std::string> last_counts = {"bytes", "table_bytes", "index_bytes"};
const std::set<std::string> median_of_rounds = {"sum_ms",      "mean_ms",          "p50_ms",      "p95_ms",
                                                "p99_ms",      "max_ms",           "mix_mean_ms", "hit_ratio",
                                                "max_wait_ms", "throughput_per_s", "wal_bytes",   "elapsed_s"};

std::vector<double> numbers_of(const Rounds& rounds) {
    std::vector<double> numbers;
    for (const json* value : rounds) {
        if (value->is_number()) numbers.push_back(value->get<double>());
    }
    return numbers;
}

// The upper middle for an even count: a value that was measured.
double median(std::vector<double> numbers) {
    std::sort(numbers.begin(), numbers.end());
    const std::size_t middle = numbers.size() / 2;
    return numbers.size() % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
}

Rounds members(const Rounds& rounds, const std::string& key) {
    static const json null;
    Rounds found;
    for (const json* round : rounds) {
        const auto member = round->is_object() ? round->find(key) : round->end();
        found.push_back(round->is_object() && member != round->end() ? &*member : &null);
    }
    return found;
}

json merge_objects(const Rounds& rounds);

// Entries of "queries" and "indexes" belong together by name.
json merge_lists(const Rounds& rounds) {
    json merged = json::array();
    std::vector<std::string> names;
    for (const json* list : rounds) {
        for (const auto& entry : *list) {
            const auto name = entry["name"].get<std::string>();
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }
    for (const auto& name : names) {
        Rounds entries;
        for (const json* list : rounds) {
            for (const auto& entry : *list) {
                if (entry["name"] == name) entries.push_back(&entry);
            }
        }
        merged.push_back(merge_objects(entries));
    }
    return merged;
}

json merge_values(const std::string& key, const Rounds& rounds) {
    const auto numbers = numbers_of(rounds);
    if (summed.count(key)) {
        json sum = 0;
        for (const json* value : rounds) {
            if (value->is_number_integer()) sum = sum.get<std::int64_t>() + value->get<std::int64_t>();
        }
        return sum;
    }
    if (last_counts.count(key)) return *rounds.back();
    if (median_of_rounds.count(key)) {
        // One round without it (P99 of few samples) leaves none: the others' median would be of less.
        return numbers.size() == rounds.size() ? json(median(numbers)) : json(nullptr);
    }
    // "cache" has "indexes" too, which is an object.
    if ((key == "queries" || key == "indexes") && rounds.front()->is_array()) return merge_lists(rounds);
    if (std::all_of(rounds.begin(), rounds.end(), [](const json* value) { return value->is_object(); })) {
        return merge_objects(rounds);
    }
    const json& first = *rounds.front();
    if (std::all_of(rounds.begin(), rounds.end(), [&](const json* value) { return *value == first; })) return first;
    json all = json::array();
    for (const json* value : rounds) all.push_back(*value);
    return all;
}

json merge_objects(const Rounds& rounds) {
    json merged = json::object();
    for (const auto& [key, value] : rounds.front()->items()) {
        const Rounds values = members(rounds, key);
        merged[key] = merge_values(key, values);
        const auto numbers = numbers_of(values);
        if (median_of_rounds.count(key) && numbers.size() == rounds.size()) merged["rounds"][key] = numbers;
    }
    if (merged.contains("p50_ms")) {
        const auto medians = numbers_of(members(rounds, "p50_ms"));
        const bool complete = medians.size() == rounds.size() && medians.size() > 1;
        merged["p50_low_ms"] = complete ? json(*std::min_element(medians.begin(), medians.end())) : json(nullptr);
        merged["p50_high_ms"] = complete ? json(*std::max_element(medians.begin(), medians.end())) : json(nullptr);
    }
    return merged;
}

}  // namespace

std::vector<json> merge_rounds(std::vector<json> reports) {
    std::vector<json> merged;
    std::set<std::string> done;
    for (const auto& report : reports) {
        const std::string label = report.value("label", "");
        if (!label.empty() && !done.insert(label).second) continue;
        Rounds rounds;
        for (const auto& other : reports) {
            if (&other == &report || (!label.empty() && other.value("label", "") == label)) rounds.push_back(&other);
        }
        merged.push_back(rounds.size() == 1 ? report : merge_objects(rounds));
    }
    return merged;
}

}  // namespace perfkit::cli

#include "perfkit/core/history/snapshot.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include "perfkit/core/latency.hpp"

namespace perfkit::history {

namespace {

std::vector<std::int64_t> latency_since(const std::vector<std::int64_t>& earlier,
                                        const std::vector<std::int64_t>& now) {
    if (earlier == now) return {};
    LatencyHistogram before, after;
    if (!before.add_pairs(earlier) || !after.add_pairs(now)) return now;
    return after.since(before).pairs();
}

// Leaves in the record what it gained since the earlier reading; true where counters began anew in between.  Those of
// one object may be reset one by one (WAL, checkpoints), so that each is looked at by itself.
bool subtract(const Record& earlier, Record& record) {
    if (record.birth > earlier.birth) return true;
    bool fell = false;
    for (std::size_t i = 0; i < most_counters; ++i) {
        if (record.counters[i] < earlier.counters[i])
            fell = true;
        else
            record.counters[i] -= earlier.counters[i];
    }
    if (!fell) record.latency = latency_since(earlier.latency, record.latency);
    return fell;
}

bool counts(const Record& record) {
    return std::any_of(record.counters.begin(), record.counters.end(), [](std::uint64_t c) { return c > 0; });
}

// What may have handed on its counters: as they were last known.
std::vector<const Record*> legacies(const Records& earlier, const Records& now) {
    std::vector<const Record*> found;
    auto record = now.begin();
    for (const Record& before : earlier) {
        while (record != now.end() && record->id < before.id) ++record;
        if (record == now.end() || record->id != before.id)
            found.push_back(&before);
        else if (record->leaving)
            found.push_back(&*record);
    }
    return found;
}

// Nobody inherits it twice.
const Record* take_legacy(std::vector<const Record*>& left, const Record& heir, bool must_count) {
    const auto sum = [](const Record* r) { return std::accumulate(r->counters.begin(), r->counters.end(), 0.0); };
    auto best = left.end();
    for (auto one = left.begin(); one != left.end(); ++one) {
        if (*one == nullptr || (must_count && (*one)->counters[0] == 0) ||
            !std::equal((*one)->counters.begin(), (*one)->counters.end(), heir.counters.begin(), std::less_equal<>()))
            continue;
        if (best == left.end() || sum(*one) > sum(*best)) best = one;
    }
    return best == left.end() ? nullptr : std::exchange(*best, nullptr);
}

bool has_gauges(const Record& record) {
    return std::any_of(record.gauges.begin(), record.gauges.end(), [](std::int64_t g) { return g != 0; });
}

}  // namespace

std::optional<Kind> kind_named(std::string_view name) noexcept {
    if (name == "queries") return Kind::queries;
    if (name == "relations") return Kind::relations;
    if (name == "database") return Kind::database;
    if (name == "waits") return Kind::waits;
    if (name == "server") return Kind::server;
    return std::nullopt;
}

Shape shape_of(Kind kind) noexcept {
    switch (kind) {
        case Kind::queries:
            return {.ids = 3, .counters = 11, .gauges = 0, .latency = true};
        case Kind::relations:
            return {.ids = 1, .counters = 9, .gauges = 3, .latency = false};
        case Kind::database:
            return {.ids = 0, .counters = 12, .gauges = 1, .latency = false};
        case Kind::waits:
            return {.ids = 1, .counters = 1, .gauges = 0, .latency = false};
        case Kind::server:
            return {.ids = 0, .counters = 8, .gauges = 0, .latency = false};
    }
    return {};
}

void sort(Records& records) {
    std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.id < b.id; });
}

Gain gained(const Records& earlier, const Records& now, bool all_gauges) {
    Gain gain;
    // What is gone has no size any more.
    const auto tell_gone = [&gain](const Record& gone) {
        if (!has_gauges(gone)) return;
        gain.records.emplace_back();
        gain.records.back().id = gone.id;
    };
    std::vector<const Record*> left = legacies(earlier, now);
    auto before = earlier.begin();
    for (const Record& record : now) {
        for (; before != earlier.end() && before->id < record.id; ++before) tell_gone(*before);
        const bool known = before != earlier.end() && before->id == record.id;
        Record difference = record;
        const Record* origin = known ? &*before : nullptr;
        if (record.heir && (!known || before->counters[0] == 0))
            if (const Record* const legacy = take_legacy(left, record, known)) origin = legacy;
        if (origin != nullptr && subtract(*origin, difference)) ++gain.resets;
        const bool counted = counts(difference);
        const bool moved = known && before->gauges != record.gauges;
        if (counted || moved || ((all_gauges || !known) && has_gauges(record)))
            gain.records.push_back(std::move(difference));
        gain.counted |= counted;
        if (known) ++before;
    }
    for (; before != earlier.end(); ++before) tell_gone(*before);
    return gain;
}

Gain first(const Records& now) {
    Gain gain;
    for (const Record& record : now) {
        if (!has_gauges(record)) continue;
        gain.records.emplace_back();
        gain.records.back().id = record.id;
        gain.records.back().gauges = record.gauges;
    }
    return gain;
}

}  // namespace perfkit::history

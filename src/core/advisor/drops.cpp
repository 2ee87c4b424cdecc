#include "perfkit/core/advisor/drops.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace perfkit::advisor {

namespace {

constexpr double shortest_observation = 7;  // days

bool has_column(const KnownIndex& index, const std::string& column) {
    const auto is_it = [&](const std::string& key) { return key == column || key.starts_with(column + " "); };
    return std::any_of(index.keys.begin(), index.keys.end(), is_it) ||
           std::find(index.included.begin(), index.included.end(), column) != index.included.end();
}

bool identical(const KnownIndex& a, const KnownIndex& b) {
    std::vector<std::string> x = a.included, y = b.included;
    std::sort(x.begin(), x.end());
    std::sort(y.begin(), y.end());
    // Of two that check uniqueness, one may let pass what the other one refuses.
    const bool same_rule = !a.unique || !b.unique || a.nulls_not_distinct == b.nulls_not_distinct;
    return a.method == b.method && a.keys == b.keys && a.directions == b.directions && x == y &&
           a.predicate == b.predicate && a.parameters == b.parameters && same_rule;
}

// Of two that are the same, the one to keep: what more depends on, then the older one.
bool outranks(const KnownIndex& a, const KnownIndex& b) {
    const auto strength = [](const KnownIndex& index) {
        return (index.constraint ? 8 : 0) + (index.replica_identity ? 4 : 0) + (index.unique ? 2 : 0) +
               (index.clustered ? 1 : 0);
    };
    return strength(a) != strength(b) ? strength(a) > strength(b) : a.id < b.id;
}

}  // namespace

bool is_protected(const KnownIndex& index) {
    return index.constraint || index.unique || index.replica_identity || index.clustered;
}

bool does_work_of(const KnownIndex& wide, const KnownIndex& narrow) {
    if (identical(wide, narrow)) return true;
    if (wide.method != "btree" || narrow.method != "btree" || wide.predicate != narrow.predicate) return false;
    if (narrow.keys.size() > wide.keys.size() || !std::equal(narrow.keys.begin(), narrow.keys.end(), wide.keys.begin()))
        return false;
    // The same directions, or all of them the other way round (bit 0: descending, bit 1: nulls first).
    bool same = true, mirrored = true;
    for (std::size_t i = 0; i < narrow.keys.size(); ++i) {
        same = same && narrow.directions[i] == wide.directions[i];
        mirrored = mirrored && (narrow.directions[i] ^ wide.directions[i]) == 3;
    }
    return (same || mirrored) && std::all_of(narrow.included.begin(), narrow.included.end(),
                                             [&](const std::string& column) { return has_column(wide, column); });
}

std::vector<Drop> find_drops(const std::vector<KnownIndex>& indexes, double days) {
    std::map<std::uint32_t, std::vector<const KnownIndex*>> tables;
    for (const KnownIndex& index : indexes) tables[index.table].push_back(&index);
    std::vector<Drop> drops;
    for (auto& [table, members] : tables) {
        std::sort(members.begin(), members.end(),
                  [](const KnownIndex* a, const KnownIndex* b) { return a->id < b->id; });
        std::set<std::uint32_t> gone, standing_in;
        const auto drop = [&](const KnownIndex& index, DropReason reason, std::uint32_t other) {
            if (gone.insert(index.id).second) drops.push_back({index.id, reason, other});
            standing_in.insert(other);
        };
        const auto stays = [&](const KnownIndex& index) { return !gone.contains(index.id); };
        for (const KnownIndex* index : members)
            if (!index->valid && !index->constraint && !index->replica_identity && !index->partitioned)
                drop(*index, DropReason::invalid, 0);
        for (const KnownIndex* index : members)
            for (const KnownIndex* other : members) {
                if (index == other || !stays(*index) || !stays(*other) || !index->valid || !other->valid) continue;
                const bool needed = index->constraint || index->replica_identity || index->clustered ||
                                    (index->unique && !other->unique);
                if (!needed && identical(*index, *other) && outranks(*other, *index))
                    drop(*index, DropReason::duplicate, other->id);
            }
        for (const KnownIndex* index : members)
            for (const KnownIndex* other : members) {
                if (index == other || !stays(*index) || !stays(*other) || !index->valid || !other->valid) continue;
                if (!is_protected(*index) && !identical(*index, *other) && does_work_of(*other, *index))
                    drop(*index, DropReason::redundant, other->id);
            }
        for (const KnownIndex* index : members)
            if (std::min(days, index->days) >= shortest_observation && index->valid && index->scans == 0 &&
                !is_protected(*index) && stays(*index) && !standing_in.contains(index->id))
                drop(*index, DropReason::unused, 0);
    }
    // What does an index's work may turn out to go as well: then whatever does its work does both's.
    std::map<std::uint32_t, std::uint32_t> stand_ins;
    for (const Drop& drop : drops) stand_ins[drop.index] = drop.other;
    for (Drop& drop : drops)
        for (auto next = stand_ins.find(drop.other); next != stand_ins.end(); next = stand_ins.find(drop.other))
            drop.other = next->second;
    std::stable_sort(drops.begin(), drops.end(), [](const Drop& a, const Drop& b) { return a.reason < b.reason; });
    return drops;
}

}  // namespace perfkit::advisor

#include "perfkit/core/workload/plan_store.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace perfkit::workload {

std::size_t PlanStore::bytes(std::uint32_t places, std::uint32_t length) noexcept {
    static_assert(sizeof(PlanStore) % alignof(PlanEntry) == 0);
    return sizeof(PlanStore) + places * stride(length);
}

PlanStore* PlanStore::create(void* memory, std::uint32_t places, std::uint32_t length) noexcept {
    auto* const store = new (memory) PlanStore(places, length);
    for (std::uint32_t i = 0; i < places; ++i) new (&store->at(i)) PlanEntry{};
    return store;
}

PlanEntry* PlanStore::find(const Key& key, std::int64_t shape) const noexcept {
    for (std::uint32_t i = 0; i < places_; ++i)
        if (PlanEntry& entry = at(i); entry.in_use != 0 && entry.shape == shape && entry.key == key) return &entry;
    return nullptr;
}

// A free one, or that which was not seen for longest.
PlanEntry& PlanStore::place_for_new() const noexcept {
    std::uint32_t best = 0;
    for (std::uint32_t i = 0; i < places_; ++i) {
        if (at(i).in_use == 0) return at(i);
        if (at(i).last_seen < at(best).last_seen) best = i;
    }
    return at(best);
}

bool PlanStore::note(const Key& key, std::int64_t shape, std::uint64_t nanoseconds, std::int64_t when,
                     bool actual) noexcept {
    std::int64_t before = 0;  // no shape is 0
    for (std::uint32_t i = 0; i < places_; ++i) {
        PlanEntry& other = at(i);
        if (other.in_use == 0 || other.current == 0 || other.key != key || other.shape == shape) continue;
        before = other.shape;
        other.current = 0;
    }
    PlanEntry* entry = find(key, shape);
    const bool is_new = entry == nullptr;
    if (is_new) {
        entry = &place_for_new();
        *entry = PlanEntry{};
        entry->key = key;
        entry->shape = shape;
        entry->first_seen = when;
        entry->in_use = 1;
    }
    if (before != 0) {
        entry->previous_shape = before;
        entry->changed = when;
        ++entry->changes;
    }
    entry->current = 1;
    entry->min = is_new ? nanoseconds : std::min(entry->min, nanoseconds);
    entry->max = std::max(entry->max, nanoseconds);
    entry->total += nanoseconds;
    entry->last_seen = std::max(entry->last_seen, when);
    ++entry->executions;
    if (is_new || entry->outline_length == 0) return true;
    if (actual != (entry->actual != 0)) return actual;
    return nanoseconds > entry->kept + entry->kept / 8;
}

void PlanStore::keep(const Key& key, std::int64_t shape, const Plan& plan) noexcept {
    PlanEntry* const entry = find(key, shape);
    if (entry == nullptr) return;
    char* const text = text_of(*entry);
    entry->outline_length = static_cast<std::uint32_t>(std::min(plan.outline.size(), longest_outline));
    entry->plan_length = plan.json.size() <= length_ ? static_cast<std::uint32_t>(plan.json.size()) : 0;
    std::memcpy(text, plan.outline.data(), entry->outline_length);
    std::memcpy(text + longest_outline, plan.json.data(), entry->plan_length);
    entry->kept = plan.nanoseconds;
    entry->actual = plan.actual ? 1 : 0;
    entry->redacted = plan.redacted ? 1 : 0;
}

std::uint32_t PlanStore::size() const noexcept {
    std::uint32_t used = 0;
    for (std::uint32_t i = 0; i < places_; ++i) used += at(i).in_use;
    return used;
}

}  // namespace perfkit::workload

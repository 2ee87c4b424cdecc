#include "perfkit/core/workload/predicate_store.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace perfkit::workload {

namespace {

// Of the keys, as 0 means free.
std::uint64_t search_hash(const PredicateKey& key) noexcept {
    std::uint64_t hash = key.hash;
    for (const std::uint32_t part : {key.database, key.relation, static_cast<std::uint32_t>(key.kind), key.variant})
        hash = (hash ^ part) * 0x9E37'79B9'7F4A'7C15u;
    return hash == 0 ? 1 : hash;
}

void note_statement(PredicateEntry& entry, const Key& statement) noexcept {
    auto* const begin = entry.statements.data();
    auto* const end = begin + entry.statement_count;
    auto* found = std::find(begin, end, statement);
    if (found == end) {
        if (entry.statement_count < PredicateEntry::most_statements) ++entry.statement_count;
        found = begin + entry.statement_count - 1;
        *found = statement;
    }
    std::rotate(begin, found, found + 1);
}

}  // namespace

void PredicateParts::add_column(std::uint32_t relation, std::int32_t number) noexcept {
    for (std::uint32_t i = 0; i < column_count; ++i)
        if (columns[i].relation == relation && columns[i].number == number) return;
    if (column_count < most) columns[column_count++] = {relation, number};
}

void PredicateParts::add_operator(std::uint32_t oid) noexcept {
    for (std::uint32_t i = 0; i < operator_count; ++i)
        if (operators[i] == oid) return;
    if (operator_count < most) operators[operator_count++] = oid;
}

void PredicateParts::add_clause(const Clause& clause) noexcept {
    if (clause_count < most) clauses[clause_count] = clause;
    ++clause_count;
}

std::size_t PredicateStore::bytes(std::uint32_t places) noexcept {
    static_assert(sizeof(PredicateStore) % alignof(Place) == 0 && sizeof(std::uint64_t) % alignof(Place) == 0);
    return sizeof(PredicateStore) + places * (sizeof(std::uint64_t) + sizeof(Place));
}

PredicateStore* PredicateStore::create(void* memory, std::uint32_t places) noexcept {
    auto* const store = new (memory) PredicateStore(places);
    std::memset(store->hashes(), 0, places * (sizeof(std::uint64_t) + sizeof(Place)));
    return store;
}

std::uint32_t PredicateStore::find(const PredicateKey& key) const noexcept {
    const std::uint64_t hash = search_hash(key);
    for (std::uint32_t i = 0; i < places_; ++i)
        if (hashes()[i] == hash && at(i).entry.key == key) return i;
    return places_;
}

std::uint32_t PredicateStore::place_for_new() noexcept {
    std::uint32_t best = 0;
    for (std::uint32_t i = 0; i < places_; ++i) {
        if (hashes()[i] == 0) return i;
        const PredicateEntry &a = at(i).entry, &b = at(best).entry;
        if (a.age < b.age || (a.age == b.age && a.last_seen < b.last_seen)) best = i;
    }
    age_ = at(best).entry.age;
    ++evictions_;
    return best;
}

bool PredicateStore::note(const PredicateKey& key, const PredicateParts& parts, const PredicateSeen& seen,
                          const Key& statement, std::int64_t when) noexcept {
    std::uint32_t place = find(key);
    const bool is_new = place == places_;
    if (is_new) {
        place = place_for_new();
        hashes()[place] = search_hash(key);
        PredicateEntry& fresh = at(place).entry;
        fresh = PredicateEntry{};
        fresh.key = key;
        fresh.parts = parts;
        fresh.age = age_;
        fresh.first_seen = when;
    }
    PredicateEntry& entry = at(place).entry;
    ++entry.executions;
    ++entry.age;
    entry.loops += seen.loops;
    entry.rows_in = seen.rows_in < 0 || entry.rows_in < 0 ? -1 : entry.rows_in + seen.rows_in;
    entry.rows_out += seen.rows_out;
    if (seen.estimate >= 0) {
        // As the planner never estimates less than a row, one row is the least that counts.
        const double ratio = std::max(seen.estimate, 1.0) / std::max(seen.rows_out, 1.0);
        entry.least_ratio = entry.compared == 0 ? ratio : std::min(entry.least_ratio, ratio);
        entry.greatest_ratio = std::max(entry.greatest_ratio, ratio);
        entry.recent[entry.compared % PredicateEntry::most_recent] = {when, static_cast<float>(seen.estimate),
                                                                      static_cast<float>(seen.rows_out)};
        ++entry.compared;
        entry.estimated += seen.estimate;
        entry.actual += seen.rows_out;
    }
    entry.last_seen = std::max(entry.last_seen, when);
    note_statement(entry, statement);
    return entry.text_length == 0;
}

void PredicateStore::keep(const PredicateKey& key, std::string_view text, bool truncated) noexcept {
    const std::uint32_t place = find(key);
    if (place == places_) return;
    Place& to = at(place);
    to.entry.text_length = static_cast<std::uint32_t>(std::min(text.size(), longest_text));
    to.entry.truncated = truncated ? 1 : 0;
    std::memcpy(to.text, text.data(), to.entry.text_length);
}

std::uint32_t PredicateStore::size() const noexcept {
    return places_ - static_cast<std::uint32_t>(std::count(hashes(), hashes() + places_, std::uint64_t{0}));
}

}  // namespace perfkit::workload

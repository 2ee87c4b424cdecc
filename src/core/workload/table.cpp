#include "perfkit/core/workload/table.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <new>
#include <numeric>

namespace perfkit::workload {

namespace {

constexpr std::uint32_t none = UINT32_MAX;
constexpr double fading = 0.99;

}  // namespace

void Timing::add(std::uint64_t nanoseconds) noexcept {
    min = count == 0 ? nanoseconds : std::min(min, nanoseconds);
    max = std::max(max, nanoseconds);
    total += nanoseconds;
    ++count;
    // Welford's update.  By way of signed numbers, which a processor converts with one instruction.
    const auto duration = static_cast<double>(static_cast<std::int64_t>(nanoseconds));
    const double before = duration - running_mean;
    running_mean += before / static_cast<double>(static_cast<std::int64_t>(count));
    squares += before * (duration - running_mean);
}

void Timing::merge(const Timing& other) noexcept {
    if (other.count == 0) return;
    const double distance = other.running_mean - running_mean;
    const auto ours = static_cast<double>(count);
    const auto theirs = static_cast<double>(other.count);
    squares += other.squares + distance * distance * ours * theirs / (ours + theirs);
    running_mean += distance * theirs / (ours + theirs);
    min = count == 0 ? other.min : std::min(min, other.min);
    max = std::max(max, other.max);
    total += other.total;
    count += other.count;
}

void Counters::add(const Event& event) noexcept {
    if (first_seen == 0) first_seen = event.when;
    last_seen = std::max(last_seen, event.when);
    rows += event.rows;
    for (std::uint32_t fields = event.fields, i = 0; fields != 0; fields &= fields - 1, ++i)
        used[static_cast<std::size_t>(std::countr_zero(fields))] += event.values[i];
    switch (event.kind) {
        case Kind::plan:
            planning.add(event.nanoseconds);
            return;
        case Kind::success:
            execution.add(event.nanoseconds);
            return;
        case Kind::failure:
            ++failures;
            break;
        case Kind::cancel:
            ++cancels;
            break;
    }
    lost_time += event.nanoseconds;
}

void Counters::merge(const Counters& other) noexcept {
    execution.merge(other.execution);
    planning.merge(other.planning);
    failures += other.failures;
    cancels += other.cancels;
    lost_time += other.lost_time;
    rows += other.rows;
    for (std::size_t i = 0; i < used.size(); ++i) used[i] += other.used[i];
    if (first_seen == 0 || (other.first_seen != 0 && other.first_seen < first_seen)) first_seen = other.first_seen;
    last_seen = std::max(last_seen, other.last_seen);
}

void Entry::add(const Event& event) noexcept {
    counters.add(event);
    if (event.kind == Kind::success) latency.add(event.nanoseconds);
    if (event.kind != Kind::plan) weight += 1;
}

void Entry::merge(const Entry& other) noexcept {
    counters.merge(other.counters);
    latency.merge(other.latency);
    weight += other.weight;
}

std::uint32_t Table::index_size() const noexcept { return std::bit_ceil(capacity_ * 2); }

std::size_t Table::bytes(std::uint32_t capacity) noexcept {
    return sizeof(Table) + std::size_t{capacity} * sizeof(Entry) +
           (std::bit_ceil(std::size_t{capacity} * 2) + capacity) * sizeof(std::uint32_t);
}

Table* Table::create(void* memory, std::uint32_t capacity) noexcept {
    auto* table = new (memory) Table(capacity);
    std::uninitialized_value_construct_n(table->entries(), capacity);
    table->clear();
    return table;
}

Entry* Table::entries() const noexcept {
    static_assert(sizeof(Table) % alignof(Entry) == 0);
    return reinterpret_cast<Entry*>(const_cast<Table*>(this) + 1);
}

std::uint32_t* Table::index() const noexcept { return reinterpret_cast<std::uint32_t*>(entries() + capacity_); }

// Where the key's number stands in the index, or the empty place where it would.
std::uint32_t* Table::index_place(const Key& key) const noexcept {
    const std::uint32_t mask = index_size() - 1;
    std::uint32_t* const numbers = index();
    std::uint32_t place = static_cast<std::uint32_t>(hash_of(key)) & mask;
    while (numbers[place] != none && entries()[numbers[place]].key != key) place = (place + 1) & mask;
    return numbers + place;
}

const Entry* Table::find(const Key& key) const noexcept {
    const std::uint32_t number = *index_place(key);
    return number == none ? nullptr : entries() + number;
}

Entry& Table::find_or_insert(const Key& key) noexcept {
    Entry& last = entries()[last_];
    if (last.in_use != 0 && last.key == key) return last;
    std::uint32_t* const place = index_place(key);
    Entry& entry = *place != none ? entries()[*place] : insert(key, place);
    last_ = static_cast<std::uint32_t>(&entry - entries());
    return entry;
}

Entry& Table::insert(const Key& key, std::uint32_t* place) noexcept {
    if (first_free_ == none) {
        evict();
        place = index_place(key);
    }
    const std::uint32_t number = first_free_;
    Entry& entry = entries()[number];
    first_free_ = entry.next_free;
    entry = Entry{};
    entry.key = key;
    entry.in_use = 1;
    *place = number;
    ++size_;
    return entry;
}

void Table::add(const Event& event) noexcept { find_or_insert(event.key).add(event); }

void Table::merge(const Entry& entry) noexcept { find_or_insert(entry.key).merge(entry); }

void Table::merge(const Table& other) noexcept {
    for (const Entry& entry : other.slots())
        if (entry.in_use != 0) find_or_insert(entry.key).merge(entry);
    for (std::size_t i = 0; i < gone_.size(); ++i) gone_[i].merge(other.gone_[i]);
    evictions_ += other.evictions_;
}

Entry Table::total(bool toplevel) const noexcept {
    Entry sum = gone_[toplevel];
    for (const Entry& entry : slots())
        if (entry.in_use != 0 && (entry.key.toplevel != 0) == toplevel) sum.merge(entry);
    return sum;
}

// Frees the entry's slot; the index has to be rebuilt.
void Table::release(Entry& entry) noexcept {
    gone_[entry.key.toplevel].merge(entry);
    entry.in_use = 0;
    entry.next_free = first_free_;
    first_free_ = static_cast<std::uint32_t>(&entry - entries());
    --size_;
}

void Table::evict() noexcept {
    const std::span<std::uint32_t> order{scratch(), capacity_};
    std::iota(order.begin(), order.end(), 0u);
    const auto going = std::max(capacity_ / 20, 1u);
    // Oldest last sight first among equals, and then by number: the same history leaves the same entries.
    std::nth_element(order.begin(), order.begin() + going - 1, order.end(), [this](std::uint32_t a, std::uint32_t b) {
        const Entry &one = entries()[a], &two = entries()[b];
        if (one.weight != two.weight) return one.weight < two.weight;
        if (one.counters.last_seen != two.counters.last_seen) return one.counters.last_seen < two.counters.last_seen;
        return a < b;
    });
    for (const std::uint32_t number : order.first(going)) release(entries()[number]);
    for (Entry& entry : all()) entry.weight *= fading;
    evictions_ += going;
    rebuild_index();
}

void Table::rebuild_index() noexcept {
    std::fill_n(index(), index_size(), none);
    for (std::uint32_t number = 0; number < capacity_; ++number)
        if (entries()[number].in_use != 0) *index_place(entries()[number].key) = number;
}

void Table::clear() noexcept {
    size_ = 0;
    evictions_ = 0;
    gone_ = {};
    first_free_ = none;
    for (std::uint32_t number = capacity_; number-- > 0;) {
        entries()[number].in_use = 0;
        entries()[number].next_free = first_free_;
        first_free_ = number;
    }
    rebuild_index();
}

}  // namespace perfkit::workload

// Counters per statement, in a block of memory of fixed size.
//
// The block holds its header, the entries, a hash index over them and a scratch array; nothing is
// allocated later and nothing points anywhere, so it works in shared memory and is its own file
// format.  When it is full, the twentieth of the entries with the least weight goes; weight is calls,
// fading each time something goes, so that what was busy once does not stay for ever.
//
// The caller's lock protects it: nothing here is atomic.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "perfkit/core/latency.hpp"
#include "perfkit/core/workload/event.hpp"

namespace perfkit::workload {

// Number, sum, extremes and spread of durations, in nanoseconds.
struct Timing {
    std::uint64_t count = 0;
    std::uint64_t total = 0;
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    double running_mean = 0;
    double squares = 0;  // sum of squared distances from it

    void add(std::uint64_t nanoseconds) noexcept;
    void merge(const Timing& other) noexcept;
    double mean() const noexcept { return count == 0 ? 0 : static_cast<double>(total) / static_cast<double>(count); }
    // Of the population, as pg_stat_statements gives it.
    double deviation() const noexcept { return count == 0 ? 0 : std::sqrt(squares / static_cast<double>(count)); }
};

struct Counters {
    Timing execution;  // finished executions; its count is the calls
    Timing planning;
    std::uint64_t failures = 0;
    std::uint64_t cancels = 0;
    std::uint64_t lost_time = 0;  // nanoseconds spent in executions that failed or were cancelled
    std::uint64_t rows = 0;
    std::array<std::uint64_t, field_count> used{};
    std::int64_t first_seen = 0;
    std::int64_t last_seen = 0;

    void add(const Event& event) noexcept;
    void merge(const Counters& other) noexcept;
    std::uint64_t operator[](Field field) const noexcept { return used[static_cast<std::size_t>(field)]; }
};

struct Entry {
    Key key;
    Counters counters;
    LatencyHistogram latency;  // of finished executions
    double weight = 0;
    std::uint32_t in_use = 0;
    std::uint32_t next_free = 0;

    void add(const Event& event) noexcept;
    void merge(const Entry& other) noexcept;
};
static_assert(std::is_trivially_copyable_v<Entry>);

class Table {
public:
    // The memory that a table of so many entries takes, and a new one in such memory, aligned to 8 bytes.
    static std::size_t bytes(std::uint32_t capacity) noexcept;
    static Table* create(void* memory, std::uint32_t capacity) noexcept;

    void add(const Event& event) noexcept;
    // Adds another table's entry of the same key.
    void merge(const Entry& entry) noexcept;
    // Adds all of another table, and what it could not keep.
    void merge(const Table& other) noexcept;

    const Entry* find(const Key& key) const noexcept;
    // Removes the entries that the condition picks; returns their number.  The totals keep what they counted.
    template <typename Condition>
    std::uint32_t remove_if(Condition&& condition) noexcept {
        const std::uint32_t before = size_;
        for (Entry& entry : all())
            if (entry.in_use != 0 && condition(std::as_const(entry))) release(entry);
        if (size_ != before) rebuild_index();
        return before - size_;
    }
    // Removes everything, totals included.
    void clear() noexcept;

    // All slots: those with in_use have an entry.
    std::span<const Entry> slots() const noexcept { return {entries(), capacity_}; }
    std::uint32_t size() const noexcept { return size_; }
    std::uint32_t capacity() const noexcept { return capacity_; }
    std::uint64_t evictions() const noexcept { return evictions_; }
    // Everything since clear(), entries that have gone included.  Only counters and latency have a meaning.
    Entry total(bool toplevel) const noexcept;

private:
    explicit Table(std::uint32_t capacity) noexcept : capacity_(capacity) {}
    Entry& find_or_insert(const Key& key) noexcept;
    Entry& insert(const Key& key, std::uint32_t* place) noexcept;
    void release(Entry& entry) noexcept;
    void evict() noexcept;
    void rebuild_index() noexcept;
    std::uint32_t* index_place(const Key& key) const noexcept;

    std::uint32_t index_size() const noexcept;
    Entry* entries() const noexcept;
    std::uint32_t* index() const noexcept;
    std::uint32_t* scratch() const noexcept { return index() + index_size(); }
    std::span<Entry> all() noexcept { return {entries(), capacity_}; }

    std::uint32_t capacity_;
    std::uint32_t size_ = 0;
    std::uint32_t first_free_ = 0;
    std::uint32_t last_ = 0;  // the entry looked up last: often the next one's, too
    std::uint64_t evictions_ = 0;
    std::array<Entry, 2> gone_{};  // what entries that have gone counted: [0] nested, [1] top level
};

}  // namespace perfkit::workload

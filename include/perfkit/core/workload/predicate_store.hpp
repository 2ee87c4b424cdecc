// What sampled executions saw of their predicates, in a block of memory of fixed size: an entry for each conjunction of
// conditions that a node of a plan applied to a relation (or to a join, sort or group).
//
// As with Table, nothing points anywhere and nothing is allocated later.  When all places are taken, the entry of least
// use goes: each has an age to which every use adds one, and a new one begins at the age of what last went, so that old
// fame fades.  The caller's lock protects it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "perfkit/core/workload/event.hpp"

namespace perfkit::workload {

enum class PredicateKind : std::uint32_t { filter, index_condition, join, sort, group, scan };

struct PredicateKey {
    std::uint64_t hash = 0;  // of the conjunction without its constants
    std::uint32_t database = 0;
    std::uint32_t relation = 0;  // 0: several, or none
    PredicateKind kind = PredicateKind::filter;
    std::uint32_t variant = 0;  // of joins: the server's JoinType

    friend bool operator==(const PredicateKey&, const PredicateKey&) = default;
};
static_assert(std::has_unique_object_representations_v<PredicateKey>);

// What a conjunction consists of, by the catalogs' numbers, so that names are looked up only by readers.
struct PredicateParts {
    struct Column {
        std::uint32_t relation;
        std::int32_t number;
    };
    // A condition, or the key of a group, as the planner's statistics know it.
    struct Clause {
        std::int32_t column;       // that it compares with a value; 0: it is anything else
        std::uint32_t comparison;  // the operator; 0: a test for NULL, or a key
    };
    static constexpr std::size_t most = 8;  // more are left out
    std::array<Column, most> columns;
    std::array<std::uint32_t, most> operators;
    std::array<Clause, most> clauses;
    std::uint32_t column_count = 0, operator_count = 0;
    std::uint32_t clause_count = 0;  // of all, those left out too

    void add_column(std::uint32_t relation, std::int32_t number) noexcept;
    void add_operator(std::uint32_t oid) noexcept;
    void add_clause(const Clause& clause) noexcept;
};

// What one execution saw, over all loops, workers and partitions.
struct PredicateSeen {
    double loops = 0;
    double rows_in = 0;  // negative: not known
    double rows_out = 0;
    double estimate = -1;  // of rows_out; negative: there is none that could be compared
};

struct PredicateEntry {
    // So that what was seen with former statistics of the table can be told from what was seen with the present ones.
    struct Comparison {
        std::int64_t when;
        float estimated, actual;
    };
    static constexpr std::size_t most_recent = 8;

    PredicateKey key;
    PredicateParts parts;
    std::uint64_t executions;
    std::uint64_t age;
    double loops;
    double rows_in, rows_out;                    // of all
    std::uint64_t compared;                      // executions with an estimate
    double estimated, actual;                    // of these
    double least_ratio, greatest_ratio;          // of estimate to actual rows in one execution
    std::array<Comparison, most_recent> recent;  // the latest of those compared; the n-th is at n modulo most_recent
    std::int64_t first_seen, last_seen;
    std::uint32_t text_length;  // 0: not yet written down
    std::uint32_t truncated;
    static constexpr std::size_t most_statements = 8;
    std::array<Key, most_statements> statements;  // the latest that had it, the last one first
    std::uint32_t statement_count;
    std::uint32_t zero;
};

class PredicateStore {
public:
    static constexpr std::size_t longest_text = 768;

    static std::size_t bytes(std::uint32_t places) noexcept;
    // In memory aligned to 8 bytes.
    static PredicateStore* create(void* memory, std::uint32_t places) noexcept;

    // Counts an execution.  True where its text is still to be kept.
    bool note(const PredicateKey& key, const PredicateParts& parts, const PredicateSeen& seen, const Key& statement,
              std::int64_t when) noexcept;
    // Keeps the text, where the entry is still there; cut between characters by the caller, who says so.
    void keep(const PredicateKey& key, std::string_view text, bool truncated) noexcept;

    // Gives entry and text to the function.
    template <typename Function>
    void for_each(Function&& function) const {
        for (std::uint32_t i = 0; i < places_; ++i)
            if (hashes()[i] != 0) function(static_cast<const PredicateEntry&>(at(i).entry), text_of(at(i)));
    }
    // Forgets statements; what no statement is left of goes.
    template <typename Condition>
    void remove_if(Condition&& condition) noexcept {
        for (std::uint32_t i = 0; i < places_; ++i) {
            if (hashes()[i] == 0) continue;
            PredicateEntry& entry = at(i).entry;
            std::uint32_t left = 0;
            for (std::uint32_t s = 0; s < entry.statement_count; ++s)
                if (!condition(static_cast<const Key&>(entry.statements[s])))
                    entry.statements[left++] = entry.statements[s];
            entry.statement_count = left;
            if (left == 0) hashes()[i] = 0;
        }
    }
    std::uint32_t size() const noexcept;
    std::uint64_t evictions() const noexcept { return evictions_; }

private:
    struct Place {
        PredicateEntry entry;
        char text[longest_text];
    };

    explicit PredicateStore(std::uint32_t places) noexcept : places_(places) {}
    // Beside each other, so that a search is quick without an index; 0: free.
    std::uint64_t* hashes() const noexcept {
        return reinterpret_cast<std::uint64_t*>(const_cast<PredicateStore*>(this) + 1);
    }
    Place& at(std::uint32_t place) const noexcept { return reinterpret_cast<Place*>(hashes() + places_)[place]; }
    static std::string_view text_of(const Place& place) noexcept { return {place.text, place.entry.text_length}; }
    std::uint32_t find(const PredicateKey& key) const noexcept;
    std::uint32_t place_for_new() noexcept;

    std::uint64_t places_;
    std::uint64_t age_ = 0;  // of what last had to go
    std::uint64_t evictions_ = 0;
};

}  // namespace perfkit::workload

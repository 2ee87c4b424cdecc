// The slow plans of statements, in a block of memory of fixed size: one for each statement and shape of its plan.
//
// As with Table, nothing points anywhere and nothing is allocated later.  When all places are taken, the plan goes that
// was not seen for longest.  There are few places, and they are looked at by slow executions only, so that there is no
// index.  The caller's lock protects it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "perfkit/core/workload/event.hpp"

namespace perfkit::workload {

// What is known of a statement's plan of one shape.
struct PlanEntry {
    Key key;
    std::int64_t shape;
    std::uint64_t executions;  // that were slow
    std::uint64_t total;       // nanoseconds of these
    std::uint64_t min, max;
    std::uint64_t kept;  // of the execution whose plan is kept
    std::int64_t first_seen, last_seen;
    std::uint64_t changes;        // how often it came after another shape
    std::int64_t changed;         // when it last did
    std::int64_t previous_shape;  // which one that was
    std::uint32_t in_use;
    std::uint32_t current;  // the statement's latest
    std::uint32_t actual;   // the plan has actual rows
    std::uint32_t redacted;
    std::uint32_t outline_length, plan_length;  // no plan: it was too long
};

class PlanStore {
public:
    static constexpr std::size_t longest_outline = 4096;

    // For so many plans of so many bytes each, a multiple of 8; the outlines come on top.
    static std::size_t bytes(std::uint32_t places, std::uint32_t length) noexcept;
    // In memory aligned to 8 bytes.
    static PlanStore* create(void* memory, std::uint32_t places, std::uint32_t length) noexcept;

    // Counts a slow execution.  True where its plan should be kept: of a new shape, or slower than the one kept; one
    // with actual rows goes before one without.
    bool note(const Key& key, std::int64_t shape, std::uint64_t nanoseconds, std::int64_t when, bool actual) noexcept;
    // Keeps the plan, where the statement and shape are still there.
    struct Plan {
        std::string_view outline, json;
        std::uint64_t nanoseconds;
        bool actual, redacted;
    };
    void keep(const Key& key, std::int64_t shape, const Plan& plan) noexcept;

    // Gives entry, outline and plan to the function.
    template <typename Function>
    void for_each(Function&& function) const {
        for (std::uint32_t i = 0; i < places_; ++i) {
            const PlanEntry& entry = at(i);
            if (entry.in_use == 0) continue;
            const char* const text = text_of(entry);
            function(entry, std::string_view(text, entry.outline_length),
                     std::string_view(text + longest_outline, entry.plan_length));
        }
    }
    template <typename Condition>
    void remove_if(Condition&& condition) noexcept {
        for (std::uint32_t i = 0; i < places_; ++i)
            if (at(i).in_use != 0 && condition(static_cast<const PlanEntry&>(at(i)).key)) at(i).in_use = 0;
    }
    std::uint32_t size() const noexcept;

private:
    PlanStore(std::uint32_t places, std::uint32_t length) noexcept : places_(places), length_(length) {}
    static std::size_t stride(std::uint32_t length) noexcept { return sizeof(PlanEntry) + longest_outline + length; }
    PlanEntry& at(std::uint32_t place) const noexcept {
        char* const first = reinterpret_cast<char*>(const_cast<PlanStore*>(this) + 1);
        return *reinterpret_cast<PlanEntry*>(first + place * stride(length_));
    }
    static char* text_of(const PlanEntry& entry) noexcept {
        return reinterpret_cast<char*>(const_cast<PlanEntry*>(&entry) + 1);
    }
    PlanEntry* find(const Key& key, std::int64_t shape) const noexcept;
    PlanEntry& place_for_new() const noexcept;

    std::uint32_t places_;
    std::uint32_t length_;
};

}  // namespace perfkit::workload

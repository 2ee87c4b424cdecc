#include "perfkit/core/workload/event.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace perfkit::workload {

namespace {

// The values of all fields, as set() takes them.
using Used = std::array<std::uint64_t, field_count>;

Event using_up(const Used& used) {
    Event event;
    for (std::size_t field = 0; field < field_count; ++field) event.set(static_cast<Field>(field), used[field]);
    return event;
}

Used used_by(const Event& event) {
    Used used{};
    for (std::size_t field = 0, value = 0; field < field_count; ++field)
        if ((event.fields >> field & 1) != 0) used[field] = event.values[value++];
    return used;
}

}  // namespace

TEST(Event, AddsWhatAnotherUsedFieldByField) {
    // Fields of the first only, of both, of the second only, of none; the first and the last field among them.
    Used first{}, second{}, sum{};
    for (std::size_t field = 0; field < field_count; ++field) {
        first[field] = field % 4 < 2 ? field + 1 : 0;
        second[field] = field % 4 == 1 || field % 4 == 2 || field == field_count - 1 ? 100 * (field + 1) : 0;
        sum[field] = first[field] + second[field];
    }
    Event event = using_up(first);
    event.nanoseconds = 7;
    event.add_used(using_up(second));
    EXPECT_EQ(used_by(event), sum);
    EXPECT_TRUE(event.valid());
    EXPECT_EQ(event.nanoseconds, 7u);
    event.add_used(using_up({}));
    EXPECT_EQ(used_by(event), sum);
}

TEST(Event, AddsToOneThatUsedNothing) {
    Used full{};
    for (std::size_t field = 0; field < field_count; ++field) full[field] = field + 1;
    Event event = using_up({});
    event.add_used(using_up(full));
    EXPECT_EQ(used_by(event), full);
    EXPECT_EQ(event.size(), sizeof(Event));
}

}  // namespace perfkit::workload

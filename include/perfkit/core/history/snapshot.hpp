// What history keeps: readings of counters, and what they gained from one reading to the next.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace perfkit::history {

// The letter is the one that is stored.
enum class Kind : char { queries = 'q', relations = 'r', database = 'd', waits = 'w', server = 's' };
constexpr std::array<Kind, 5> kinds = {Kind::queries, Kind::relations, Kind::database, Kind::waits, Kind::server};

// By its name in SQL: queries, relations, database, waits, server.
std::optional<Kind> kind_named(std::string_view name) noexcept;

// How many identifiers, counters and gauges a record of this kind has, and whether it has a histogram.
struct Shape {
    std::size_t ids = 0;
    std::size_t counters = 0;
    std::size_t gauges = 0;
    bool latency = false;
};
Shape shape_of(Kind kind) noexcept;

constexpr std::size_t most_ids = 3;
constexpr std::size_t most_counters = 12;
constexpr std::size_t most_gauges = 3;

// One query, one table...  Counters only grow, until they are reset; gauges go up and down.
struct Record {
    std::array<std::int64_t, most_ids> id{};
    std::int64_t birth = 0;  // when the server began to count: a later one means that it has begun anew
    std::array<std::uint64_t, most_counters> counters{};
    std::array<std::int64_t, most_gauges> gauges{};
    std::vector<std::int64_t> latency;  // as LatencyHistogram::pairs() makes them
    // Of the reading of now, kept in none: it may have got the counters of another one, which is leaving or gone.
    bool heir = false;
    bool leaving = false;
};

// Records by ascending id, each id once.
using Records = std::vector<Record>;
void sort(Records& records);

struct Gain {
    Records records;  // counters by what they gained, gauges as they are now
    std::int64_t resets = 0;
    bool counted = false;  // some counter has gained
};

// What came between two readings.  What has gained nothing and whose gauges have not changed is left out, unless
// all_gauges is set.  Nothing is ever negative: where a counter has fallen, or was born after the earlier reading,
// its record counts from nothing; and so does what the earlier reading did not have.  An heir that had not counted in
// the first place yet counts from the one whose counters it may have got: none of which is greater, and which has
// counted most.
Gain gained(const Records& earlier, const Records& now, bool all_gauges);

// A first reading: its counters say nothing about any interval, its gauges are as they are.
Gain first(const Records& now);

}  // namespace perfkit::history

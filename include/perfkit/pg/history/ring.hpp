// Where history lies on a standby, on which no table can be written to: in shared memory, in up to eight parts of which
// the newest takes new rows.  When that one is full or covers its share of the retention, the oldest is given back.
//
// One worker writes at a time, and only behind what it has told the size of; so readers need no lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "perfkit/pg/history/segments.hpp"

extern "C" {
#include "storage/dsm.h"
}

namespace perfkit::pg::history {

constexpr std::size_t ring_parts = 8;

// The parts of one database, the newest first.
struct Ring {
    struct Part {
        dsm_handle handle = 0;  // 0: none
        TimestampTz first = 0;  // when its first row was taken
        std::size_t bytes = 0;
    };
    std::array<Part, ring_parts> parts{};
};

// The rows of one snapshot, which are written together.
struct Snapshot {
    TimestampTz since = 0;  // 0: a first reading
    TimestampTz taken = 0;
    struct Data {
        char kind;
        std::string bytes;
    };
    std::vector<Data> data;
};

// All parts, and the way to give segments of shared memory back that were to stay.
std::vector<dsm_handle> handles_of(const Ring& ring);
void unpin(const std::vector<dsm_handle>& handles);

// As read_rows() of tables.
void read_rows(const Ring& ring, const Wanted& wanted, const UseRow& use);

// Bytes of shared memory.
std::size_t bytes_of(const Ring& ring);

// How large a part is to be, how much time it is to cover, and how long it is to be kept.
struct Limits {
    std::size_t part_bytes = 0;
    std::int64_t span_seconds = 0;
    std::int64_t retention_seconds = 0;
};

// A snapshot as it is added.
std::string rows_of(const Snapshot& snapshot);

// Whether so many bytes of rows go into the newest part, and whether they go into an empty one.  A snapshot that begins
// a part must tell all gauges, since those before may go.
bool has_room(const Ring& ring, std::size_t bytes, TimestampTz now, const Limits& limits);
bool fits(std::size_t bytes, const Limits& limits);

// Adds the rows of a snapshot that was taken then, in a part of their own where begin says so; gives the ring as it is
// then, and through dropped the parts that are no longer in it, to be unpinned.
Ring add(const Ring& ring, std::string_view rows, TimestampTz taken, bool begin, const Limits& limits,
         std::vector<dsm_handle>& dropped);

}  // namespace perfkit::pg::history

// Where history lies in a database: eight tables of the extension, of which one takes new rows.  When that one covers
// its share of the retention, the oldest is emptied and takes over, so that nothing is ever deleted row by row.
//
// The worker writes with the rights of the bootstrap superuser.  It therefore goes past everything that others could
// attach to a table: it finds the tables by their membership in the extension and not by schema and name, demands that
// they are plain heaps of a superuser with exactly the columns that they were made with and without an index, and puts
// rows in below triggers, rules, defaults, constraints, policies and publications.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "perfkit/core/history/snapshot.hpp"
#include "perfkit/pg/guard.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace perfkit::pg::history {

constexpr int segment_count = 8;

struct Segments {
    std::array<Oid, segment_count> tables{};  // InvalidOid: not there
    Oid extension = InvalidOid;

    // Of the current database; nothing where it does not have the extension.
    static std::optional<Segments> find();
    bool complete() const;
    bool contain(Oid table) const;
};

struct Row {
    char kind = 0;
    TimestampTz since = 0;  // 0: a first reading
    TimestampTz taken = 0;
    std::string_view data;
};

// Which rows are wanted: those taken in (from, to], of one kind or (0) of all.  With lead also earlier ones, from the
// beginning of the segment in which the window begins: there all gauges are written.
struct Wanted {
    char kind = 0;
    TimestampTz from = 0;
    TimestampTz to = 0;
    bool lead = false;
    bool data = true;

    bool matches(char of, TimestampTz taken) const {
        return (kind == 0 || of == kind) && taken <= to && (taken > from || lead);
    }
};

// Calls use with each wanted row, in order of time.  A segment that is locked is left out: gives the number of those.
using UseRow = std::function<void(const Row&)>;
int read_rows(const Segments& segments, const Wanted& wanted, const UseRow& use);

// Bytes of all segments, with what is stored out of line.
std::int64_t bytes_of(const Segments& segments);

// The worker's side.  Open while a snapshot is written.
class Writer {
public:
    // Chooses the segment, and locks it for others' DDL until the transaction ends; not open where somebody else has
    // locked it.  Throws where the tables are not as we made them.
    Writer(const Segments& segments, TimestampTz now, std::int64_t span_seconds, std::int64_t retention_seconds);
    bool open() const { return table_ != InvalidOid; }
    // The segment has no row yet: gauges must be written in full, since those before may go.
    bool fresh() const { return fresh_; }
    void add(const Row& row);

private:
    Oid table_ = InvalidOid;
    bool fresh_ = false;
};

}  // namespace perfkit::pg::history

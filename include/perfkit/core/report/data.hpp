// What a report tells: plain values, gathered by src/pg/report, made into a page by page().  All text is UTF-8 and
// from whoever may have named a table or sent a statement; nothing here is escaped yet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/latency.hpp"
#include "perfkit/core/report/format.hpp"

namespace perfkit::report {

using Number = std::optional<double>;

// A section: its rows, or in one sentence why there are none; and a sentence beside them.
template <typename Row>
struct Part {
    std::vector<Row> rows;
    std::string missing;
    std::string note;
};

struct Head {
    std::string title;    // what the report is of: the database
    std::string server;   // version and machine
    std::string made;     // when, with its time zone
    std::string maker;    // who asked, since it decides what he sees
    std::string product;  // pg_perfkit's version
    std::string capture;  // what is known of capture and history, a sentence each
    std::string history;
};

// A place on the axis of time: 0 at its left end, 1 at its right one.
struct Tick {
    double place;
    std::string label;
};

struct Window {
    std::string from;
    std::string to;
    std::string length;  // as "2 h 15 min"
    std::int64_t snapshots = 0;
    std::vector<Tick> ticks;
};

// One measure over the window: its value, and the course of it in stretches of equal length.  Measures of the same
// chart are lines of one picture.
struct Measure {
    std::string chart;
    std::string name;
    Unit unit;
    Number value;
    Number before;  // in the window that it is compared with
    std::vector<Number> course;
    std::vector<Number> course_before;
    std::string headline;  // its name among the key figures, if it is one of them
};

struct Check {
    std::string name, area, status;
    Number value;
    std::string unit;
    Number threshold;
    std::vector<std::string> objects;
    std::string meaning, recommendation, reason;
};

struct Query {
    std::string id;
    std::string role;
    bool toplevel = true;
    Number calls, failures, total_ms, share_percent, mean_ms, p50_ms, p95_ms, p99_ms, hit_percent, rows_per_call;
    Number mean_before_ms;
    LatencyHistogram latency, latency_before;
    std::vector<Number> course;  // milliseconds in a second
    std::string text;
};

struct Change {
    std::string verdict;
    Number added_ms;  // as pk_compare() has it: more calls count, too
    Number speed_ms;  // what the calls of the second window took more than at the mean time of the first

    std::string id, role;
    bool toplevel = true;
    Number calls_before, calls_after, mean_before_ms, mean_after_ms, p95_before_ms, p95_after_ms;
    std::string text;
};

struct Changes : Part<Change> {
    std::int64_t slower = 0, faster = 0, same = 0, fresh = 0, gone = 0;
    // What the calls of the second window took, and would have taken at the mean times of the first.
    Number took_ms, would_have_taken_ms;
};

struct Wait {
    std::string name;
    Number sightings, share_percent, sessions, sessions_before;
};

struct CachedTable {
    std::string name;
    Number reads, hits, percent, percent_before;
    std::string grade;
};

// The hit ratio at another size of shared_buffers.
struct CacheForecast {
    Number factor, bytes, percent, low, high;
    std::string status;
};

struct Relation {
    std::string name;   // with its schema
    std::string table;  // of an index, the table that it belongs to
    std::string kind;
    Number bytes, wasted, percent, low, high;
    std::string grade, recommendation, reason;
};

struct Storage : Part<Relation> {
    Number all_bytes;  // of all relations, those that are not among the rows too
    Number all_relations;
};

struct Growth {
    std::string name;
    Number before, after, growth;
};

struct Advice {
    std::string id, action, table, index, ddl, reason, warning;
    Number bytes, cost_before, cost_after, saved_ms_per_hour, write_ms_per_hour, queries_helped;
};

struct Applied {
    std::string action, table, index, finished, verdict, reason, statement;
    Number calls_before, calls_after, mean_before_ms, mean_after_ms, change_ms, change_low_ms, change_high_ms;
    Number saved_ms_per_hour, forecast_ms_per_hour, bytes, forecast_bytes;
};

struct Report {
    Head head;
    Window window;
    std::optional<Window> before;  // where two windows are compared
    bool counters_only = false;    // without history: what the counters have since they began
    Part<Measure> measures;
    Changes changes;
    Part<Check> health;
    Part<Query> queries;
    Part<Wait> waits;
    Part<CachedTable> cache;
    Part<CacheForecast> forecasts;
    Storage storage;
    Part<Growth> growth;
    Part<Advice> advice;
    Part<Applied> applied;
};

// The whole page: HTML that is well-formed XML too, in ASCII, without script, and needing nothing but itself.
std::string page(const Report& report);

}  // namespace perfkit::report

// What an index costs the writes of its table.
//
// An entry is written for each row inserted.  An update writes one where it sets a column of the
// index, and, unless it is a HOT update, in every other index too.  What a column of the new index
// takes away from HOT is charged to it: such updates write to all existing indexes as well.  Entries
// of deleted rows are removed by VACUUM.
#pragma once

#include <map>

#include "perfkit/core/advisor/size.hpp"

namespace perfkit::advisor {

// A table's writes, per hour.
struct WriteRates {
    double inserts = 0;
    double deletes = 0;
    double updates = 0;
    std::map<int, double> column_updates;  // of `updates`, those that set the column
    double hot_share = 0;                  // of the updates that touched no indexed column, say the table's counters
    bool counters_used = false;            // the table's counters told more than the workload
    double first_load = 0;                 // rows that a first load inserted, which is not counted
};

struct EntryCosts {
    double write_ms = 0.005;         // one entry into a B-tree that is in memory, with its WAL
    double element_ms = 0.002;       // each element of an entry of an inverted index
    double remove_ms = 0.002;        // its removal by VACUUM
    double ms_per_kilobyte = 0.005;  // of entry
};

// Milliseconds per hour.
double upkeep_of(const IndexSpec& spec, const IndexSize& size, const WriteRates& rates, const TableFacts& table,
                 const EntryCosts& costs);

}  // namespace perfkit::advisor

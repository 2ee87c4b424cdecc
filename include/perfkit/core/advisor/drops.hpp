// Which existing indexes do nothing that another one, or none, would not do as well.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace perfkit::advisor {

// An index as the catalog describes it; keys are compared as text.
struct KnownIndex {
    std::uint32_t id = 0;
    std::uint32_t table = 0;
    std::string schema, table_name, name, method;
    std::vector<std::string> keys;      // column or expression, operator class and its parameters, collation
    std::vector<int> directions;        // of each key, as pg_index.indoption has it
    std::vector<std::string> included;  // columns
    std::string predicate;
    std::string parameters;  // storage parameters but for the fillfactor
    bool unique = false;
    bool nulls_not_distinct = false;
    bool constraint = false;  // a constraint's own, or what a foreign key points at
    bool replica_identity = false;
    bool clustered = false;
    bool valid = true;
    bool partitioned = false;
    double bytes = 0;
    double scans = 0;
    double days = 0;  // that it has existed for, at least
};

enum class DropReason { invalid, duplicate, redundant, unused };

struct Drop {
    std::uint32_t index = 0;
    DropReason reason = DropReason::invalid;
    std::uint32_t other = 0;  // the index that does its work, for duplicate and redundant
};

// Whether something else than queries depends on the index, so that it must stay however little it
// is scanned: uniqueness is checked without counting as a scan.
bool is_protected(const KnownIndex& index);

// Whether `wide` answers whatever `narrow` does, in the same order.
bool does_work_of(const KnownIndex& wide, const KnownIndex& narrow);

// In the order of the reasons above, then of the indexes.  `days`: how long scans have been counted;
// an index for which that, or its own life, is less than a week does not count as unused.
std::vector<Drop> find_drops(const std::vector<KnownIndex>& indexes, double days);

}  // namespace perfkit::advisor

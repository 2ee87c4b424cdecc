// What the advisor knows of a table: counts and statistics, copied out of the catalogs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "perfkit/core/advisor/index.hpp"

namespace perfkit::advisor {

// So many elements, each found in that share of all rows.
struct ElementGroup {
    double elements = 0;
    double share = 0;
};

// What an inverted index would find in a column's values, told from a sample.
struct ElementFacts {
    OpclassId opclass = 0;
    double key_bytes = 8;  // of an average element
    std::vector<ElementGroup> groups;
};

struct ColumnFacts {
    std::string name;
    bool analyzed = false;  // the figures below are ANALYZE's
    bool fixed = true;      // a value's width is the type's
    double width = 4;       // bytes of an average value that is not null
    int alignment = 4;      // in bytes: 1, 2, 4 or 8
    double null_fraction = 0;
    double true_fraction = 0.5;  // boolean: share of all rows
    double distinct = 0;         // number of distinct values that are not null; 0: unknown
    double correlation = 0;      // of value order and storage order, -1 to 1
    std::vector<double> common;  // share of all rows, of each most common value
    std::vector<ElementFacts> elements;
    bool sortable = false;      // has a default B-tree operator class
    bool hashable = false;      // has a default hash operator class
    bool summarizable = false;  // has a default BRIN operator class of minimum and maximum
    bool deduplicates = false;  // equal values are bitwise equal, so a B-tree stores them once
    bool bounded = true;        // no value can exceed what a B-tree tuple takes
    bool document = false;      // json, bytea and the like: neither a key nor carried along

    // Of an expression, which has a number below 0: as SQL has it as a key, and the columns that it reads.
    std::string expression;
    std::vector<int> reads;
    double sampled = 0;  // rows that the figures come from; 0: there are none
};

struct ExistingIndex {
    std::uint32_t id = 0;
    std::string name;
    IndexSpec spec;      // where `plain`
    bool plain = false;  // has only what IndexSpec can say
    bool valid = true;
    bool unique = false;
    bool bound = false;  // something else than queries needs it, so that it cannot be dropped, or not alone
    double bytes = 0;
};

struct TableFacts {
    TableId id = 0;
    std::string schema, name;
    double rows = 0;
    double pages = 0;
    bool partitioned = false;
    std::map<int, ColumnFacts> columns;  // by attribute number; expressions below 0
    std::vector<ExistingIndex> indexes;
};

}  // namespace perfkit::advisor

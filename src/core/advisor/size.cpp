// Sizes follow how PostgreSQL 13 and later build each kind of index.
//
// A B-tree leaf is filled to 90 %: 8192 bytes less header (24), special space (16) and 10 %.  A
// tuple takes its header (8, or 16 where a value is null), its values with their alignment, the
// total rounded up to 8, and a line pointer (4).  Equal keys are merged into posting lists: one
// key, then 6 bytes a row, up to 808 bytes.  INCLUDE columns and types whose equal values can
// differ in their bits (numeric, jsonb, float8...) switch that off.

#include "perfkit/core/advisor/size.hpp"

#include <algorithm>
#include <cmath>

namespace perfkit::advisor {

namespace {

constexpr double block = 8192;
constexpr double line_pointer = 4;
constexpr double leaf_space = block - 24 - 16 - block / 10;
constexpr double inner_space = block - 24 - 16 - block * 3 / 10;
constexpr double longest_posting = 808;
constexpr double longest_entry_list = 2700;  // of a GIN key, before it gets pages of its own
constexpr double entry_fill = 0.5;

double aligned(double bytes, int to) { return std::ceil(bytes / to) * to; }

// Many keys that stand for `rows` rows each.
struct Group {
    double keys;
    double rows;
};

struct TupleShape {
    double size = 0;  // with everything but the line pointer
    bool fixed = true;
};

// An average tuple of these columns.
TupleShape shape_of(const std::vector<const ColumnFacts*>& columns) {
    TupleShape shape;
    double data = 0, all_present = 1;
    for (const ColumnFacts* column : columns) {
        const double present = 1 - column->null_fraction;
        all_present *= present;
        if (column->fixed && present > 0.5) data = aligned(data, column->alignment);
        // Short variable-length values carry a one byte header and no alignment.
        if (!column->fixed && column->width > 126) data = aligned(data, column->alignment);
        data += column->width * present;
        shape.fixed = shape.fixed && column->fixed && column->null_fraction == 0;
    }
    const double size = 8 + data;
    // Widths that vary end anywhere between two multiples of 8.
    shape.size = (shape.fixed ? aligned(size, 8) : std::max(16.0, size + 3.5)) + (1 - all_present) * 8;
    return shape;
}

// The table's rows by equal values of one column: its common values, NULL, and the rest.
std::vector<Group> groups_of(const ColumnFacts& column, double rows) {
    std::vector<Group> groups;
    double rest = 1;
    for (const double share : column.common) {
        if (share * rows >= 1) groups.push_back({1, share * rows});
        rest -= share;
    }
    if (column.null_fraction * rows >= 1) groups.push_back({1, column.null_fraction * rows});
    rest = std::max(0.0, rest - column.null_fraction) * rows;
    if (rest >= 1) {
        const double known = column.distinct > 0 ? column.distinct : rows;
        const double keys = std::clamp(known - static_cast<double>(column.common.size()), 1.0, rest);
        groups.push_back({keys, rest / keys});
    }
    return groups;
}

// Splits each group by a further column, taken as independent: so many of its values as `rows`
// draws are expected to meet.
void split(std::vector<Group>& groups, const ColumnFacts& column, double table_rows) {
    const double values = std::max(1.0, column.distinct > 0 ? column.distinct : table_rows);
    for (Group& group : groups) {
        const double met = std::clamp(values * -std::expm1(-group.rows / values), 1.0, std::max(1.0, group.rows));
        group = {group.keys * met, group.rows / met};
    }
}

// Bytes that a key with so many rows takes, deduplicated, line pointers included.
double posting_bytes(double key, double rows) {
    if (rows < 1.5) return key + line_pointer;
    const double most = std::max(1.0, std::floor((longest_posting - key) / 6));
    const double full = std::floor(rows / most);
    const double left = rows - full * most;
    const double tail = left < 0.5 ? 0 : left < 1.5 ? key + line_pointer : aligned(key + left * 6, 8) + line_pointer;
    return full * (aligned(key + most * 6, 8) + line_pointer) + tail;
}

// The same where `rows` is a mean: around small means the number varies as in a Poisson process
// that has had its first event.
double mean_posting_bytes(double key, double rows) {
    if (rows > 12) return posting_bytes(key, rows);
    const double rate = std::max(0.0, rows - 1);
    double probability = std::exp(-rate), bytes = 0;
    for (int more = 0; more < 40; ++more) {
        bytes += probability * posting_bytes(key, 1 + more);
        probability *= rate / (more + 1);
    }
    return bytes;
}

IndexSize btree_size(const IndexSpec& spec, const TableFacts& table, double rows) {
    std::vector<const ColumnFacts*> keys, all;
    bool deduplicates = spec.include.empty();
    for (const IndexKey& key : spec.keys) {
        keys.push_back(&table.columns.at(key.column));
        deduplicates = deduplicates && keys.back()->deduplicates;
    }
    all = keys;
    for (const int column : spec.include) all.push_back(&table.columns.at(column));

    const TupleShape tuple = shape_of(all);
    double bytes = rows * (tuple.size + line_pointer);
    if (deduplicates) {
        std::vector<Group> groups = groups_of(*keys.front(), rows);
        for (std::size_t i = 1; i < keys.size(); ++i) split(groups, *keys[i], table.rows);
        bytes = 0;
        for (const Group& group : groups) bytes += group.keys * mean_posting_bytes(tuple.size, group.rows);
    }

    IndexSize size;
    size.entries = rows;
    size.entry_bytes = tuple.size + line_pointer;
    const bool whole_tuples = tuple.fixed && !deduplicates;
    const double item = tuple.size + line_pointer;
    double level = whole_tuples ? std::ceil(rows / std::max(1.0, std::floor(leaf_space / item)))
                                : std::ceil(bytes / (leaf_space - item / 2));
    level = std::max(1.0, level);
    size.pages = 1 + level;
    const double fanout = std::max(2.0, std::floor(inner_space / (shape_of(keys).size + line_pointer)));
    for (size.height = 0; level > 1; ++size.height) {
        level = std::ceil(level / fanout);
        size.pages += level;
    }
    return size;
}

// Buckets for 75 % full pages of 20 byte entries, their number rounded up to a quarter of a power of two.
IndexSize hash_size(double rows) {
    IndexSize size;
    size.entries = rows;
    size.entry_bytes = 20;
    double buckets = std::max(2.0, std::ceil(rows / std::floor(block * 0.75 / 20)));
    const double step = std::max(1.0, std::exp2(std::ceil(std::log2(buckets))) / 8);
    buckets = std::ceil(buckets / step) * step;
    size.pages = 2 + buckets * 1.05;
    return size;
}

// A summary: minimum and maximum of each key.
double summary_bytes(const IndexSpec& spec, const TableFacts& table) {
    double tuple = 8;
    for (const IndexKey& key : spec.keys) tuple += 2 * aligned(table.columns.at(key.column).width, 4);
    return aligned(tuple, 8) + line_pointer;
}

IndexSize brin_size(const IndexSpec& spec, const TableFacts& table) {
    const int range = spec.pages_per_range > 0 ? spec.pages_per_range : default_pages_per_range;
    const double ranges = std::max(1.0, std::ceil(table.pages / range));
    const double summary = summary_bytes(spec, table);
    IndexSize size;
    size.entries = table.rows;
    size.entry_bytes = summary / 1000;  // a write touches a summary only now and then
    size.pages = 1 + std::ceil(ranges / 1360) + std::ceil(ranges / std::floor((block - 40) / summary));
    return size;
}

// Bytes of a row number in a compressed posting list of so many rows, scattered over the table: the
// distance to the one before, where a page counts as 2048, in bytes of 7 bits.
double delta_bytes(double rows, const TableFacts& table) {
    const double per_page = table.rows / std::max(1.0, table.pages);
    const double share = std::min(1.0, rows / std::max(1.0, table.rows));
    const double page_met = -std::expm1(-share * per_page);  // that a page has one at least
    const double met_first = std::clamp(page_met / std::max(1e-12, share * per_page), 0.0, 1.0);  // on its page
    const auto beyond = [&](double pages) { return std::pow(1 - page_met, pages - 1); };
    return 1 - met_first + met_first * (2 + beyond(8) + beyond(1024) + beyond(131072));
}

// What the pages of an inverted index hold.
struct InvertedSize {
    double entry_bytes = 0;  // keys, with their lists where these are short
    double list_pages = 0;   // of the long ones
};

void add_list(InvertedSize& size, double key, double keys, double rows_each, const TableFacts& table) {
    if (keys <= 0 || rows_each <= 0) return;
    const double rows = std::max(1.0, rows_each);
    // Segments of about 256 bytes begin with a whole row number and their length.
    const double deltas = (rows - 1) * delta_bytes(rows, table);
    const double list = deltas + 8 * std::ceil((deltas + 1) / 256);
    if (list > longest_entry_list) {
        const double leaves = std::ceil(list / (block - 40));
        size.list_pages += keys * (leaves + (leaves > 1 ? 1 : 0));
        size.entry_bytes += keys * (key + line_pointer);
    } else {
        size.entry_bytes += keys * (aligned(key + list, 8) + line_pointer);
    }
}

IndexSize gin_size(const IndexSpec& spec, const TableFacts& table, double rows) {
    const ColumnFacts& column = table.columns.at(spec.keys.front().column);
    const ElementFacts* facts = nullptr;
    for (const ElementFacts& some : column.elements)
        if (some.opclass == spec.keys.front().opclass) facts = &some;
    // Without a sample: one element for every 12 bytes of value, each found in 10 rows.
    const double guessed = rows * (1 - column.null_fraction) * std::max(1.0, column.width / 12);
    const double key_bytes = facts ? facts->key_bytes : 16;
    const double key = aligned(8 + key_bytes, 8);
    InvertedSize inverted;
    double postings = guessed;
    if (facts) {
        postings = 0;
        for (const ElementGroup& group : facts->groups) {
            add_list(inverted, key, group.elements, group.share * rows, table);
            postings += group.elements * group.share * rows;
        }
    } else if (guessed >= 1) {
        add_list(inverted, key, std::max(1.0, guessed / 10), std::min(10.0, guessed), table);
    }
    // NULL is found like an element.
    add_list(inverted, 16, 1, column.null_fraction * rows, table);
    IndexSize size;
    size.entries = rows;
    size.elements = postings / std::max(1.0, rows);
    size.entry_bytes = size.elements * (key_bytes + 8);
    // Keys come in ascending order when it is built, and a page that is full is split in two halves, the
    // first of which stays as it is.
    const double leaves = std::max(1.0, std::ceil(inverted.entry_bytes / (block * entry_fill)));
    size.pages = 1 + leaves + (leaves > 1 ? 1 + std::floor(leaves / 150) : 0) + inverted.list_pages;
    return size;
}

}  // namespace

double fraction_of(const Predicate& predicate, const TableFacts& table) {
    const auto found = table.columns.find(predicate.column);
    if (found == table.columns.end()) return 1;
    const ColumnFacts& column = found->second;
    switch (predicate.test) {
        case Test::is_null:
            return column.null_fraction;
        case Test::is_not_null:
            return 1 - column.null_fraction;
        case Test::is_true:
            return column.true_fraction;
        case Test::is_false:
            return 1 - column.null_fraction - column.true_fraction;
    }
    return 1;
}

// A scan reads the whole index, and of the table about one range more than it needs: together least where both are
// as many pages.
int best_pages_per_range(int column, const TableFacts& table) {
    constexpr double fewest = 4, most = 4096;
    const double summary = summary_bytes({table.id, Method::brin, {{column}}, {}, {}}, table);
    const double range = std::exp2(std::round(std::log2(std::sqrt(std::max(1.0, table.pages) * summary / block))));
    return static_cast<int>(std::clamp(range, fewest, most));
}

IndexSize size_of(const IndexSpec& spec, const TableFacts& table) {
    const double rows = table.rows * (spec.predicate ? fraction_of(*spec.predicate, table) : 1);
    switch (spec.method) {
        case Method::btree:
            return btree_size(spec, table, rows);
        case Method::hash:
            return hash_size(rows);
        case Method::brin:
            return brin_size(spec, table);
        case Method::gin:
            return gin_size(spec, table, rows);
    }
    return {};
}

}  // namespace perfkit::advisor

// The arithmetic of bloat: which pages to look at, how many pages a rewrite would fill with what was
// found on them, how sure that is, and what to do about it.
//
// Bloat is what a rewrite (VACUUM FULL, REINDEX) would give back.  It is estimated in three steps:
// one random block is read in each of n equal strata of the relation (BlockSample); what survives on
// each of them is packed into new pages by the rules of the rewrite (HeapPacker, BtreePacker); the
// strata's contributions are added up, with a 95 % interval (stratified_total).  No statistics of the
// planner take part, so that the figures are the same before and after ANALYZE.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace perfkit::bloat {

// How much to read: first a look at a few pages, and a second one where the first leaves too much open.
struct Limits {
    double share = 0.02;               // of a relation's pages, at first
    double largest_share = 0.10;       // with the second look
    std::uint32_t at_least = 64;       // pages; relations of less than twice as many are read whole
    std::uint32_t at_most = 3000;      // pages of one relation
    std::int64_t in_all = INT64_MAX;   // pages of one statement
    double margin = 0.01;              // of the relation, to be reached by the 95 % interval on either side
    std::uint32_t at_least_more = 64;  // pages of a second look, as far as the other limits let it
    std::uint32_t small_enough = 256;  // pages that both looks may read, whatever share that is
};

// Pages to read first of a relation of `blocks` pages in a statement that has read `spent` pages.
// Where the limit for the statement comes near, a relation gets at most an eighth of what is left, but
// never less than `at_least`: the answer gets coarser instead of ending half-way.
std::uint32_t pages_to_read(std::uint32_t blocks, const Limits& limits, std::int64_t spent);

// Pages to read in a second look, after `read` pages have left a margin of this share of the relation;
// 0 where that is good enough, and all of them where half would be needed anyway.
std::uint32_t pages_to_add(std::uint32_t blocks, const Limits& limits, std::int64_t spent, std::uint32_t read,
                           double margin);

// One random block in each of `count` strata of equal width (within one block), ascending.
class BlockSample {
public:
    BlockSample(std::uint32_t blocks, std::uint32_t count, std::uint64_t seed);
    std::uint32_t size() const { return count_; }
    bool whole() const { return count_ == total_; }
    const std::vector<std::uint32_t>& blocks() const { return blocks_; }
    // First block of the i-th stratum; of the one after the last: the number of blocks.
    std::uint32_t start(std::uint32_t i) const;
    // Number of blocks that the i-th one stands for.
    std::uint32_t width(std::uint32_t i) const { return start(i + 1) - start(i); }

private:
    std::uint32_t total_;
    std::uint32_t count_;
    std::vector<std::uint32_t> blocks_;
};

// What one block contributes to a total, and the number of blocks that it stands for.
struct Stratum {
    double width;
    double value;
    double hint = 0;  // what is known of every block, and goes with the value more or less
};

// Half of the 95 % interval of a mean of n values, in standard errors: that of the normal distribution, and
// what the error of the standard error itself adds where n is small.
constexpr double half_interval(double n) { return 1.96 + 4 / n; }

// An estimated total; the truth lies within +- margin in 95 of 100 samples.
struct Total {
    double value = 0;
    double margin = 0;
    double blocks = 0;  // that the strata stand for
};

// Sum over all blocks, from one block of each stratum, in the order of the blocks.  The variance is
// that of neighbours' differences, since a stratum with one block has none of its own.
Total stratified_total(std::span<const Stratum> strata);

// The same where the sum of the hints over all blocks is known: what the sample has too much or too
// little of the hints, it has too much or too little of the value, by the slope that the sample shows.
// A sample that hardly varies shows none: there `slope` is taken for it.  However wrong the hints are,
// the estimate is no worse off than without them but for 1/n, since the interval comes from what the
// hints leave unexplained.
Total hinted_total(std::span<const Stratum> strata, double hints, double slope);

// The estimates of two samples of this many pages in one.
Total combined(const Total& a, double pages_a, const Total& b, double pages_b);

// Pages as VACUUM FULL fills them: tuples in their order, a new page where one no longer fits.
class HeapPacker {
public:
    struct Page {
        int usable;      // bytes for line pointers and tuples
        int reserved;    // bytes that fillfactor keeps free
        int pointer;     // bytes of a line pointer
        int max_tuples;  // line pointers that a page may have
    };
    explicit HeapPacker(const Page& page) : page_(page), free_(page.usable) {}

    // Tuples of these lengths in bytes, alignment included; the bytes that they take with their line pointers.
    std::int64_t add(std::span<const int> lengths);
    void add(int length) { add(std::span(&length, 1)); }
    // Pages filled, the last one by the share of it that is used.
    double pages() const;
    // Pages that one byte of tuple or line pointer takes, as measured on what was packed so far.
    double pages_per_byte() const;
    // A piece ends: what comes next is not what comes next in the relation.
    void end_piece() { pieces_.push_back({full_pages_, bytes_in_full_}); }
    // Half of its 95 % interval, as a share of it, where tuples came in pieces: one piece fills pages better
    // than the next, what comes next to what at the joints is not what will, and a tuple that none of the
    // pieces holds may leave its page half empty.  `joints` is the weight of the second, by experience:
    // `single_pages` or `runs_of_pages`.
    double margin(double joints) const;
    static constexpr double single_pages = 0.45;
    static constexpr double runs_of_pages = 0.2;

private:
    // What was packed so far, `bytes` of it, fills its pages.
    void end_page(std::int64_t bytes);

    Page page_;
    int free_;
    int tuples_ = 0;
    std::int64_t full_pages_ = 0;
    std::int64_t bytes_ = 0;          // on all pages
    std::int64_t bytes_in_full_ = 0;  // on full pages
    double squares_ = 0;              // of the bytes of each full page
    std::int64_t added_ = 0;          // tuples
    // Of the pages that were full where a piece ended.
    struct Piece {
        std::int64_t pages;
        std::int64_t bytes;
    };
    std::vector<Piece> pieces_;
};

// Leaf pages as a B-tree's build (nbtsort.c) fills them: items in their order until less is free than
// fillfactor reserves; the item after that begins the next page, and the one before it moves there
// too, leaving its key as the page's high key.
class BtreePacker {
public:
    struct Page {
        int usable;    // bytes for line pointers and items, without the high key's line pointer
        int reserved;  // bytes that fillfactor keeps free
        int pointer;   // bytes of a line pointer
        int heap_tid;  // bytes that a truncated high key may need in addition
    };
    explicit BtreePacker(const Page& page) : page_(page), free_(page.usable) {}

    // An item of `length` bytes, alignment included, `posting` of which a high key would not need.
    void add(int length, int posting = 0) {
        const int space = free_ - page_.pointer;
        const bool too_long = space < length + page_.heap_tid;
        const bool full = space + last_posting_ < page_.reserved && items_ > 1;
        if (items_ > 0 && (too_long || full)) start_page();
        ++items_;
        last_ = length + page_.pointer;
        last_posting_ = posting;
        free_ -= last_;
        bytes_ += last_;
    }
    double pages() const;
    double pages_per_byte() const;

private:
    void start_page();

    Page page_;
    int free_;
    int items_ = 0;
    int last_ = 0;          // length of the last item
    int last_posting_ = 0;  // of it, what a high key would not need
    std::int64_t full_pages_ = 0;
    std::int64_t bytes_ = 0;
    std::int64_t bytes_in_full_ = 0;
};

// Pages above the leaves of a B-tree whose pivot tuples take `pivot` bytes, line pointer included, of
// the `room` that fillfactor leaves on an internal page.
double internal_pages(double leaf_pages, double pivot, double room);

// How a B-tree's build merges entries with equal keys: posting lists of `count` heap pointers, each
// of `length` bytes, and one of the rest.
struct PostingLists {
    int full_count;   // lists with as many pointers as one takes
    int full_length;  // bytes of each
    int rest_length;  // bytes of the last one, 0 where nothing is left
    int capacity;     // pointers that one list takes; at least 1
};
struct PostingRules {
    int alignment;  // bytes
    int pointer;    // bytes of a heap pointer
    int largest;    // bytes of the largest posting list tuple
};
PostingLists merge_entries(int key_length, int pointers, const PostingRules& rules);

enum class Outcome : std::uint8_t { unknown, committed, aborted };

// How transactions ended, in two bits each.  Rows that were written one after the other name neighbours, so
// groups of neighbours are kept; a group has one place, and what is there gives way.  All zero: nothing known.
class Outcomes {
public:
    // By their numbers with the epoch, which no two transactions share.
    Outcome of(std::uint64_t transaction) const;
    void remember(std::uint64_t transaction, Outcome outcome);
    static constexpr std::uint64_t capacity = 1 << 20;  // of neighbours

private:
    static constexpr std::uint64_t in_group = 256;
    static constexpr std::uint64_t in_word = 32;
    struct Group {
        std::uint64_t number;
        std::array<std::uint64_t, in_group / in_word> words;
    };
    struct Position {
        std::size_t word;
        unsigned shift;
    };
    static std::size_t place(std::uint64_t transaction) { return transaction / in_group % (capacity / in_group); }
    static Position position(std::uint64_t transaction) {
        return {transaction % in_group / in_word, static_cast<unsigned>(transaction % in_word * 2)};
    }

    std::array<Group, capacity / in_group> groups_{};
};

enum class Class { ok, moderate, high };
const char* name_of(Class level);

enum class Action { none, vacuum, rewrite, reindex };

struct Finding {
    double bloat_percent;
    std::int64_t wasted_bytes;
    double live_tuples;
    double dead_tuples;
    std::int64_t empty_tail_bytes = 0;  // at the end of the file, which VACUUM cuts off
};

struct Verdict {
    Class level;
    Action action;
};

// Blocks at the end of a table that hold nothing: as many as VACUUM thinks worth cutting off, else 0.
std::int64_t empty_tail(std::int64_t blocks, std::int64_t empty_from);

// Tables: above 50 % a rewrite, unless VACUUM does it; above 20 % dead tuples, or with an empty tail, VACUUM.
Verdict judge_table(const Finding& finding);
// B-trees, by the density that the leaf pages would have if the emptied ones were among them,
// scaled to the default fillfactor of 90: below 70 reindex, below 85 moderate.
Verdict judge_btree(const Finding& finding);

}  // namespace perfkit::bloat

// The arithmetic of bloat: which pages to look at, how many pages a rewrite would fill with what was
// found on them, how sure that is, and what to do about it.
//
// Bloat is what a rewrite (VACUUM FULL, REINDEX) would give back.  It is estimated in three steps:
// one random block is read in each of n equal strata of the relation (BlockSample); what survives on
// each of them is packed into new pages by the rules of the rewrite (HeapPacker, BtreePacker); the
// strata's contributions are added up, with a 95 % interval (stratified_total).  No statistics of the
// planner take part, so that the figures are the same before and after ANALYZE.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace perfkit::bloat {

// How much to read.
struct Limits {
    double share = 0.03;              // of a relation's pages
    std::uint32_t at_least = 64;      // pages; smaller relations are read whole
    std::uint32_t at_most = 3000;     // pages of one relation
    std::int64_t in_all = INT64_MAX;  // pages of one statement
};

// Pages to read of a relation of `blocks` pages in a statement that has read `spent` pages.  Where
// the limit for the statement comes near, a relation gets at most an eighth of what is left, but
// never less than `at_least`: the answer gets coarser instead of ending half-way.
std::uint32_t pages_to_read(std::uint32_t blocks, const Limits& limits, std::int64_t spent);

// One random block in each of `count` strata of equal width (within one block), ascending.
class BlockSample {
public:
    BlockSample(std::uint32_t blocks, std::uint32_t count, std::uint64_t seed);
    std::uint32_t size() const { return count_; }
    bool whole() const { return count_ == total_; }
    std::uint32_t block(std::uint32_t i) const { return blocks_[i]; }
    // Number of blocks that the i-th one stands for.
    std::uint32_t width(std::uint32_t i) const;

private:
    std::uint32_t total_;
    std::uint32_t count_;
    std::vector<std::uint32_t> blocks_;
};

// What one block contributes to a total, and the number of blocks that it stands for.
struct Stratum {
    double width;
    double value;
};

// An estimated total; the truth lies within +- margin in 95 of 100 samples.
struct Total {
    double value;
    double margin;
    double blocks;  // that the strata stand for
};

// Sum over all blocks, from one block of each stratum, in the order of the blocks.  The variance is
// that of neighbours' differences, since a stratum with one block has none of its own.
Total stratified_total(std::span<const Stratum> strata);

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

    // A tuple of `length` bytes, alignment included.
    void add(int length);
    // Pages filled, the last one by the share of it that is used.
    double pages() const;
    // Pages that one byte of tuple or line pointer takes, as measured on what was packed so far.
    double pages_per_byte() const;

private:
    Page page_;
    int free_;
    int tuples_ = 0;
    std::int64_t full_pages_ = 0;
    std::int64_t bytes_ = 0;          // on all pages
    std::int64_t bytes_in_full_ = 0;  // on full pages
};

enum class Class { ok, moderate, high };
const char* name_of(Class level);

enum class Action { none, vacuum, rewrite, reindex };

struct Finding {
    double bloat_percent;
    std::int64_t wasted_bytes;
    double live_tuples;
    double dead_tuples;
};

struct Verdict {
    Class level;
    Action action;
};

// Tables: above 50 % a rewrite, above 20 % dead tuples VACUUM.
Verdict judge_table(const Finding& finding);
// B-trees, by the density that the leaf pages would have if the emptied ones were among them,
// scaled to the default fillfactor of 90: below 70 reindex, below 85 moderate.
Verdict judge_btree(const Finding& finding);

}  // namespace perfkit::bloat

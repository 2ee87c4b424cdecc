#include <cmath>

#include "bloat.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "storage/bufpage.h"
#include "utils/rel.h"
}

namespace perfkit::pg {

namespace {

// What one page of a heap holds.
struct HeapPage {
    std::vector<int> lengths;  // of the tuples that a rewrite keeps, aligned
    int live = 0;
    int dead = 0;
    int held = 0;
};

// The fields of the header lie where they can.
bool sound_header(const char* page) {
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    return header->pd_lower >= SizeOfPageHeaderData && header->pd_lower <= header->pd_upper &&
           header->pd_upper <= header->pd_special && header->pd_special <= BLCKSZ;
}

bool is_empty(const char* page) { return reinterpret_cast<const PageHeaderData*>(page)->pd_upper == 0; }

class HeapReader {
public:
    HeapReader(const Storage& table, TransactionId horizon) : columns_(table), visibility_(table, horizon) {}

    // Takes stock of a page; says what is wrong with it, or null.
    const char* read(const char* page, HeapPage& found) {
        found = {std::move(found.lengths)};
        found.lengths.clear();
        if (is_empty(page)) return nullptr;
        if (!sound_header(page)) return "invalid page header";
        const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
        const std::size_t pointers = (header->pd_lower - SizeOfPageHeaderData) / sizeof(ItemIdData);
        if (pointers > MaxHeapTuplesPerPage) return "too many line pointers";
        int stored = 0;
        for (std::size_t i = 0; i < pointers; ++i) {
            const ItemIdData& pointer = header->pd_linp[i];
            if (ItemIdIsDead(&pointer)) ++found.dead;
            if (!ItemIdIsNormal(&pointer)) continue;
            if (ItemIdGetOffset(&pointer) < header->pd_upper || !sound_pointer(pointer, header->pd_special))
                return "line pointer out of bounds";
            stored += MAXALIGN(ItemIdGetLength(&pointer));
            if (!take(page + ItemIdGetOffset(&pointer), static_cast<int>(ItemIdGetLength(&pointer)), found))
                return "damaged tuple";
        }
        if (stored > header->pd_special - header->pd_upper) return "overlapping tuples";
        return nullptr;
    }

private:
    static bool sound_pointer(const ItemIdData& pointer, int special) {
        const int offset = static_cast<int>(ItemIdGetOffset(&pointer));
        const int length = static_cast<int>(ItemIdGetLength(&pointer));
        return offset == static_cast<int>(MAXALIGN(offset)) && length >= static_cast<int>(SizeofHeapTupleHeader) &&
               offset + length <= special;
    }

    bool take(const char* bytes, int length, HeapPage& found) {
        // The server's macros want a writable tuple; they write nothing, and the page is our copy.
        auto* const tuple = reinterpret_cast<HeapTupleHeader>(const_cast<char*>(bytes));
        if (tuple->t_hoff < SizeofHeapTupleHeader || tuple->t_hoff > length || tuple->t_hoff != MAXALIGN(tuple->t_hoff))
            return false;
        switch (visibility_.fate(tuple)) {
            case Visibility::Fate::damaged:
                return false;
            case Visibility::Fate::dead:
                ++found.dead;
                return true;
            case Visibility::Fate::held:
                ++found.dead;
                ++found.held;
                break;
            case Visibility::Fate::live:
                ++found.live;
                break;
        }
        const int rewritten = columns_.rewritten_length(tuple, length);
        if (rewritten < 0) return false;
        found.lengths.push_back(static_cast<int>(MAXALIGN(rewritten)));
        return true;
    }

    Columns columns_;
    Visibility visibility_;
};

// What the free space map says, in bytes.  After a VACUUM it knows the empty pages, which a sample can
// only guess the number of; it need not be right.
class FreeSpace {
public:
    FreeSpace(const Storage& table, BlockNumber blocks) : units_(free_space_of(table, blocks)) {
        for (const std::uint8_t units : units_) total_ += units;
    }
    double of(BlockNumber block) const { return units_.empty() ? 0 : unit * units_[block]; }
    double total() const { return unit * static_cast<double>(total_); }

private:
    static constexpr double unit = BLCKSZ / 256;
    std::vector<std::uint8_t> units_;
    std::int64_t total_ = 0;
};

bloat::HeapPacker::Page page_of(const Storage& table) {
    const int fillfactor = table.fillfactor > 0 ? table.fillfactor : HEAP_DEFAULT_FILLFACTOR;
    return {
        .usable = BLCKSZ - static_cast<int>(SizeOfPageHeaderData),
        .reserved = BLCKSZ * (100 - fillfactor) / 100,
        .pointer = sizeof(ItemIdData),
        .max_tuples = static_cast<int>(MaxHeapTuplesPerPage),
    };
}

// One look after the other at a heap.
class HeapSurvey {
public:
    HeapSurvey(const Storage& table, BlockNumber blocks, TransactionId horizon)
        : table_(table), blocks_(blocks), heap_(table, horizon), packer_(page_of(table)) {}

    Look look(std::uint32_t count, std::uint64_t seed) {
        const bool whole = count >= blocks_;
        if (!whole && !free_) free_.emplace(table_, blocks_);
        // Few tuples on a page fill it the better or the worse by what comes next to what.  So they are
        // read in runs of pages, and what was packed in pieces before counts no more.
        const bool runs = !whole && read_before_ > 0 && tuples_before_ < few * read_before_;
        if (whole || runs) packer_ = bloat::HeapPacker(page_of(table_));
        if (runs) joints_ = bloat::HeapPacker::runs_of_pages;
        return read(whole ? bloat::BlockSample(blocks_, blocks_, seed) : sample(count, runs ? run : 1, seed),
                    runs ? run : 1);
    }

    // Half of the 95 % interval of the pages after a rewrite.
    double margin(const Look& all) const {
        if (all.certain()) return 0;
        const double sampled = all.whole ? 0 : packer_.margin(joints_) * all.bytes.value;
        return std::hypot(all.bytes.margin, sampled) * packer_.pages_per_byte();
    }

    Measurement result(const Look& all) {
        Measurement result;
        result.pages_read = pages_read_;
        result.take(all);
        if (all.pages == 0) return result;
        // The last page is a page, however little is on it.
        result.ideal_blocks =
            all.certain() ? std::ceil(packer_.pages()) : std::ceil(all.bytes.value * packer_.pages_per_byte());
        // By experience: the last page, and what the map and the order of the tuples do not tell.
        result.margin = all.certain() ? 0 : margin(all) + 1 + 0.001 * blocks_;
        if (all.damaged == 0) result.empty_tail = empty_tail(all.whole);
        result.pages_read = pages_read_;
        return result;
    }

private:
    // Blocks at the end that hold no tuple which VACUUM would keep, as far as the sample and the last pages show.
    std::int64_t empty_tail(bool whole) {
        std::int64_t from = blocks_;
        for (const BlockNumber block : empty_)
            if (block > last_kept_) from = std::min<std::int64_t>(from, block);
        const std::int64_t tail = bloat::empty_tail(blocks_, from);
        if (tail == 0 || whole) return tail;
        // One tuple on the last pages, and VACUUM cuts off nothing.
        constexpr std::int64_t last_pages = 32;
        std::vector<BlockNumber> last;
        for (std::int64_t block = std::max(from, blocks_ - last_pages); block < blocks_; ++block)
            last.push_back(static_cast<BlockNumber>(block));
        HeapPage found;
        bool empty = true;
        const std::int64_t damaged = read_pages(
            table_, last, [&](const char* page) { return heap_.read(page, found); },
            [&](std::size_t) { empty = empty && found.lengths.empty(); });
        pages_read_ += static_cast<std::int64_t>(last.size());
        return empty && damaged == 0 ? tail : 0;
    }

    static constexpr double few = 16;
    static constexpr std::uint32_t run = 8;

    // Of blocks, or of runs of them.
    bloat::BlockSample sample(std::uint32_t count, std::uint32_t length, std::uint64_t seed) const {
        return {(blocks_ + length - 1) / length, std::max(count / length, 1u), seed};
    }

    Look read(const bloat::BlockSample& sample, std::uint32_t length) {
        std::vector<BlockNumber> blocks;
        for (const std::uint32_t chosen : sample.blocks())
            for (BlockNumber i = chosen * length; i < std::min((chosen + 1) * length, blocks_); ++i)
                blocks.push_back(i);
        std::vector<Sums> sums(sample.size());
        Look here;
        HeapPage found;
        std::size_t stratum = 0;
        here.damaged = read_pages(
            table_, blocks, [&](const char* page) { return heap_.read(page, found); },
            [&](std::size_t i) {
                if (sample.blocks()[stratum] < blocks[i] / length) packer_.end_piece();
                while (sample.blocks()[stratum] < blocks[i] / length) ++stratum;
                pack(found, sums[stratum]);
                if (found.lengths.empty())
                    empty_.push_back(blocks[i]);
                else
                    last_kept_ = std::max<std::int64_t>(last_kept_, blocks[i]);
                if (free_) sums[stratum].free += free_->of(blocks[i]);
            });
        packer_.end_piece();
        std::vector<bloat::Stratum> kept;
        for (std::uint32_t i = 0; i < sample.size(); ++i) {
            const Sums& sum = sums[i];
            if (sum.pages == 0) continue;
            const double width = std::min(sample.start(i + 1) * length, blocks_) - sample.start(i) * length;
            kept.push_back({width, sum.bytes / sum.pages, sum.free / sum.pages});
            here.live += width * sum.live / sum.pages;
            here.dead += width * sum.dead / sum.pages;
            here.held += width * sum.held / sum.pages;
            here.pages += sum.pages;
            tuples_before_ += sum.live + sum.held;
        }
        here.whole = sample.whole();
        // A damaged page is missing in the sample, but not in the map.
        here.bytes = free_ && here.damaged == 0 && !here.whole ? bloat::hinted_total(kept, free_->total(), -1)
                                                               : bloat::stratified_total(kept);
        here.scale_to(blocks_, here.bytes.blocks);
        read_before_ += here.pages;
        pages_read_ += static_cast<std::int64_t>(blocks.size());
        return here;
    }

    // What the pages of a stratum that were read add up to.
    struct Sums {
        double pages = 0;
        double bytes = 0;
        double free = 0;
        double live = 0;
        double dead = 0;
        double held = 0;
    };

    void pack(const HeapPage& found, Sums& sum) {
        for (const int length : found.lengths) {
            packer_.add(length);
            sum.bytes += length + static_cast<int>(sizeof(ItemIdData));
        }
        sum.pages += 1;
        sum.live += found.live;
        sum.dead += found.dead;
        sum.held += found.held;
    }

    const Storage& table_;
    const BlockNumber blocks_;
    HeapReader heap_;
    bloat::HeapPacker packer_;
    double joints_ = bloat::HeapPacker::single_pages;
    std::optional<FreeSpace> free_;
    std::vector<BlockNumber> empty_;  // of the pages read, those without a tuple that is kept
    std::int64_t last_kept_ = -1;     // the last one with one
    double tuples_before_ = 0;
    double read_before_ = 0;
    std::int64_t pages_read_ = 0;
};

}  // namespace

Measurement measure_heap(const Storage& table, BlockNumber blocks, const Request& request, TransactionId horizon) {
    HeapSurvey survey(table, blocks, horizon);
    const Look all = take_looks(
        blocks, request, [&](std::uint32_t count, std::uint64_t seed) { return survey.look(count, seed); },
        [&](const Look& look) { return survey.margin(look); });
    return survey.result(all);
}

}  // namespace perfkit::pg

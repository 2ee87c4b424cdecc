#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

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
    std::array<int, MaxHeapTuplesPerPage> lengths;  // of the tuples that a rewrite keeps, aligned
    std::size_t kept = 0;
    int live = 0;
    int dead = 0;
    int held = 0;
    std::int64_t taken = 0;           // bytes that a rewrite takes over from the TOAST table
    std::vector<StoredValue> stored;  // values that it leaves there

    void clear() {
        kept = 0, live = dead = held = 0, taken = 0;
        stored.clear();
    }
    std::span<const int> tuples() const { return {lengths.data(), kept}; }
};

bool is_empty(const char* page) { return reinterpret_cast<const PageHeaderData*>(page)->pd_upper == 0; }

class HeapReader {
public:
    HeapReader(const Storage& table, TransactionId horizon) : columns_(table), visibility_(table, horizon) {}

    // Takes stock of a page; says what is wrong with it, or null.
    const char* read(const char* page, HeapPage& found) {
        found.clear();
        if (is_empty(page)) return nullptr;
        if (!sound_header(page, 0)) return "invalid page header";
        const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
        const std::size_t pointers = (header->pd_lower - SizeOfPageHeaderData) / sizeof(ItemIdData);
        if (pointers > MaxHeapTuplesPerPage) return "too many line pointers";
        int stored = 0;
        for (std::size_t i = 0; i < pointers; ++i) {
            const ItemIdData pointer = header->pd_linp[i];
            if (!ItemIdIsNormal(&pointer)) {
                found.dead += ItemIdIsDead(&pointer) ? 1 : 0;
                continue;
            }
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
        // Most tuples are known to be live, and stay as long as they are.
        constexpr std::uint16_t live = HEAP_XMIN_COMMITTED | HEAP_XMAX_INVALID;
        if ((tuple->t_infomask & (live | HEAP_MOVED | HEAP_HASEXTERNAL)) == live && columns_.as_stored(tuple)) {
            ++found.live;
            found.lengths[found.kept++] = static_cast<int>(MAXALIGN(length));
            return true;
        }
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
        const std::size_t before = found.stored.size();
        const Columns::Rewritten rewritten = columns_.rewritten(tuple, length, found.stored);
        if (rewritten.length < 0) return false;
        if (found.stored.size() > before && visibility_.other_version_kept(tuple))
            for (std::size_t i = before; i < found.stored.size(); ++i) found.stored[i].shared = true;
        found.taken += rewritten.taken;
        found.lengths[found.kept++] = static_cast<int>(MAXALIGN(rewritten.length));
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

// What a rewrite makes of a TOAST table, as the rows of its table tell.
struct ToastRewrite {
    bloat::Total taken;             // bytes of its tuples that come back into the rows
    std::optional<double> pages{};  // that it then has; known where all the rows were seen
};

// One look after the other at a heap.
class HeapSurvey {
public:
    // What becomes of its TOAST table is found out only where one is given.
    HeapSurvey(const Storage& table, BlockNumber blocks, TransactionId horizon, const Storage* toast = nullptr)
        : table_(table), toast_(toast), blocks_(blocks), heap_(table, horizon), packer_(page_of(table)) {}

    Look look(std::uint32_t count, std::uint64_t seed) {
        const bool whole = count >= blocks_;
        if (!whole && !free_) free_.emplace(table_, blocks_);
        // Few tuples on a page fill it the better or the worse by what comes next to what.  So they are
        // read in runs of pages, and what was packed in pieces before counts no more.
        const bool runs = !whole && few_on_a_page();
        if (whole || runs) packer_ = bloat::HeapPacker(page_of(table_));
        if (whole && toast_ != nullptr) values_.emplace(page_of(*toast_));
        if (runs) joints_ = bloat::HeapPacker::runs_of_pages;
        // The longer they are the fewer there are: neither is good for much below 8 pages or 32 runs.
        const std::uint32_t length = runs ? std::clamp(count / 32, 8u, 16u) : 1;
        return read(whole ? bloat::BlockSample(blocks_, blocks_, seed) : sample(count, length, seed), length);
    }

    // Half of the 95 % interval of the pages after a rewrite.
    double margin(const Look& all) const {
        if (all.certain()) return 0;
        const double sampled = all.whole ? 0 : packer_.margin(joints_) * all.bytes.value;
        return std::hypot(all.bytes.margin, sampled) * packer_.pages_per_byte();
    }

    // What of it more pages would make smaller.
    double reducible_margin(const Look& all) const {
        if (few_on_a_page() || all.certain()) return margin(all);
        return std::hypot(all.bytes.margin, packer_.margin(0) * all.bytes.value) * packer_.pages_per_byte();
    }

    Measurement result(const Look& all, const ToastRewrite& rewrite) {
        Measurement result;
        result.pages_read = pages_read_;
        result.take(all);
        if (all.pages == 0) return result;
        const double per_byte = packer_.pages_per_byte();
        const double kept = all.certain() ? packer_.pages() : all.bytes.value * per_byte;
        const double left = std::max(kept - rewrite.taken.value * per_byte, 0.0);
        // The last page is a page, however little is on it.
        result.ideal_blocks = std::ceil(rewrite.pages.value_or(left));
        // By experience: the last page, and what the map and the order of the tuples do not tell.
        if (!all.certain()) result.margin = (rewrite.pages ? 0 : margin(all)) + 1 + 0.001 * blocks_;
        result.margin = std::hypot(result.margin, rewrite.taken.margin * per_byte);
        if (all.damaged == 0) result.empty_tail = empty_tail(all.whole);
        result.pages_read = pages_read_;
        return result;
    }

    ToastRewrite toast_rewrite(const Look& all) const {
        return {all.taken, all.certain() && values_ ? values_->pages() : std::nullopt};
    }

    std::int64_t pages_read() const { return pages_read_; }

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
            [&](std::size_t) { empty = empty && found.kept == 0; });
        pages_read_ += static_cast<std::int64_t>(last.size());
        return empty && damaged == 0 ? tail : 0;
    }

    static constexpr std::size_t few = 16;
    bool few_on_a_page() const { return 2 * pages_with_few_ > pages_with_some_; }

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
                if (found.kept == 0) {
                    empty_.push_back(blocks[i]);
                } else {
                    last_kept_ = std::max<std::int64_t>(last_kept_, blocks[i]);
                    ++pages_with_some_;
                    pages_with_few_ += found.kept < few ? 1 : 0;
                }
                if (free_) sums[stratum].free += free_->of(blocks[i]);
            });
        packer_.end_piece();
        std::vector<bloat::Stratum> kept;
        std::vector<bloat::Stratum> taken;
        for (std::uint32_t i = 0; i < sample.size(); ++i) {
            const Sums& sum = sums[i];
            if (sum.pages == 0) continue;
            const double width = std::min(sample.start(i + 1) * length, blocks_) - sample.start(i) * length;
            kept.push_back({width, sum.bytes / sum.pages, sum.free / sum.pages});
            taken.push_back({width, sum.taken / sum.pages});
            here.live += width * sum.live / sum.pages;
            here.dead += width * sum.dead / sum.pages;
            here.held += width * sum.held / sum.pages;
            here.pages += sum.pages;
        }
        here.whole = sample.whole();
        // A damaged page is missing in the sample, but not in the map.
        here.bytes = free_ && here.damaged == 0 && !here.whole ? bloat::hinted_total(kept, free_->total(), -1)
                                                               : bloat::stratified_total(kept);
        here.taken = bloat::stratified_total(taken);
        here.scale_to(blocks_, here.bytes.blocks);
        pages_read_ += static_cast<std::int64_t>(blocks.size());
        return here;
    }

    // What the pages of a stratum that were read add up to.
    struct Sums {
        double pages = 0;
        double bytes = 0;
        double taken = 0;
        double free = 0;
        double live = 0;
        double dead = 0;
        double held = 0;
    };

    void pack(const HeapPage& found, Sums& sum) {
        if (values_) values_->add(found.stored);
        sum.bytes += static_cast<double>(packer_.add(found.tuples()));
        sum.taken += static_cast<double>(found.taken);
        sum.pages += 1;
        sum.live += found.live;
        sum.dead += found.dead;
        sum.held += found.held;
    }

    const Storage& table_;
    const Storage* const toast_;
    const BlockNumber blocks_;
    HeapReader heap_;
    bloat::HeapPacker packer_;
    std::optional<ToastPacker> values_;  // where the table is read whole
    double joints_ = bloat::HeapPacker::single_pages;
    std::optional<FreeSpace> free_;
    std::vector<BlockNumber> empty_;    // of the pages read, those without a tuple that is kept
    std::int64_t last_kept_ = -1;       // the last one with one
    std::int64_t pages_with_some_ = 0;  // tuples that are kept
    std::int64_t pages_with_few_ = 0;
    std::int64_t pages_read_ = 0;
};

// Of a TOAST table, as far as the pages of its table show it; that is left alone where it would have to be waited for.
ToastRewrite rewrite_of(const Storage& toast, BlockNumber toast_blocks, Request request, Horizons& horizons,
                        std::int64_t& pages_read) {
    // No more is read than of the TOAST table, and of one of a few pages it would tell next to nothing.
    constexpr BlockNumber small = 8;
    if (toast.kind != RELKIND_TOASTVALUE || (toast_blocks < small && !request.exact)) return {};
    Storage table;
    const Oid oid = table_of(toast);
    if (oid == toast.oid || !try_lock(oid)) return {};
    const std::int64_t blocks = find_storage(oid, table) && table.has_file() ? blocks_of(table) : 0;
    ToastRewrite rewrite;
    if (blocks > 0 && table.access_method == toast.access_method) {
        request.limits.at_most = std::min(request.limits.at_most, toast_blocks);
        request.limits.at_least = std::min(request.limits.at_least, toast_blocks);
        HeapSurvey survey(table, static_cast<BlockNumber>(blocks), horizons.of(table), &toast);
        const double share = static_cast<double>(blocks) / toast_blocks;
        const Look all = take_looks(
            static_cast<BlockNumber>(blocks), request,
            [&](std::uint32_t count, std::uint64_t seed) { return survey.look(count, seed); },
            [&](const Look& look) { return look.taken.margin / BLCKSZ * share; });
        rewrite = survey.toast_rewrite(all);
        pages_read = survey.pages_read();
    }
    unlock(oid);
    return rewrite;
}

}  // namespace

Measurement measure_heap(const Storage& table, BlockNumber blocks, const Request& usual, Horizons& horizons) {
    Request request = usual;
    // Rows lie more evenly than a B-tree's leaves, so that less will do at first.  But dead ones in clusters that no map
    // knows of are found by chance alone, and a page of a heap costs little.
    request.limits.share = 0.015;
    request.limits.at_least = std::min(request.limits.at_least, 48u);
    request.limits.largest_share = 0.18;
    request.limits.small_enough = 512;
    request.limits.margin = 0.015;
    HeapSurvey survey(table, blocks, horizons.of(table));
    const Look all = take_looks(
        blocks, request, [&](std::uint32_t count, std::uint64_t seed) { return survey.look(count, seed); },
        [&](const Look& look) { return survey.reducible_margin(look); });
    std::int64_t more = 0;
    const ToastRewrite rewrite = rewrite_of(table, blocks, usual, horizons, more);
    Measurement result = survey.result(all, rewrite);
    result.pages_read += more;
    return result;
}

}  // namespace perfkit::pg

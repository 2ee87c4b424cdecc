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

bloat::HeapPacker::Page page_of(const Storage& table) {
    const int fillfactor = table.fillfactor > 0 ? table.fillfactor : HEAP_DEFAULT_FILLFACTOR;
    return {
        .usable = BLCKSZ - static_cast<int>(SizeOfPageHeaderData),
        .reserved = BLCKSZ * (100 - fillfactor) / 100,
        .pointer = sizeof(ItemIdData),
        .max_tuples = static_cast<int>(MaxHeapTuplesPerPage),
    };
}

}  // namespace

Measurement measure_heap(const Storage& table, BlockNumber blocks, const Request& request, TransactionId horizon) {
    Measurement result;
    HeapReader heap(table, horizon);
    HeapPage found;
    bloat::HeapPacker packer(page_of(table));

    const auto look = [&](std::uint32_t count, std::uint64_t seed) {
        const bloat::BlockSample sample(blocks, count, seed);
        if (sample.whole()) packer = bloat::HeapPacker(page_of(table));
        Look here;
        std::vector<bloat::Stratum> kept;
        kept.reserve(sample.size());
        here.damaged = read_pages(
            table, sample.blocks(), [&](const char* page) { return heap.read(page, found); },
            [&](std::size_t i) {
                double bytes = 0;
                for (const int length : found.lengths) {
                    packer.add(length);
                    bytes += length + static_cast<int>(sizeof(ItemIdData));
                }
                const double width = sample.width(static_cast<std::uint32_t>(i));
                kept.push_back({width, bytes});
                here.live += width * found.live;
                here.dead += width * found.dead;
                here.held += width * found.held;
            });
        here.pages = static_cast<double>(kept.size());
        here.whole = sample.whole();
        here.bytes = bloat::stratified_total(kept);
        here.scale_to(blocks, here.bytes.blocks);
        result.pages_read += sample.size();
        return here;
    };
    const Look all = take_looks(blocks, request, look, [&] { return packer.pages_per_byte(); });
    result.take(all);
    if (all.pages == 0) return result;
    result.ideal_blocks = all.certain() ? std::ceil(packer.pages()) : all.bytes.value * packer.pages_per_byte();
    result.margin = all.bytes.margin * packer.pages_per_byte();
    return result;
}

}  // namespace perfkit::pg

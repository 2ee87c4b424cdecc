// What GIN, BRIN and hash indexes tell of themselves.  How large a rebuilt one would be, they do not.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>

#include "bloat.hpp"

extern "C" {
#include "access/brin_page.h"
#include "access/ginblock.h"
// It sizes an array by this macro of the server.
#define Min(a, b) ((a) < (b) ? (a) : (b))
#include "access/hash.h"
#undef Min
#include "catalog/pg_am_d.h"
#include "storage/bufpage.h"
}

namespace perfkit::pg {

namespace {

constexpr std::int64_t worth_while = 1024 * 1024 / BLCKSZ;  // pages

std::string number(double value) { return std::to_string(std::llround(value)); }

const char* contents(const char* page) { return page + MAXALIGN(SizeOfPageHeaderData); }

OtherIndex gin(const Storage& index) {
    PageReader pages(index);
    const char* const page = pages.read(GIN_METAPAGE_BLKNO);
    pages.close();
    if (page == nullptr) return {};
    const auto* const meta = reinterpret_cast<const GinMetaPageData*>(contents(page));
    if (meta->ginVersion < 0 || meta->ginVersion > GIN_CURRENT_VERSION) return {};
    OtherIndex known;
    known.detail = "pending list: " + number(meta->nPendingPages) + " pages with " +
                   number(static_cast<double>(meta->nPendingHeapTuples)) +
                   " rows; at the last VACUUM or build: " + number(meta->nEntryPages) + " entry pages with " +
                   number(static_cast<double>(meta->nEntries)) + " keys, " + number(meta->nDataPages) +
                   " posting tree pages";
    if (meta->nPendingPages >= worth_while) known.remedy = "gin_clean_pending_list";
    return known;
}

OtherIndex brin(const Storage& index, BlockNumber blocks) {
    BrinMetaPageData meta{};
    PageReader pages(index);
    if (const char* const page = pages.read(BRIN_METAPAGE_BLKNO))
        meta = *reinterpret_cast<const BrinMetaPageData*>(contents(page));
    pages.close();
    if (meta.brinMagic != BRIN_META_MAGIC || meta.pagesPerRange == 0) return {};
    Storage table;
    if (!find_storage(table_of(index), table)) return {};
    const std::int64_t table_blocks = std::max<std::int64_t>(blocks_of(table), 0);
    const std::int64_t ranges = (table_blocks + meta.pagesPerRange - 1) / meta.pagesPerRange;
    // The map of the ranges follows the meta page.
    std::int64_t summarized = 0;
    std::vector<BlockNumber> map;
    for (BlockNumber block = 1; block <= meta.lastRevmapPage && block < blocks; ++block) map.push_back(block);
    std::int64_t seen = 0;
    const auto inspect = [&](const char* page) -> const char* {
        const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
        if (header->pd_special != BLCKSZ - MAXALIGN(sizeof(BrinSpecialSpace))) return "invalid page header";
        seen = 0;
        const auto* const ranges_here = reinterpret_cast<const RevmapContents*>(contents(page));
        for (std::size_t i = 0; i < REVMAP_PAGE_MAXITEMS; ++i)
            if (ItemPointerIsValid(&ranges_here->rm_tids[i])) ++seen;
        return nullptr;
    };
    read_pages(index, map, inspect, [&](std::size_t) { summarized += seen; });
    OtherIndex known;
    known.detail = number(static_cast<double>(std::min(summarized, ranges))) + " of " +
                   number(static_cast<double>(ranges)) + " block ranges summarized";
    // The last range waits until it is full.
    if (ranges - summarized > 1 && (ranges - summarized) * 20 > ranges) known.remedy = "brin_summarize_new_values";
    return known;
}

OtherIndex hash(const Storage& index, BlockNumber blocks) {
    HashMetaPageData meta{};
    PageReader pages(index);
    if (const char* const page = pages.read(HASH_METAPAGE))
        meta = *reinterpret_cast<const HashMetaPageData*>(contents(page));
    pages.close();
    if (meta.hashm_magic != HASH_MAGIC || meta.hashm_ovflpoint >= HASH_MAX_SPLITPOINTS ||
        meta.hashm_nmaps > std::size(meta.hashm_mapp))
        return {};
    // Overflow pages are allocated for good; a zero in the bitmap is a free one.
    std::vector<BlockNumber> maps;
    for (std::uint32_t i = 0; i < meta.hashm_nmaps; ++i)
        if (meta.hashm_mapp[i] < blocks) maps.push_back(meta.hashm_mapp[i]);
    const std::size_t bytes = std::min<std::size_t>(meta.hashm_bmsize, BLCKSZ - MAXALIGN(SizeOfPageHeaderData));
    std::int64_t here = 0;
    std::int64_t free = 0;
    const auto inspect = [&](const char* page) -> const char* {
        here = 0;
        for (std::size_t i = 0; i < bytes; ++i)
            here += 8 - std::popcount(static_cast<unsigned char>(contents(page)[i]));
        return nullptr;
    };
    read_pages(index, maps, inspect, [&](std::size_t) { free += here; });
    OtherIndex known;
    known.detail = number(meta.hashm_ntuples) + " entries in " + number(meta.hashm_maxbucket + 1.0) + " buckets with " +
                   number(meta.hashm_spares[meta.hashm_ovflpoint]) + " overflow and bitmap pages, " +
                   number(static_cast<double>(free)) + " of them free";
    return known;
}

}  // namespace

OtherIndex look_at_other_index(const Storage& index, BlockNumber blocks) {
    switch (index.access_method) {
        case GIN_AM_OID:
            return gin(index);
        case BRIN_AM_OID:
            return brin(index, blocks);
        case HASH_AM_OID:
            return hash(index, blocks);
        default:
            return {};
    }
}

}  // namespace perfkit::pg

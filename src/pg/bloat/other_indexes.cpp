// What GIN, BRIN and hash indexes tell of themselves.  How large a rebuilt one would be, they do not.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

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

const char* special(const char* page, std::size_t size) { return page + BLCKSZ - MAXALIGN(size); }

bool is_gin_meta(const char* page, const GinMetaPageData& meta) {
    const auto* const opaque = reinterpret_cast<const GinPageOpaqueData*>(special(page, sizeof(GinPageOpaqueData)));
    return (opaque->flags & GIN_META) != 0 && meta.ginVersion >= 0 && meta.ginVersion <= GIN_CURRENT_VERSION;
}

// The type of a BRIN page is in the last bytes of its special space.
bool is_brin(const char* page, std::uint16_t type) {
    const auto* const space = reinterpret_cast<const BrinSpecialSpace*>(special(page, sizeof(BrinSpecialSpace)));
    return space->vector[MAXALIGN(1) / sizeof(std::uint16_t) - 1] == type;
}

bool is_brin_meta(const char* page, const BrinMetaPageData& meta) {
    return is_brin(page, BRIN_PAGETYPE_META) && meta.brinMagic == BRIN_META_MAGIC &&
           meta.brinVersion == BRIN_CURRENT_VERSION && meta.pagesPerRange != 0;
}

const HashPageOpaqueData& hash_space(const char* page) {
    return *reinterpret_cast<const HashPageOpaqueData*>(special(page, sizeof(HashPageOpaqueData)));
}

bool is_hash(const char* page) { return hash_space(page).hasho_page_id == HASHO_PAGE_ID; }

bool is_hash_meta(const char* page, const HashMetaPageData& meta) {
    return is_hash(page) && (hash_space(page).hasho_flag & LH_PAGE_TYPE) == LH_META_PAGE &&
           meta.hashm_magic == HASH_MAGIC && meta.hashm_version == HASH_VERSION &&
           meta.hashm_ovflpoint < HASH_MAX_SPLITPOINTS && meta.hashm_nmaps <= std::size(meta.hashm_mapp);
}

// What the meta page says, which is the first one of each; nothing where that is none, which is then reported.
template <typename Meta, typename Sound>
std::optional<Meta> read_meta(const Storage& index, std::size_t special_size, Sound sound) {
    std::optional<Meta> meta;
    const auto inspect = [&](const char* page) -> const char* {
        if (!sound_header(page, special_size)) return "invalid page header";
        meta = *reinterpret_cast<const Meta*>(contents(page));
        return sound(page, *meta) ? nullptr : "not a meta page";
    };
    if (read_pages(index, {0}, inspect, [](std::size_t) {}) > 0) return std::nullopt;
    return meta;
}

OtherIndex gin(const Storage& index) {
    const auto meta = read_meta<GinMetaPageData>(index, sizeof(GinPageOpaqueData), is_gin_meta);
    if (!meta) return {};
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
    const auto meta = read_meta<BrinMetaPageData>(index, sizeof(BrinSpecialSpace), is_brin_meta);
    if (!meta) return {};
    Storage table;
    if (!find_storage(table_of(index), table)) return {};
    const std::int64_t table_blocks = std::max<std::int64_t>(blocks_of(table), 0);
    const std::int64_t ranges = (table_blocks + meta->pagesPerRange - 1) / meta->pagesPerRange;
    // The map of the ranges follows the meta page.
    std::int64_t summarized = 0;
    std::vector<BlockNumber> map;
    for (BlockNumber block = 1; block <= meta->lastRevmapPage && block < blocks; ++block) map.push_back(block);
    std::int64_t seen = 0;
    const auto inspect = [&](const char* page) -> const char* {
        if (!sound_header(page, sizeof(BrinSpecialSpace))) return "invalid page header";
        seen = 0;
        if (is_brin(page, BRIN_PAGETYPE_REGULAR)) return nullptr;  // by fault of the meta page
        if (!is_brin(page, BRIN_PAGETYPE_REVMAP)) return "not a page of the range map";
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
    const auto meta = read_meta<HashMetaPageData>(index, sizeof(HashPageOpaqueData), is_hash_meta);
    if (!meta) return {};
    // Overflow pages are allocated for good; a zero in the bitmap is a free one.
    std::vector<BlockNumber> maps;
    for (std::uint32_t i = 0; i < meta->hashm_nmaps; ++i)
        if (meta->hashm_mapp[i] < blocks) maps.push_back(meta->hashm_mapp[i]);
    const std::size_t bytes = std::min<std::size_t>(
        meta->hashm_bmsize, BLCKSZ - MAXALIGN(SizeOfPageHeaderData) - MAXALIGN(sizeof(HashPageOpaqueData)));
    std::int64_t here = 0;
    std::int64_t free = 0;
    const auto inspect = [&](const char* page) -> const char* {
        if (!sound_header(page, sizeof(HashPageOpaqueData))) return "invalid page header";
        if (!is_hash(page)) return "not a page of a hash index";
        here = 0;
        if ((hash_space(page).hasho_flag & LH_PAGE_TYPE) != LH_BITMAP_PAGE)
            return nullptr;  // by fault of the meta page
        for (std::size_t i = 0; i < bytes; ++i)
            here += 8 - std::popcount(static_cast<unsigned char>(contents(page)[i]));
        return nullptr;
    };
    read_pages(index, maps, inspect, [&](std::size_t) { free += here; });
    OtherIndex known;
    known.detail = number(meta->hashm_ntuples) + " entries in " + number(meta->hashm_maxbucket + 1.0) +
                   " buckets with " + number(meta->hashm_spares[meta->hashm_ovflpoint]) +
                   " overflow and bitmap pages, " + number(static_cast<double>(free)) + " of them free";
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

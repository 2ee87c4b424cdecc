// The way down a B-tree to its leaves.
//
// Sampling the leaves from a list of them, instead of any pages of the file, keeps the number of leaves
// out of the estimate's error: the pages that hold none (internal, emptied, deleted ones) are few or
// many, but always known.  The levels above the leaves are a hundredth of the tree or less; where even
// that is too much, a sample of each level stands for it.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "bloat.hpp"

extern "C" {
#include "access/nbtree.h"
#include "storage/bufpage.h"
}

namespace perfkit::pg {

namespace {

// Pages of one level with the number of pages that each stands for.
using Level = Leaves;

// Keeps at most `most` pages of a level.
Level thinned(const Level& level, std::uint32_t most, std::uint64_t seed) {
    const auto size = static_cast<std::uint32_t>(level.blocks.size());
    if (size <= most) return level;
    const bloat::BlockSample sample(size, most, seed);
    Level kept{.total = level.total,
               .margin = level.margin,
               .pages_read = level.pages_read,
               .above = level.above,
               .sound = level.sound};
    for (std::uint32_t i = 0; i < sample.size(); ++i) {
        const std::uint32_t chosen = sample.blocks()[i];
        kept.blocks.push_back(level.blocks[chosen]);
        kept.weights.push_back(level.weights[chosen] * sample.width(i));
    }
    return kept;
}

// What an internal page points to.
struct Children {
    std::vector<BlockNumber> blocks;
    bool where_expected = true;  // the page is one of its level, or has been deleted
};

// Reads the children of a page of this level; says what is wrong with it, or null.
const char* read_children(const char* page, std::uint32_t depth, const Storage& index, BlockNumber blocks,
                          Children& children) {
    children.blocks.clear();
    children.where_expected = true;
    if (const char* const wrong = check_btree_page(page)) return wrong;
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    if (header->pd_upper == 0) return "not in use";
    const auto* const opaque = reinterpret_cast<const BTPageOpaqueData*>(page + header->pd_special);
    if ((opaque->btpo_flags & (BTP_DELETED | BTP_HALF_DEAD)) != 0) return nullptr;
    // The fault may be with the page above, or nobody's: this one has been deleted and used anew since.
    children.where_expected = (opaque->btpo_flags & (BTP_META | BTP_LEAF)) == 0 && opaque->btpo_level == depth;
    if (!children.where_expected) return nullptr;
    const int items = btree_items(page);
    for (int i = opaque->btpo_next == P_NONE ? 0 : 1; i < items; ++i) {
        const BlockNumber child = ItemPointerGetBlockNumberNoCheck(&btree_item(page, header->pd_linp[i])->t_tid);
        // A page that has been added since the index was looked at is left out.
        if (child == BTREE_METAPAGE || (child >= blocks && child >= blocks_of(index))) return "downlink out of bounds";
        if (child < blocks) children.blocks.push_back(child);
    }
    return nullptr;
}

// One level down.
Level children_of(const Storage& index, Level parents, std::uint32_t depth, BlockNumber blocks) {
    Level level{.pages_read = parents.pages_read + static_cast<std::int64_t>(parents.blocks.size()),
                .above = std::move(parents.above),
                .sound = parents.sound};
    Children children;
    std::vector<bool> elsewhere(parents.blocks.size());
    std::vector<bloat::Stratum> strata;
    read_pages(
        index, parents.blocks, [&](const char* page) { return read_children(page, depth, index, blocks, children); },
        [&](std::size_t i) {
            // No two pages have the same child, so that there cannot be more of them than pages.
            elsewhere[i] = !children.where_expected || level.blocks.size() + children.blocks.size() > blocks;
            if (elsewhere[i]) return;
            const double weight = parents.weights[i];
            level.blocks.insert(level.blocks.end(), children.blocks.begin(), children.blocks.end());
            level.weights.insert(level.weights.end(), children.blocks.size(), weight);
            strata.push_back({weight, static_cast<double>(children.blocks.size())});
        });
    for (std::size_t i = 0; i < parents.blocks.size(); ++i)
        if (!elsewhere[i]) level.above.push_back(parents.blocks[i]);
    level.sound = level.sound && strata.size() == parents.blocks.size();
    const bloat::Total count = bloat::stratified_total(strata);
    const double scale = count.blocks > 0 ? parents.total / count.blocks : 1;  // damaged pages count as the others
    for (double& weight : level.weights) weight *= scale;
    level.total = count.value * scale;
    const double relative =
        count.value > 0 ? std::hypot(count.margin / count.value, parents.margin / parents.total) : 0;
    level.margin = relative * level.total;
    return level;
}

}  // namespace

int btree_items(const char* page) {
    if (!sound_header(page, sizeof(BTPageOpaqueData))) return -1;
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    return (header->pd_lower - static_cast<int>(SizeOfPageHeaderData)) / static_cast<int>(sizeof(ItemIdData));
}

const char* check_btree_page(const char* page) {
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    if (header->pd_upper == 0) return nullptr;  // never used
    const int items = btree_items(page);
    if (items < 0) return "invalid page header";
    const auto* const opaque = reinterpret_cast<const BTPageOpaqueData*>(page + header->pd_special);
    if ((opaque->btpo_flags & BTP_META) != 0) {
        const auto* const meta = reinterpret_cast<const BTMetaPageData*>(page + MAXALIGN(SizeOfPageHeaderData));
        return meta->btm_magic == BTREE_MAGIC ? nullptr : "not a meta page";
    }
    if ((opaque->btpo_flags & BTP_DELETED) != 0) return nullptr;  // no items are left
    for (int i = 0; i < items; ++i)
        if (btree_item(page, header->pd_linp[i]) == nullptr) return "line pointer out of bounds";
    return nullptr;
}

std::optional<Leaves> find_leaves(const Storage& index, BlockNumber blocks, std::uint32_t most, std::uint64_t seed) {
    BTMetaPageData meta{};
    {
        PageReader pages(index);
        const char* const page = pages.read(BTREE_METAPAGE);
        pages.close();
        if (page == nullptr) return std::nullopt;
        meta = *reinterpret_cast<const BTMetaPageData*>(page + MAXALIGN(SizeOfPageHeaderData));
    }
    constexpr std::uint32_t highest = 30;  // no tree of 2^32 pages is higher
    if (meta.btm_magic != BTREE_MAGIC || meta.btm_root == P_NONE || meta.btm_root >= blocks || meta.btm_level > highest)
        return std::nullopt;
    Level level{.blocks = {meta.btm_root}, .weights = {1}, .total = 1, .pages_read = 1};
    for (std::uint32_t depth = meta.btm_level; depth > 0; --depth)
        level = children_of(index, thinned(level, most, seed + depth), depth, blocks);
    // A tree that points to more pages than there are is none.
    if (level.total > 1.5 * blocks) level.blocks.clear();
    level.sound = level.sound && !level.blocks.empty();
    return level;
}

}  // namespace perfkit::pg

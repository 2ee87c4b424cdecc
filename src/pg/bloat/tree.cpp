// The way down a B-tree to its leaves.
//
// Sampling the leaves from a list of them, instead of any pages of the file, keeps the number of leaves
// out of the estimate's error: the pages that hold none (internal, emptied, deleted ones) are few or
// many, but always known.  The levels above the leaves are a hundredth of the tree or less; where even
// that is too much, a sample of each level stands for it.

#include <cmath>

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
    Level kept{.total = level.total, .margin = level.margin, .pages_read = level.pages_read};
    for (std::uint32_t i = 0; i < sample.size(); ++i) {
        const std::uint32_t chosen = sample.blocks()[i];
        kept.blocks.push_back(level.blocks[chosen]);
        kept.weights.push_back(level.weights[chosen] * sample.width(i));
    }
    return kept;
}

// Reads the children that an internal page of this level points to; says what is wrong, or null.
const char* read_children(const char* page, std::uint32_t depth, BlockNumber blocks,
                          std::vector<BlockNumber>& children) {
    children.clear();
    const int items = btree_items(page);
    if (items < 0) return "invalid page header";
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    const auto* const opaque = reinterpret_cast<const BTPageOpaqueData*>(page + header->pd_special);
    if ((opaque->btpo_flags & (BTP_META | BTP_DELETED | BTP_HALF_DEAD)) != 0) return nullptr;
    if ((opaque->btpo_flags & BTP_LEAF) != 0 || opaque->btpo_level != depth) return "not an internal page of its level";
    for (int i = opaque->btpo_next == P_NONE ? 0 : 1; i < items; ++i) {
        const IndexTupleData* const item = btree_item(page, header->pd_linp[i]);
        if (item == nullptr) return "line pointer out of bounds";
        const BlockNumber child = ItemPointerGetBlockNumberNoCheck(&item->t_tid);
        if (child == BTREE_METAPAGE || child >= blocks) return "downlink out of bounds";
        children.push_back(child);
    }
    return nullptr;
}

// One level down.
Level children_of(const Storage& index, const Level& parents, std::uint32_t depth, BlockNumber blocks) {
    Level level{.pages_read = parents.pages_read + static_cast<std::int64_t>(parents.blocks.size())};
    std::vector<BlockNumber> children;
    std::vector<bloat::Stratum> strata;
    read_pages(
        index, parents.blocks, [&](const char* page) { return read_children(page, depth, blocks, children); },
        [&](std::size_t i) {
            const double weight = parents.weights[i];
            level.blocks.insert(level.blocks.end(), children.begin(), children.end());
            level.weights.insert(level.weights.end(), children.size(), weight);
            strata.push_back({weight, static_cast<double>(children.size())});
        });
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
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    if (header->pd_special != BLCKSZ - MAXALIGN(sizeof(BTPageOpaqueData)) || header->pd_lower < SizeOfPageHeaderData ||
        header->pd_lower > header->pd_upper || header->pd_upper > header->pd_special)
        return -1;
    return (header->pd_lower - static_cast<int>(SizeOfPageHeaderData)) / static_cast<int>(sizeof(ItemIdData));
}

const IndexTupleData* btree_item(const char* page, const ItemIdData& pointer) {
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    const unsigned offset = ItemIdGetOffset(&pointer);
    const unsigned length = ItemIdGetLength(&pointer);
    if (offset < header->pd_upper || offset != MAXALIGN(offset) || length < sizeof(IndexTupleData) ||
        offset + length > header->pd_special)
        return nullptr;
    const auto* const item = reinterpret_cast<const IndexTupleData*>(page + offset);
    return IndexTupleSize(item) >= sizeof(IndexTupleData) && IndexTupleSize(item) <= length ? item : nullptr;
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
    if (level.blocks.empty() || level.total > 1.5 * blocks) return std::nullopt;
    return level;
}

}  // namespace perfkit::pg

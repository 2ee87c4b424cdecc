#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "leaf.hpp"

namespace perfkit::pg {

namespace {

constexpr int pointer_bytes = sizeof(ItemIdData);
constexpr int page_room =
    BLCKSZ - static_cast<int>(SizeOfPageHeaderData) - static_cast<int>(MAXALIGN(sizeof(BTPageOpaqueData)));

// A build merges equal keys where the options allow it, the index is not unique, and equal keys of
// its types have the same bytes, which the meta page remembers.
bool merges_equal_keys(const Storage& index) {
    IndexRow row;
    if (!index.deduplicate || !find_index(index.oid, row) || row.unique) return false;
    PageReader pages(index);
    const char* const page = pages.read(BTREE_METAPAGE);
    pages.close();
    if (page == nullptr) return false;
    const auto* const meta = reinterpret_cast<const BTMetaPageData*>(page + MAXALIGN(SizeOfPageHeaderData));
    return meta->btm_magic == BTREE_MAGIC && meta->btm_version == BTREE_VERSION && meta->btm_allequalimage;
}

bloat::BtreePacker::Page page_of(const Storage& index) {
    const int fillfactor = index.fillfactor > 0 ? index.fillfactor : BTREE_DEFAULT_FILLFACTOR;
    return {
        .usable = page_room - pointer_bytes,
        .reserved = BLCKSZ * (100 - fillfactor) / 100,
        .pointer = pointer_bytes,
        .heap_tid = MAXALIGN(sizeof(ItemPointerData)),
    };
}

// One look after the other at the leaves of an index.
class LeafSurvey {
public:
    // every_page: those that no figure needs as well.
    LeafSurvey(const Storage& index, BlockNumber blocks, bool every_page)
        : index_(index),
          blocks_(blocks),
          every_page_(every_page),
          merges_(merges_equal_keys(index)),
          packer_(page_of(index)) {}

    Look look(std::uint32_t count, std::uint64_t seed) {
        if (count >= blocks_) return look_at_all();
        if (!leaves_) leaves_ = find_leaves(index_, blocks_, count, seed);
        if (!leaves_ || leaves_->blocks.empty()) return look_at_all();
        above_leaves_ = leaves_->pages_read;
        const bloat::BlockSample sample(static_cast<std::uint32_t>(leaves_->blocks.size()), count, seed);
        std::vector<BlockNumber> chosen;
        std::vector<double> widths;
        for (std::uint32_t i = 0; i < sample.size(); ++i) {
            const auto first = leaves_->weights.begin() + sample.start(i);
            chosen.push_back(leaves_->blocks[sample.blocks()[i]]);
            widths.push_back(std::accumulate(first, first + sample.width(i), 0.0));
        }
        // They are read in the order of the file, since that is faster.
        std::vector<std::size_t> order(chosen.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return chosen[a] < chosen[b]; });
        Look here = read(chosen, widths, order, false);
        here.scale_to(leaves_->total, here.bytes.blocks);
        here.bytes.margin = std::hypot(here.bytes.margin, here.bytes.value * leaves_->margin / leaves_->total);
        return here;
    }

    double pages_per_byte() const { return packer_.pages_per_byte(); }
    Measurement result(const Look& all) const;

private:
    // Every leaf in the order of the keys, and then, if asked for, the pages that the tree does not lead to, for what
    // is wrong with them; or every page but those above the leaves in the order of the file, where something is wrong
    // above the leaves.
    Look look_at_all() {
        packer_ = bloat::BtreePacker(page_of(index_));
        part_ = high_keys_ = high_key_bytes_ = 0;
        const auto tree = find_leaves(index_, blocks_, std::numeric_limits<std::uint32_t>::max(), 0);
        std::vector<bool> seen(blocks_);
        if (tree) {
            above_leaves_ = tree->pages_read;
            for (const BlockNumber block : tree->above) seen[block] = true;
        }
        const bool in_order = tree && tree->sound && all_new(tree->blocks, seen);
        std::vector<BlockNumber> rest;
        for (BlockNumber block = 0; block < blocks_; ++block)
            if (!seen[block]) rest.push_back(block);
        const std::vector<BlockNumber>& blocks = in_order ? tree->blocks : rest;
        std::vector<std::size_t> order(blocks.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        Look here = read(blocks, std::vector<double>(blocks.size(), 1), order, in_order);
        here.scale_to(static_cast<double>(blocks.size()), here.bytes.blocks);
        here.whole = true;
        if (in_order && every_page_) {
            read_pages(index_, rest, check_btree_page, [](std::size_t) {});
            pages_read_ += static_cast<std::int64_t>(rest.size()) - 1;  // the meta page counts as read already
        }
        return here;
    }

    // None of the blocks has been seen, or comes twice; they then have been.
    static bool all_new(const std::vector<BlockNumber>& blocks, std::vector<bool>& seen) {
        std::vector<bool> with_these = seen;
        for (const BlockNumber block : blocks) {
            if (with_these[block]) return false;
            with_these[block] = true;
        }
        seen = std::move(with_these);
        return true;
    }

    // Reads blocks, of which the i-th stands for widths[i], by way of `order`.
    Look read(const std::vector<BlockNumber>& blocks, const std::vector<double>& widths,
              const std::vector<std::size_t>& order, bool every_leaf) {
        LeafReader leaves(merges_, every_leaf);
        LeafPage found;
        Look here;
        std::vector<BlockNumber> in_order;
        for (const std::size_t i : order) in_order.push_back(blocks[i]);
        std::vector<bloat::Stratum> kept(blocks.size(), {0, 0});
        here.damaged = read_pages(
            index_, in_order, [&](const char* page) { return leaves.read(page, found); },
            [&](std::size_t i) {
                leaves.keep();
                const double width = widths[order[i]];
                kept[order[i]] = {width, pack(found)};
                count(found, width, here);
            });
        leaves.finish(found);
        pack(found);
        std::erase_if(kept, [](const bloat::Stratum& stratum) { return stratum.width == 0; });
        here.pages = static_cast<double>(kept.size());
        here.bytes = bloat::stratified_total(kept);
        pages_read_ += static_cast<std::int64_t>(blocks.size());
        return here;
    }

    // Packs what was found on a page; its bytes.
    double pack(const LeafPage& found) {
        std::int64_t bytes = 0;
        for (const LeafPage::Item& item : found.items) {
            packer_.add(item.length, item.posting);
            bytes += item.length + pointer_bytes;
        }
        // The parts of lists that were cut at the pages' ends make up whole ones.
        part_ += found.part;
        if (part_ >= 1) {
            packer_.add(found.part_of.length, found.part_of.posting);
            part_ -= 1;
        }
        return static_cast<double>(bytes) + found.part * (found.part_of.length + pointer_bytes);
    }

    void count(const LeafPage& found, double width, Look& here) {
        here.live += width * found.entries;
        here.dead += width * found.dead;
        if (found.in_use) {
            here.leaves += width;
            here.leaf_free += width * found.free;
        }
        if (found.high_key > 0) {
            high_keys_ += 1;
            high_key_bytes_ += found.high_key;
        }
    }

    const Storage& index_;
    const BlockNumber blocks_;
    const bool every_page_;
    const bool merges_;
    std::optional<Leaves> leaves_;
    bloat::BtreePacker packer_;
    double part_ = 0;
    double high_keys_ = 0;
    double high_key_bytes_ = 0;
    std::int64_t pages_read_ = 0;
    std::int64_t above_leaves_ = 0;
};

Measurement LeafSurvey::result(const Look& all) const {
    Measurement result;
    result.pages_read = pages_read_ + above_leaves_;
    result.take(all);
    if (all.pages == 0) return result;
    if (all.leaves > 0) result.leaf_density = 100 - 100 * all.leaf_free / (all.leaves * page_room);
    const double leaves = all.certain() ? std::ceil(packer_.pages()) : all.bytes.value * pages_per_byte();
    const double pivot = pointer_bytes + (high_keys_ > 0 ? high_key_bytes_ / high_keys_ : sizeof(IndexTupleData));
    const double room = page_room - pointer_bytes - BLCKSZ * (100 - BTREE_NONLEAF_FILLFACTOR) / 100;
    // An empty index is its meta page.
    const double internal = bloat::internal_pages(leaves, pivot, room);
    result.ideal_blocks = 1 + leaves + internal;
    result.margin = all.bytes.margin * pages_per_byte();
    // What the model of the build does not know, by experience: the last page of a level, how runs of equal
    // keys that go over several pages are cut, and how long keys fill the pages above the leaves.
    const double unknown = merges_ && !all.certain() ? 0.02 : 0.007;
    if (leaves > 1) result.margin += 1 + unknown * leaves + 0.05 * internal;
    return result;
}

}  // namespace

Measurement measure_btree(const Storage& index, BlockNumber blocks, const Request& request) {
    LeafSurvey survey(index, blocks, request.exact);
    const Look all = take_looks(
        blocks, request, [&](std::uint32_t count, std::uint64_t seed) { return survey.look(count, seed); },
        [&](const Look& look) { return look.bytes.margin * survey.pages_per_byte(); });
    return survey.result(all);
}

}  // namespace perfkit::pg

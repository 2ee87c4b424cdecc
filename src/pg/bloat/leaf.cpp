#include "leaf.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace perfkit::pg {

namespace {

constexpr bloat::PostingRules posting_rules = {
    .alignment = MAXIMUM_ALIGNOF,
    .pointer = sizeof(ItemPointerData),
    .largest = static_cast<int>(MAXALIGN_DOWN(BLCKSZ * 10 / 100) - sizeof(ItemIdData)),
};

// A high key that kept its heap pointer parts two entries with the same key.
bool parts_equal_keys(const IndexTupleData* high_key) {
    return (high_key->t_info & INDEX_ALT_TID_MASK) != 0 &&
           (ItemPointerGetOffsetNumberNoCheck(&high_key->t_tid) & BT_PIVOT_HEAP_TID_ATTR) != 0;
}

bool same_key(const IndexTupleData* a, int length_a, const IndexTupleData* b, int length_b) {
    constexpr int flags = INDEX_NULL_MASK | INDEX_VAR_MASK;
    if (length_a != length_b || (a->t_info & flags) != (b->t_info & flags)) return false;
    const std::size_t bytes = length_a - sizeof(IndexTupleData);
    // Most keys differ, and most of those in the first bytes.
    std::uint64_t first_a;
    std::uint64_t first_b;
    if (bytes >= sizeof first_a) {
        std::memcpy(&first_a, a + 1, sizeof first_a);
        std::memcpy(&first_b, b + 1, sizeof first_b);
        if (first_a != first_b) return false;
    }
    return std::memcmp(a + 1, b + 1, bytes) == 0;
}

}  // namespace

const char* LeafReader::read(const char* page, LeafPage& found) {
    found = {.items = std::move(found.items)};
    found.items.clear();
    next_open_->run = {};
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    if (header->pd_upper == 0) return nullptr;  // never used
    const int pointers = btree_items(page);
    if (pointers < 0) return "invalid page header";
    const auto* const opaque = reinterpret_cast<const BTPageOpaqueData*>(page + header->pd_special);
    if ((opaque->btpo_flags & (BTP_META | BTP_DELETED | BTP_HALF_DEAD)) != 0 || (opaque->btpo_flags & BTP_LEAF) == 0)
        return check_btree_page(page);
    const bool rightmost = opaque->btpo_next == P_NONE;
    bool goes_on = false;
    found.in_use = true;
    found.free = std::max(header->pd_upper - header->pd_lower - static_cast<int>(sizeof(ItemIdData)), 0);
    Run run = open_->run;
    for (int i = 0; i < pointers; ++i) {
        const ItemIdData& pointer = header->pd_linp[i];
        const IndexTupleData* const item = btree_item(page, pointer);
        if (item == nullptr) return "line pointer out of bounds";
        if (i == 0 && !rightmost) {
            found.high_key = static_cast<int>(IndexTupleSize(item));
            goes_on = parts_equal_keys(item);
        } else if (!take(item, ItemIdIsDead(&pointer), run, found)) {
            return "damaged item";
        }
    }
    if (in_order_ && run.pointers > 0) {
        std::memmove(next_open_->key, run.key, run.key_length);
        next_open_->run = {reinterpret_cast<const IndexTupleData*>(next_open_->key), run.key_length, run.pointers};
    } else {
        form(run, goes_on, found);
    }
    return nullptr;
}

void LeafReader::finish(LeafPage& found) {
    found = {.items = std::move(found.items)};
    found.items.clear();
    form(open_->run, false, found);
    open_->run = {};
}

bool LeafReader::take(const IndexTupleData* item, bool dead, Run& run, LeafPage& found) const {
    int key_length = static_cast<int>(IndexTupleSize(item));
    int pointers = 1;
    if ((item->t_info & INDEX_ALT_TID_MASK) != 0) {
        // A list of heap pointers: offset number and block number tell its length and its place.
        const OffsetNumber count = ItemPointerGetOffsetNumberNoCheck(&item->t_tid);
        const BlockNumber place = ItemPointerGetBlockNumberNoCheck(&item->t_tid);
        if ((count & BT_IS_POSTING) == 0) return false;
        pointers = count & BT_OFFSET_MASK;
        if (place < sizeof(IndexTupleData) || place != MAXALIGN(place) ||
            place + pointers * sizeof(ItemPointerData) > IndexTupleSize(item))
            return false;
        key_length = static_cast<int>(place);
    }
    (dead ? found.dead : found.entries) += pointers;
    if (dead) return true;
    if (merge_ && run.key != nullptr && same_key(run.key, run.key_length, item, key_length)) {
        run.pointers += pointers;
        return true;
    }
    if (run.pointers == 1)
        found.items.push_back({run.key_length, 0});
    else
        form(run, false, found);
    run = {item, key_length, pointers};
    return true;
}

// Forms the tuples of a run of equal keys.
void LeafReader::form(const Run& run, bool goes_on, LeafPage& found) const {
    if (run.pointers == 0) return;
    if (!merge_) {
        for (int i = 0; i < run.pointers; ++i) found.items.push_back({run.key_length, 0});
        return;
    }
    const bloat::PostingLists lists = bloat::merge_entries(run.key_length, run.pointers, posting_rules);
    const auto item = [&](int length) { return LeafPage::Item{length, length - run.key_length}; };
    for (int i = 0; i < lists.full_count; ++i) found.items.push_back(item(lists.full_length));
    if (lists.rest_length == 0) return;
    if (goes_on) {
        found.part = static_cast<double>(run.pointers % lists.capacity) / lists.capacity;
        found.part_of = item(lists.full_length);
    } else {
        found.items.push_back(item(lists.rest_length));
    }
}

}  // namespace perfkit::pg

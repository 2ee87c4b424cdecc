// What the files of this folder share: measuring one relation, page by page.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "perfkit/core/bloat.hpp"
#include "perfkit/pg/storage.hpp"

extern "C" {
#include "access/htup_details.h"
#include "access/itup.h"
#include "miscadmin.h"
#include "storage/bufpage.h"
}

namespace perfkit::pg {

// What one look at a relation has found, as totals of the relation.
struct Look {
    double pages = 0;  // read, without the damaged ones
    std::int64_t damaged = 0;
    bool whole = false;
    bloat::Total bytes;  // that a rewrite keeps, line pointers included
    bloat::Total taken;  // that it takes over from the TOAST table, as they are counted there
    double live = 0;
    double dead = 0;
    double held = 0;
    double leaves = 0;     // of a B-tree: leaf pages in use
    double leaf_free = 0;  // and the bytes free on them

    // Makes totals of the relation of what `seen` of its blocks hold.
    void scale_to(double blocks, double seen);
    void merge(const Look& other);
    // Every page was read, and none was damaged.
    bool certain() const { return whole && damaged == 0; }
};

// A relation's bloat as far as it is known; `reason` says why where it is not.
struct Measurement {
    std::int64_t blocks = 0;
    std::optional<double> ideal_blocks;
    double margin = 0;  // of ideal_blocks, half of the 95 % interval
    double live = 0;
    double dead = 0;
    double held = 0;  // of the dead: still needed by some snapshot, so that a rewrite keeps them
    std::optional<double> leaf_density;
    std::int64_t empty_tail = 0;  // blocks at the end of a heap that hold nothing anybody needs
    std::int64_t pages_read = 0;
    std::string reason;

    // Takes over the counts; says so where not one page could be read.
    void take(const Look& look);
};

// The oldest transactions that a rewrite of a relation must keep tuples for, each found once.
class Horizons {
public:
    TransactionId of(const Storage& storage);

private:
    enum Kind { in_data, in_catalogs, in_shared_catalogs, in_temporary, kinds };
    std::array<TransactionId, kinds> known_{};
};

// Tells what a rewrite would make of a tuple.  It judges a private copy of the page: it sets no hint
// bit, dirties nothing, and asks for a transaction's status only where that status can exist, and once in
// a session where it is final.
class Visibility {
public:
    enum class Fate { live, held, dead, damaged };
    Visibility(const Storage& storage, TransactionId horizon);
    Fate fate(HeapTupleHeader tuple);
    // Of a tuple that a rewrite keeps: it may keep another version of the row as well.
    bool other_version_kept(HeapTupleHeader tuple) const;

private:
    enum class Status { in_progress, committed, aborted, damaged };
    Status status(TransactionId xid);
    Status look_up(TransactionId xid);
    TransactionId updater(HeapTupleHeader tuple);

    TransactionId horizon_;
    TransactionId oldest_xid_;
    MultiXactId oldest_multi_;
    std::uint64_t next_transaction_ = 0;  // with its epoch, as it was when it was asked last
    MultiXactId next_multi_ = InvalidMultiXactId;
    struct Known {
        TransactionId xid = InvalidTransactionId;
        Status status = Status::aborted;
    };
    std::array<Known, 256> known_{};  // by xid modulo size
};

// A value in the TOAST table.
struct StoredValue {
    Oid id;
    std::int64_t bytes;
    bool shared = false;  // another version of its row may name it, too
};

// What a rewrite of a table makes of its TOAST table: the values that stay there, in the order of the rows.
class ToastPacker {
public:
    explicit ToastPacker(const bloat::HeapPacker::Page& page) : packer_(page) {}
    void add(std::span<const StoredValue> values);
    // Nothing where so many values are shared that it was given up to tell which come twice.
    std::optional<double> pages() const;

    // Bytes of the tuples that hold a value of this size, line pointers included.
    static std::int64_t tuple_bytes(std::int64_t bytes);

private:
    static constexpr std::size_t most_shared = 1 << 20;
    bloat::HeapPacker packer_;
    std::unordered_set<Oid> shared_;
};

// Forms a tuple anew, as ALTER TABLE has left the columns by now, as far as its length is concerned:
// dropped columns become null, columns added later take their place, and values from the TOAST table come
// back where the row has room for them.
class Columns {
public:
    explicit Columns(const Storage& table);
    // A rewrite leaves this tuple as it is, unless it has values in the TOAST table.
    bool as_stored(const HeapTupleHeaderData* tuple) const {
        return !any_dropped_ && HeapTupleHeaderGetNatts(tuple) == static_cast<int>(columns_.size());
    }
    struct Rewritten {
        int length;              // without the last alignment; -1 where the tuple is damaged
        std::int64_t taken = 0;  // bytes of the TOAST table's tuples that come back into the row
    };
    // Adds the values that stay in the TOAST table, in the order in which they are written there.
    Rewritten rewritten(const HeapTupleHeaderData* tuple, int length, std::vector<StoredValue>& stored) const;

private:
    struct Column {
        int length;      // attlen
        char alignment;  // attalign
        bool dropped;
        int missing_bytes;    // of the value for tuples older than the column, 0 for null
        bool missing_packed;  // that value is a varlena with a short header, which needs no alignment
    };
    // Length of the tuple with those values fetched from the TOAST table that are at most this large, and the
    // size of the largest that was, or 0.
    struct Formed {
        int length;
        int fetched;
        std::int64_t taken;
    };
    Formed form(const HeapTupleHeaderData* tuple, int length, int largest, std::vector<StoredValue>& stored) const;

    std::vector<Column> columns_;
    bool any_dropped_ = false;
};

// The leaf pages of a B-tree in the order of their keys, each with the number of leaf pages that it
// stands for: more than one where the levels above were too large to be read whole.
struct Leaves {
    std::vector<BlockNumber> blocks{};
    std::vector<double> weights{};
    double total = 0;   // leaf pages
    double margin = 0;  // of the total, half of the 95 % interval
    std::int64_t pages_read = 0;
    std::vector<BlockNumber> above{};  // pages read on the way, without those that were not where they should be
    bool sound = true;                 // all of them were as they should be
};

// Finds them by way of the root, reading at most `most` pages of each level; nothing where the meta page leads
// to no root, no blocks where the root leads to no leaf.
std::optional<Leaves> find_leaves(const Storage& index, BlockNumber blocks, std::uint32_t most, std::uint64_t seed);

// The item that a line pointer of a B-tree page names; null where it lies outside the page's items.
inline const IndexTupleData* btree_item(const char* page, const ItemIdData& pointer) {
    const auto* const header = reinterpret_cast<const PageHeaderData*>(page);
    const unsigned offset = ItemIdGetOffset(&pointer);
    const unsigned length = ItemIdGetLength(&pointer);
    if (offset < header->pd_upper || offset != MAXALIGN(offset) || length < sizeof(IndexTupleData) ||
        offset + length > header->pd_special)
        return nullptr;
    const auto* const item = reinterpret_cast<const IndexTupleData*>(page + offset);
    return IndexTupleSize(item) >= sizeof(IndexTupleData) && IndexTupleSize(item) <= length ? item : nullptr;
}
// The number of line pointers of a B-tree page; -1 where its header is not one of a B-tree's.
int btree_items(const char* page);
// What is wrong with the structure of a page of a B-tree, or null.
const char* check_btree_page(const char* page);

struct Request {
    bool exact = false;
    bloat::Limits limits;
    std::int64_t spent = 0;
    std::uint64_t seed = 0;
};

// The caller holds a lock on the relation, whose access method it has checked, and which has this many
// blocks, at least one.
Measurement measure_heap(const Storage& table, BlockNumber blocks, const Request& request, Horizons& horizons);
Measurement measure_btree(const Storage& index, BlockNumber blocks, const Request& request);

// What an index of another kind tells of itself in a few pages, and a function to call where that would help.
struct OtherIndex {
    std::string detail;
    const char* remedy = nullptr;
};
OtherIndex look_at_other_index(const Storage& index, BlockNumber blocks);

// The header is one of a page with this much special space, and its fields lie where they can.
bool sound_header(const char* page, std::size_t special);

// WARNING about a page that does not have the structure it should.
void warn_damaged(const Storage& storage, BlockNumber block, const char* what);

// Reads blocks in this order.  inspect(page) says what is wrong with a page, or null; use(i) is then
// called with the number of the block in the list.  Returns the number of damaged pages, each of which
// was read twice, lest a page be blamed that was just being written.
template <typename Inspect, typename Use>
std::int64_t read_pages(const Storage& storage, const std::vector<BlockNumber>& blocks, Inspect inspect, Use use) {
    constexpr std::size_t ahead = 32;
    constexpr std::size_t shortly = 3;
    PageReader pages(storage);
    std::int64_t damaged = 0;
    const auto wrong_with = [&](const char* page) {
        return page != nullptr ? inspect(page) : "invalid page header or checksum";
    };
    for (std::size_t i = 0; i < std::min(ahead, blocks.size()); ++i) pages.prefetch(blocks[i]);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        call([] { CHECK_FOR_INTERRUPTS(); });
        if (i + ahead < blocks.size()) pages.prefetch(blocks[i + ahead]);
        if (i + shortly < blocks.size()) pages.touch(blocks[i + shortly]);
        const char* wrong = wrong_with(pages.read(blocks[i]));
        if (wrong != nullptr) wrong = wrong_with(pages.read_again(blocks[i]));
        if (wrong == nullptr) {
            use(i);
            continue;
        }
        warn_damaged(storage, blocks[i], wrong);
        ++damaged;
    }
    pages.close();
    return damaged;
}

// One look, and a second one where the first leaves too much open; `look(count, seed)` takes one at
// `count` of the relation's pages, `margin(look)` says how many pages it leaves open to either side.
template <typename Take, typename Margin>
Look take_looks(std::uint32_t blocks, const Request& request, Take look, Margin margin_of) {
    if (request.exact) return look(blocks, request.seed);
    const std::uint32_t count = bloat::pages_to_read(blocks, request.limits, request.spent);
    Look result = look(count, request.seed);
    if (result.whole || result.pages == 0) return result;
    const double margin = margin_of(result) / blocks;
    const std::uint32_t more = bloat::pages_to_add(blocks, request.limits, request.spent + count, count, margin);
    if (more == blocks) return look(blocks, request.seed);
    if (more > 0) result.merge(look(more, ~request.seed));
    return result;
}

}  // namespace perfkit::pg

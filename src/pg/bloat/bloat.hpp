// What the files of this folder share: measuring one relation, page by page.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "perfkit/core/bloat.hpp"
#include "perfkit/pg/storage.hpp"

extern "C" {
#include "access/htup_details.h"
#include "miscadmin.h"
}

namespace perfkit::pg {

// A relation's bloat as far as it is known; `reason` says why where it is not.
struct Measurement {
    std::int64_t blocks = 0;
    std::optional<double> ideal_blocks;
    double margin = 0;  // of ideal_blocks, half of the 95 % interval
    double live = 0;
    double dead = 0;
    double held = 0;  // of the dead: still needed by some snapshot, so that a rewrite keeps them
    std::optional<double> leaf_density;
    std::int64_t pages_read = 0;
    std::int64_t pages_damaged = 0;
    std::string reason;
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
// bit, dirties nothing, and asks for a transaction's status only where that status can exist.
class Visibility {
public:
    enum class Fate { live, held, dead, damaged };
    Visibility(const Storage& storage, TransactionId horizon);
    Fate fate(HeapTupleHeader tuple);

private:
    enum class Status { in_progress, committed, aborted, damaged };
    Status status(TransactionId xid);
    Status look_up(TransactionId xid) const;
    TransactionId updater(HeapTupleHeader tuple) const;

    TransactionId horizon_;
    TransactionId oldest_xid_;
    MultiXactId oldest_multi_;
    struct Known {
        TransactionId xid = InvalidTransactionId;
        Status status = Status::aborted;
    };
    std::array<Known, 256> known_{};  // by xid modulo size
};

// Forms a tuple anew, as ALTER TABLE has left the columns by now, as far as its length is concerned:
// dropped columns become null, columns added later take their place.
class Columns {
public:
    explicit Columns(const Storage& table);
    // Length after a rewrite, without the last alignment; -1 where the tuple is damaged.
    int rewritten_length(const HeapTupleHeaderData* tuple, int length) const;

private:
    struct Column {
        int length;      // attlen
        char alignment;  // attalign
        bool dropped;
        int missing_bytes;    // of the value for tuples older than the column, 0 for null
        bool missing_packed;  // that value is a varlena with a short header, which needs no alignment
    };
    std::vector<Column> columns_;
    bool any_dropped_ = false;
};

struct Request {
    bool exact = false;
    bloat::Limits limits;
    std::int64_t spent = 0;
    std::uint64_t seed = 0;
};

// The caller holds a lock on the relation, whose access method it has checked.
Measurement measure_heap(const Storage& table, const Request& request, TransactionId horizon);
Measurement measure_btree(const Storage& index, const Request& request);

// WARNING about a page that does not have the structure it should.
void warn_damaged(const Storage& storage, BlockNumber block, const char* what);

// Reads the pages of a sample.  inspect(page) says what is wrong with a page, or null; use(width) is
// then called with the number of blocks that it stands for.  Returns the number of damaged pages,
// each of which was read twice, lest a page be blamed that was just being written.
template <typename Inspect, typename Use>
std::int64_t read_pages(const Storage& storage, const bloat::BlockSample& sample, Inspect inspect, Use use) {
    constexpr std::uint32_t ahead = 32;
    PageReader pages(storage);
    std::int64_t damaged = 0;
    const auto wrong_with = [&](const char* page) {
        return page != nullptr ? inspect(page) : "invalid page header or checksum";
    };
    for (std::uint32_t i = 0; i < sample.size(); ++i) {
        call([] { CHECK_FOR_INTERRUPTS(); });
        if (i == 0)
            for (std::uint32_t j = 0; j < std::min(ahead, sample.size()); ++j) pages.prefetch(sample.block(j));
        if (i + ahead < sample.size()) pages.prefetch(sample.block(i + ahead));
        const BlockNumber block = sample.block(i);
        const char* wrong = wrong_with(pages.read(block));
        if (wrong != nullptr) wrong = wrong_with(pages.read_again(block));
        if (wrong == nullptr) {
            use(static_cast<double>(sample.width(i)));
            continue;
        }
        warn_damaged(storage, block, wrong);
        ++damaged;
    }
    return damaged;
}

}  // namespace perfkit::pg

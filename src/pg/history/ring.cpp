#include "perfkit/pg/history/ring.hpp"

#include <atomic>
#include <cstring>
#include <new>
#include <string_view>

#include "perfkit/core/history/chunk.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::history {

using perfkit::history::append_block;
using perfkit::history::take_block;

namespace {

// What lies at the beginning of a part; rows follow.
struct Head {
    std::atomic<std::uint64_t> used{0};  // bytes of rows that are complete
};

struct RowHead {
    TimestampTz since;
    TimestampTz taken;
    char kind;
};

// A part as this process sees it for a moment; after an error the end of the transaction lets go of it.
class Mapped {
public:
    // Not there where the part has been given back meanwhile.
    explicit Mapped(dsm_handle handle) : segment_(call([handle] { return dsm_attach(handle); })) {}
    // A new one, which stays until it is unpinned.
    explicit Mapped(std::size_t bytes)
        : segment_(call([bytes] {
              dsm_segment* const segment = dsm_create(bytes, 0);
              dsm_pin_segment(segment);
              return segment;
          })) {
        new (dsm_segment_address(segment_)) Head;
    }
    bool there() const { return segment_ != nullptr; }
    dsm_handle handle() const { return dsm_segment_handle(segment_); }
    Head& head() const { return *static_cast<Head*>(dsm_segment_address(segment_)); }
    char* rows() const { return reinterpret_cast<char*>(&head() + 1); }
    std::string_view used() const { return {rows(), head().used.load(std::memory_order_acquire)}; }
    void append(std::string_view bytes) const {
        const std::uint64_t at = head().used.load(std::memory_order_relaxed);
        std::memcpy(rows() + at, bytes.data(), bytes.size());
        head().used.store(at + bytes.size(), std::memory_order_release);
    }
    void release() const {
        call([this] { dsm_detach(segment_); });
    }

private:
    dsm_segment* segment_;
};

void read_part(std::string_view bytes, const Wanted& wanted, const UseRow& use) {
    while (!bytes.empty()) {
        call([] { CHECK_FOR_INTERRUPTS(); });
        const std::string_view row = take_block(bytes);
        RowHead head;
        std::memcpy(&head, row.data(), sizeof head);
        if (wanted.matches(head.kind, head.taken)) use({head.kind, head.since, head.taken, row.substr(sizeof head)});
    }
}

}  // namespace

std::vector<dsm_handle> handles_of(const Ring& ring) {
    std::vector<dsm_handle> handles;
    for (const Ring::Part& part : ring.parts)
        if (part.handle != 0) handles.push_back(part.handle);
    return handles;
}

void unpin(const std::vector<dsm_handle>& handles) {
    for (const dsm_handle handle : handles) call([handle] { dsm_unpin_segment(handle); });
}

void read_rows(const Ring& ring, const Wanted& wanted, const UseRow& use) {
    for (std::size_t i = ring_parts; i-- > 0;) {
        if (ring.parts[i].handle == 0 || ring.parts[i].first > wanted.to) continue;
        // All of it is older than the window.
        if (i > 0 && ring.parts[i - 1].first <= wanted.from) continue;
        const Mapped part(ring.parts[i].handle);
        if (!part.there()) continue;
        read_part(part.used(), wanted, use);
        part.release();
    }
}

std::size_t bytes_of(const Ring& ring) {
    std::size_t bytes = 0;
    for (const Ring::Part& part : ring.parts) bytes += part.bytes;
    return bytes;
}

std::string rows_of(const Snapshot& snapshot) {
    std::string bytes;
    for (const Snapshot::Data& data : snapshot.data) {
        RowHead head{};
        head.since = snapshot.since;
        head.taken = snapshot.taken;
        head.kind = data.kind;
        std::string row(reinterpret_cast<const char*>(&head), sizeof head);
        row += data.bytes;
        append_block(bytes, row);
    }
    return bytes;
}

bool has_room(const Ring& ring, std::size_t bytes, TimestampTz now, const Limits& limits) {
    const Ring::Part& newest = ring.parts[0];
    // The setting may have become less.
    if (newest.handle == 0 || newest.bytes > limits.part_bytes) return false;
    if (now - newest.first >= limits.span_seconds * USECS_PER_SEC) return false;
    const Mapped part(newest.handle);
    if (!part.there()) return false;
    const bool room = sizeof(Head) + part.used().size() + bytes <= newest.bytes;
    part.release();
    return room;
}

bool fits(std::size_t bytes, const Limits& limits) { return sizeof(Head) + bytes <= limits.part_bytes; }

Ring add(const Ring& ring, std::string_view rows, TimestampTz taken, bool begin, const Limits& limits,
         std::vector<dsm_handle>& dropped) {
    if (!begin) {
        const Mapped part(ring.parts[0].handle);
        if (!part.there()) return ring;  // with its database
        part.append(rows);
        part.release();
        return ring;
    }
    Ring next;
    const Mapped part(limits.part_bytes);
    next.parts[0] = {part.handle(), taken, limits.part_bytes};
    part.append(rows);
    part.release();
    const TimestampTz oldest = taken - limits.retention_seconds * USECS_PER_SEC;
    const std::size_t most = limits.part_bytes * ring_parts;
    std::size_t kept = 1;
    bool goes = false;  // with all that are older
    for (const Ring::Part& one : ring.parts) {
        if (one.handle == 0) continue;
        // A part is as old as the beginning of the one after it.
        goes = goes || kept == ring_parts || next.parts[kept - 1].first < oldest || bytes_of(next) + one.bytes > most;
        if (goes)
            dropped.push_back(one.handle);
        else
            next.parts[kept++] = one;
    }
    return next;
}

}  // namespace perfkit::pg::history

// The shared memory of workload capture: the table of counters, and a ring per session before it.
//
// A session appends what it did to its own ring, without a lock.  The table has one lightweight
// lock; whoever holds it exclusively may add up any ring.  A session tries to take it, and never
// waits for it, when its ring is half full or old; whoever reads the table adds up all rings first.
#pragma once

#include <cstdint>
#include <span>

#include "perfkit/core/workload/ring.hpp"
#include "perfkit/core/workload/table.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload/watched_lock.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace perfkit::pg::workload {

class Shared {
public:
    // Null where the library was not preloaded.
    static Shared* get() noexcept { return instance_; }
    // The hooks' parts: how much to ask for, and to find or make it.
    static void request();
    static void attach();

    // For the postmaster alone, without children: what a file keeps, and whether the last holder of the lock got to its
    // end.
    std::span<char> table_bytes() const noexcept;
    bool changing() const noexcept { return lock_.changing(); }
    TimestampTz since() const noexcept { return since_; }
    void set_since(TimestampTz since) noexcept { since_ = since; }
    void collect_all() noexcept;
    void make_empty() noexcept;

    // Notes one event of this session.  Never waits, never raises an error.  may_flush is false where a
    // lock must not be taken: between an error and its cleanup.
    void record(const perfkit::workload::Event& event, bool may_flush) noexcept;

    // Of this session: changes when forget() was called, after which what it knows of statements is out of date.  0
    // before join().
    static std::uint32_t generation() noexcept { return own_ring_ != nullptr ? own_ring_->told() : 0; }
    static void forget() noexcept;
    static void join() noexcept;

    // For readers: holds the table, with all rings added up, as long as the object lives.  The wait for it can be
    // cancelled.
    class Access {
    public:
        explicit Access(Shared& shared);
        ~Access() { shared_.lock_.release(); }
        Access(const Access&) = delete;
        Access& operator=(const Access&) = delete;

        perfkit::workload::Table& table() noexcept { return shared_.table(); }

    private:
        Shared& shared_;
    };

    struct Info {
        std::uint32_t entries;
        std::uint32_t capacity;
        std::uint64_t evictions;
        std::uint64_t lost;
        std::uint64_t flushes;
        std::uint64_t damaged;
        std::uint64_t memory;
        TimestampTz since;
    };
    Info info(const Access& held) const noexcept;
    // Empties the table, the totals included.
    void reset(const Access& held) noexcept;

private:
    friend class Access;

    perfkit::workload::Table& table() const noexcept;
    perfkit::workload::Ring& ring(int number) const noexcept;
    void record_beside(const perfkit::workload::Event& event, bool may_flush) noexcept;
    [[gnu::cold]] void try_flush(TimestampTz now) noexcept;
    void flush_own() noexcept;
    void collect(perfkit::workload::Ring& ring) noexcept;
    void collect_idle(TimestampTz now) noexcept;
    std::uint64_t lost_ever() const noexcept;
    static void flush_at_exit(int code, Datum arg);

    static Shared* instance_;
    static perfkit::workload::Ring* own_ring_;

    WatchedLock lock_;
    std::size_t table_offset_;  // from this
    std::size_t rings_offset_;
    std::size_t ring_stride_;
    int rings_;
    std::uint64_t flushes_;
    std::uint64_t damaged_;      // rings found damaged, and emptied
    std::uint64_t lost_before_;  // what the rings had lost at the last reset
    TimestampTz since_;
    TimestampTz last_sweep_;
    // Follow: the head of each ring at the last sweep, the table, the rings.
    std::uint64_t* swept_heads() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
};

}  // namespace perfkit::pg::workload

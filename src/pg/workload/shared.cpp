#include "perfkit/pg/workload/shared.hpp"

#include <bit>
#include <new>

#include "perfkit/pg/workload/hot.hpp"
#include "perfkit/pg/workload/settings.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/memutils.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::Event;
using perfkit::workload::Ring;
using perfkit::workload::Table;

namespace {

constexpr char tranche[] = "pg_perfkit_workload";
constexpr std::size_t line = 64;

// This session's own: where events go while its ring is full and the lock is held by someone else.
constexpr std::uint32_t overflow_entries = 64;
Table* overflow_table = nullptr;
bool overflow_used = false;
PERFKIT_HOT TimestampTz last_flush = 0;

constexpr std::size_t rounded(std::size_t size) { return (size + line - 1) / line * line; }

std::uint32_t ring_capacity() { return std::bit_floor(static_cast<std::uint32_t>(pending_kb)) * 1024; }

struct Layout {
    std::size_t table, rings, ring_stride, size;

    Layout() {
        table = rounded(sizeof(Shared) + static_cast<std::size_t>(MaxBackends) * sizeof(std::uint64_t));
        rings = table + rounded(Table::bytes(static_cast<std::uint32_t>(max_entries)));
        ring_stride = rounded(Ring::bytes(ring_capacity()));
        size = rings + static_cast<std::size_t>(MaxBackends) * ring_stride + line;
    }
};

// Notes the event in memory of this session; only without memory is it lost.
bool overflow(const Event& event) noexcept {
    if (overflow_table == nullptr) {
        void* memory = MemoryContextAllocExtended(TopMemoryContext, Table::bytes(overflow_entries), MCXT_ALLOC_NO_OOM);
        if (memory == nullptr) return false;
        overflow_table = Table::create(memory, overflow_entries);
    }
    overflow_table->add(event);
    overflow_used = true;
    return true;
}

}  // namespace

PERFKIT_HOT Shared* Shared::instance_ = nullptr;
PERFKIT_HOT Ring* Shared::own_ring_ = nullptr;  // of this session

void Shared::request() {
    RequestAddinShmemSpace(Layout().size);
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when the postmaster makes all shared memory anew.
void Shared::attach() {
    const Layout layout;
    instance_ = nullptr;
    overflow_table = nullptr;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    void* memory = ShmemInitStruct("pg_perfkit workload", layout.size, &found);
    auto* const start = reinterpret_cast<char*>(rounded(reinterpret_cast<std::uintptr_t>(memory)));
    instance_ = reinterpret_cast<Shared*>(start);
    if (!found) {
        new (start) Shared{};
        instance_->lock_.use(tranche);
        instance_->table_offset_ = layout.table;
        instance_->rings_offset_ = layout.rings;
        instance_->ring_stride_ = layout.ring_stride;
        instance_->rings_ = MaxBackends;
        instance_->make_empty();
        for (int i = 0; i < MaxBackends; ++i) {
            instance_->swept_heads()[i] = 0;
            Ring::create(start + layout.rings + static_cast<std::size_t>(i) * layout.ring_stride, ring_capacity());
        }
    }
    LWLockRelease(AddinShmemInitLock);
}

std::span<char> Shared::table_bytes() const noexcept {
    return {reinterpret_cast<char*>(&table()), Table::bytes(static_cast<std::uint32_t>(max_entries))};
}

void Shared::make_empty() noexcept {
    Table::create(table_bytes().data(), static_cast<std::uint32_t>(max_entries));
    since_ = GetCurrentTimestamp();
}

// Under the lock, or without anybody else.
void Shared::collect_all() noexcept {
    for (int i = 0; i < rings_; ++i) collect(ring(i));
}

Table& Shared::table() const noexcept {
    return *reinterpret_cast<Table*>(reinterpret_cast<std::uintptr_t>(this) + table_offset_);
}

Ring& Shared::ring(int number) const noexcept {
    return *reinterpret_cast<Ring*>(reinterpret_cast<std::uintptr_t>(this) + rings_offset_ +
                                    static_cast<std::size_t>(number) * ring_stride_);
}

// An auxiliary process has none.
[[gnu::cold]] void Shared::join() noexcept {
    const int number = my_proc_number();
    if (number >= 0 && number < instance_->rings_) own_ring_ = &instance_->ring(number);
}

void Shared::forget() noexcept {
    for (int i = 0; i < instance_->rings_; ++i) instance_->ring(i).tell();
}

[[gnu::cold]] void Shared::record_beside(const Event& event, bool may_flush) noexcept {
    // The exit callback comes first: it must not be lacking when there is something to lose.
    static bool registered = false;
    if (!registered && may_flush) {
        before_shmem_exit(flush_at_exit, 0);
        registered = true;
    }
    if (!overflow(event)) own_ring_->count_lost();
}

[[gnu::hot]] void Shared::record(const Event& event, bool may_flush) noexcept {
    if (own_ring_ == nullptr) [[unlikely]] {
        join();
        if (own_ring_ == nullptr) return;
    }
    if (!own_ring_->push(event)) record_beside(event, may_flush);
    if (!may_flush) return;
    if (last_flush == 0) last_flush = event.when;
    if (own_ring_->half_full() || event.when - last_flush >= std::int64_t{flush_ms} * 1000) try_flush(event.when);
}

void Shared::try_flush(TimestampTz now) noexcept {
    if (!lock_.try_acquire()) return;
    flush_own();
    collect_idle(now);
    lock_.release();
    last_flush = now;
}

// Under the lock.
void Shared::flush_own() noexcept {
    collect(ring(my_proc_number()));
    ++flushes_;
    if (!overflow_used) return;
    table().merge(*overflow_table);
    overflow_table->clear();
    overflow_used = false;
}

// The end of a session is not on any query's path: here it may wait.
void Shared::flush_at_exit(int, Datum) {
    if (instance_ == nullptr || !overflow_used) return;
    instance_->lock_.acquire_at_exit();
    instance_->flush_own();
    instance_->lock_.release();
}

// Under the lock.
void Shared::collect(Ring& from) noexcept {
    if (!from.drain([this](const Event& event) { table().add(event); })) ++damaged_;
}

// Under the lock: adds up, now and then, what sessions that have gone idle or have ended left in their rings.
void Shared::collect_idle(TimestampTz now) noexcept {
    if (now - last_sweep_ < std::int64_t{flush_ms} * 1000) return;
    last_sweep_ = now;
    for (int i = 0; i < rings_; ++i) {
        const std::uint64_t head = ring(i).head();
        if (head == swept_heads()[i] && ring(i).used() > 0) collect(ring(i));
        swept_heads()[i] = head;
    }
}

Shared::Access::Access(Shared& held) : shared_(held) {
    shared_.lock_.acquire();
    shared_.flush_own();
    shared_.collect_all();
}

std::uint64_t Shared::lost_ever() const noexcept {
    std::uint64_t lost = 0;
    for (int i = 0; i < rings_; ++i) lost += ring(i).lost();
    return lost;
}

Shared::Info Shared::info(const Access&) const noexcept {
    const Table& counted = table();
    return {counted.size(), counted.capacity(), counted.evictions(), lost_ever() - lost_before_,
            flushes_,       damaged_,           Layout().size,       since_};
}

void Shared::reset(const Access&) noexcept {
    table().clear();
    lost_before_ = lost_ever();
    flushes_ = 0;
    damaged_ = 0;
    since_ = GetCurrentTimestamp();
}

}  // namespace perfkit::pg::workload

#include "perfkit/pg/history/shared.hpp"

#include <algorithm>
#include <new>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/text.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"
}

namespace perfkit::pg::history {

namespace {

constexpr char tranche[] = "pg_perfkit_history";
constexpr std::uint32_t class_mask = 0xff000000;

Shared* shared = nullptr;

}  // namespace

void copy_text(std::array<char, 200>& to, std::string_view text) {
    const std::size_t length = character_end(text, to.size() - 1);
    to = {};
    text.copy(to.data(), length);
}

std::int64_t this_minute() { return GetCurrentTimestamp() / USECS_PER_MINUTE; }

Shared* Shared::get() noexcept { return shared; }

void Shared::request() {
    RequestAddinShmemSpace(sizeof(Shared));
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when the postmaster makes all shared memory anew, and with it the readings that were kept.
void Shared::attach() {
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    shared = static_cast<Shared*>(ShmemInitStruct("pg_perfkit history", sizeof(Shared), &found));
    if (!found) {
        new (shared) Shared{};
        shared->lock_ = &GetNamedLWLockTranche(tranche)->lock;
    }
    LWLockRelease(AddinShmemInitLock);
}

Place* Shared::place_of(Oid database, bool add) noexcept {
    for (Place& place : places_)
        if (place.database == database) return &place;
    if (!add) return nullptr;
    for (Place& place : places_)
        if (place.database == InvalidOid) {
            place = Place{};
            place.database = database;
            return &place;
        }
    return nullptr;
}

void Shared::wake() noexcept {
    if (latch_ != nullptr) SetLatch(latch_);
}

std::optional<Place> Shared::find(Oid database) const noexcept {
    std::optional<Place> result;
    LWLockAcquire(lock_, LW_SHARED);
    for (const Place& place : places_)
        if (place.database == database) result = place;
    LWLockRelease(lock_);
    return result;
}

Launcher Shared::launcher() const noexcept {
    LWLockAcquire(lock_, LW_SHARED);
    const Launcher copy = launcher_;
    LWLockRelease(lock_);
    return copy;
}

std::vector<WaitCount> Shared::waits_of(Oid database) const {
    std::vector<WaitCount> result;
    result.reserve(most_waits);
    LWLockAcquire(lock_, LW_SHARED);
    for (std::size_t i = 0; i < used_waits_; ++i)
        if (waits_[i].database == database) result.push_back(waits_[i]);
    LWLockRelease(lock_);
    return result;
}

std::optional<std::int64_t> Shared::ask(Oid database) noexcept {
    std::optional<std::int64_t> number;
    change(database, true, [&number](Place& place) { number = ++place.requested; });
    wake();
    return number;
}

void Shared::notice(Oid database) noexcept {
    constexpr TimestampTz commit_time = 5 * USECS_PER_SEC;
    change(database, true, [](Place& place) {
        if (!place.has_extension && place.look_at == 0) place.look_at = GetCurrentTimestamp() + commit_time;
    });
}

void Shared::set_launcher(const Launcher& launcher, Latch* latch) noexcept {
    LWLockAcquire(lock_, LW_EXCLUSIVE);
    const std::uint64_t looks = launcher_.looks;
    const perfkit::history::LastHour recent_looks = launcher_.recent_looks;
    launcher_ = launcher;
    launcher_.looks = looks;
    launcher_.recent_looks = recent_looks;
    latch_ = latch;
    LWLockRelease(lock_);
}

void Shared::all(std::array<Place, most_databases>& copy) const noexcept {
    LWLockAcquire(lock_, LW_SHARED);
    copy = places_;
    LWLockRelease(lock_);
}

Place Shared::forget(Oid database) noexcept {
    Place before;
    LWLockAcquire(lock_, LW_EXCLUSIVE);
    if (Place* const place = place_of(database, false); place != nullptr) {
        before = *place;
        *place = Place{};
    }
    // Its waits make room for those of others.
    const auto end = waits_.begin() + static_cast<std::ptrdiff_t>(used_waits_);
    const auto kept = std::remove_if(waits_.begin(), end, [=](const WaitCount& w) { return w.database == database; });
    used_waits_ = static_cast<std::size_t>(kept - waits_.begin());
    LWLockRelease(lock_);
    return before;
}

// Reads what other processes write without a lock, as pg_stat_activity does: an event may be one of a moment ago.
void Shared::count_waits() noexcept {
    struct Seen {
        Oid database;
        std::uint32_t event;
    };
    constexpr std::size_t most_seen = 1024;
    std::array<Seen, most_seen> seen;
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < ProcGlobal->allProcCount && count < most_seen; ++i) {
        const volatile PGPROC& process = ProcGlobal->allProcs[i];
        if (process.pid == 0 || process.databaseId == InvalidOid || process.pid == MyProcPid) continue;
        const std::uint32_t event = process.wait_event_info;
        // Who waits for his client, or for something to do, is idle.
        if ((event & class_mask) == PG_WAIT_CLIENT || (event & class_mask) == PG_WAIT_ACTIVITY) continue;
        seen[count++] = {process.databaseId, event};
    }
    const std::int64_t minute = this_minute();
    LWLockAcquire(lock_, LW_EXCLUSIVE);
    ++launcher_.looks;
    launcher_.recent_looks.add(minute);
    for (std::size_t i = 0; i < count; ++i) {
        const auto end = waits_.begin() + static_cast<std::ptrdiff_t>(used_waits_);
        auto place = std::find_if(waits_.begin(), end, [&](const WaitCount& w) {
            return w.database == seen[i].database && w.event == seen[i].event;
        });
        if (place == end) {
            if (used_waits_ == most_waits) continue;
            *place = {seen[i].database, seen[i].event, 0, {}};
            ++used_waits_;
        }
        ++place->samples;
        place->recent.add(minute);
    }
    LWLockRelease(lock_);
}

}  // namespace perfkit::pg::history

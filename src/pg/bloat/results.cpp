#include "results.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "perfkit/pg/shared_memory.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/memutils.h"
}

namespace perfkit::pg {

namespace {

constexpr char name[] = "pg_perfkit bloat";
constexpr std::uint32_t ways = 4;  // places where a result may be
constexpr int own_results = 4096;  // of a session, without preload

int shared_results = 32768;

// Of a relation as long as it has this file: what rewrites it makes a new one.
struct Entry {
    TimestampTz when;  // 0: none
    RelFileLocator locator;
    Oid oid;
    std::int64_t blocks;
    double ideal_blocks;
    double margin;
    double live;
    double dead;
    double held;
    double leaf_density;  // negative: none
    std::int64_t empty_tail;
    std::int64_t pages_read;
};

struct Store {
    LWLock* lock;  // null where it is the session's own
    std::uint32_t sets;
    Entry entries[FLEXIBLE_ARRAY_MEMBER];
};
Store* store = nullptr;

Size size_of(int results) { return offsetof(Store, entries) + sizeof(Entry) * static_cast<Size>(results); }

void request() {
    RequestAddinShmemSpace(size_of(shared_results));
    RequestNamedLWLockTranche(name, 1);
}

void attach() {
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found = false;
    store = static_cast<Store*>(ShmemInitStruct(name, size_of(shared_results), &found));
    if (!found) {
        std::memset(static_cast<void*>(store), 0, size_of(shared_results));
        store->lock = &GetNamedLWLockTranche(name)->lock;
        store->sets = static_cast<std::uint32_t>(shared_results) / ways;
    }
    LWLockRelease(AddinShmemInitLock);
}

Store& the_store() {
    if (store == nullptr) {
        store =
            call([] { return static_cast<Store*>(MemoryContextAllocZero(TopMemoryContext, size_of(own_results))); });
        store->sets = own_results / ways;
    }
    return *store;
}

std::span<Entry> places_of(Store& all, const Storage& relation) {
    const std::uint64_t mixed =
        (std::uint64_t{relation.oid} << 32 | locator_database(relation.locator)) * 0x9e3779b97f4a7c15u;
    const auto set = static_cast<std::uint32_t>((mixed >> 32) % all.sets);
    return {all.entries + std::size_t{set} * ways, ways};
}

bool same(const Entry& entry, const Storage& relation) {
    return entry.when != 0 && entry.oid == relation.oid &&
           std::memcmp(&entry.locator, &relation.locator, sizeof(RelFileLocator)) == 0;
}

bool locked(const Store& all, LWLockMode mode) {
    return all.lock == nullptr || call([&] { return LWLockConditionalAcquire(all.lock, mode); });
}

void unlock(const Store& all) {
    if (all.lock != nullptr) LWLockRelease(all.lock);
}

}  // namespace

void init_bloat_results() {
    if (!process_shared_preload_libraries_in_progress) return;
    DefineCustomIntVariable("pg_perfkit.bloat_results", "How many results of pk_bloat() are kept for all sessions.",
                            nullptr, &shared_results, 32768, static_cast<int>(ways), 1 << 22, PGC_POSTMASTER, 0,
                            nullptr, nullptr, nullptr);
    use_shared_memory(request, attach);
}

std::optional<EarlierResult> earlier_result(const Storage& relation, TimestampTz since) {
    Store& all = the_store();
    if (!locked(all, LW_SHARED)) return std::nullopt;
    const std::span<Entry> places = places_of(all, relation);
    const auto place = std::find_if(places.begin(), places.end(), [&](const Entry& e) { return same(e, relation); });
    Entry entry{};
    if (place != places.end()) entry = *place;
    unlock(all);
    if (entry.when == 0 || entry.when < since) return std::nullopt;
    Measurement found;
    found.blocks = entry.blocks;
    found.ideal_blocks = entry.ideal_blocks;
    found.margin = entry.margin;
    found.live = entry.live;
    found.dead = entry.dead;
    found.held = entry.held;
    if (entry.leaf_density >= 0) found.leaf_density = entry.leaf_density;
    found.empty_tail = entry.empty_tail;
    found.pages_read = entry.pages_read;
    return EarlierResult{found, entry.when};
}

std::vector<KeptResult> kept_results() {
    std::vector<KeptResult> kept;
    const Store& all = the_store();
    if (!locked(all, LW_SHARED)) return kept;
    for (const Entry& entry : std::span(all.entries, std::size_t{all.sets} * ways))
        if (entry.when != 0 && locator_database(entry.locator) == MyDatabaseId)
            kept.push_back({entry.oid, entry.locator, entry.blocks * BLCKSZ,
                            static_cast<std::int64_t>(entry.ideal_blocks * BLCKSZ), entry.when});
    unlock(all);
    return kept;
}

void keep_result(const Storage& relation, const Measurement& found, TimestampTz when) {
    Store& all = the_store();
    if (!locked(all, LW_EXCLUSIVE)) return;
    const std::span<Entry> places = places_of(all, relation);
    // Its own place, else the oldest result's.
    auto place = std::find_if(places.begin(), places.end(), [&](const Entry& e) { return same(e, relation); });
    if (place == places.end())
        place = std::min_element(places.begin(), places.end(),
                                 [](const Entry& a, const Entry& b) { return a.when < b.when; });
    *place = {when,
              relation.locator,
              relation.oid,
              found.blocks,
              found.ideal_blocks.value_or(0),
              found.margin,
              found.live,
              found.dead,
              found.held,
              found.leaf_density.value_or(-1),
              found.empty_tail,
              found.pages_read};
    unlock(all);
}

}  // namespace perfkit::pg

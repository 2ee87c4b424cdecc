// Sizes of relations, and what shared_buffers holds of them.

#include <cstring>
#include <optional>
#include <unordered_map>

#include "perfkit/pg/advisor/file_age.hpp"
#include "perfkit/pg/cache/buffer.hpp"
#include "perfkit/pg/rows.hpp"
#include "perfkit/pg/storage.hpp"
#include "perfkit/pg/subtransaction.hpp"

extern "C" {
#include "miscadmin.h"
#include "utils/builtins.h"
}

using namespace perfkit;

namespace {

struct Key {
    RelFileLocator locator;
    bool operator==(const Key& other) const { return std::memcmp(&locator, &other.locator, sizeof locator) == 0; }
};

struct KeyHash {
    std::size_t operator()(const Key& key) const {
        return std::hash<std::uint64_t>()(std::uint64_t{pg::locator_number(key.locator)} << 32 |
                                          pg::locator_database(key.locator));
    }
};

struct Counts {
    std::int64_t buffers = 0;
    std::int64_t main = 0;
    std::int64_t dirty = 0;
    std::int64_t pinned = 0;
    std::int64_t usage = 0;
};

}  // namespace

PERFKIT_FUNCTION(pk_buffer_contents) {
    constexpr int between_interrupts = 1 << 15;
    pg::Rows rows(fcinfo);
    std::unordered_map<Key, Counts, KeyHash> found;
    std::int64_t empty = 0;
    for (int i = 0; i < NBuffers; ++i) {
        if (i % between_interrupts == 0) pg::call([] { CHECK_FOR_INTERRUPTS(); });
        const pg::SeenBuffer seen = pg::look_at_buffer(i);
        if (!seen.has_page()) {
            ++empty;
            continue;
        }
        Counts& counts = found[{pg::locator_of(seen.tag)}];
        ++counts.buffers;
        if (seen.tag.forkNum == MAIN_FORKNUM) ++counts.main;
        if ((seen.state & BM_DIRTY) != 0) ++counts.dirty;
        if (BUF_STATE_GET_REFCOUNT(seen.state) > 0) ++counts.pinned;
        counts.usage += BUF_STATE_GET_USAGECOUNT(seen.state);
    }
    const auto oid = [](Oid value) { return pg::Value::of(ObjectIdGetDatum(value)); };
    for (const auto& [key, counts] : found)
        rows.add({oid(pg::locator_database(key.locator)), oid(pg::locator_tablespace(key.locator)),
                  oid(pg::locator_number(key.locator)), counts.buffers, counts.main, counts.dirty, counts.pinned,
                  static_cast<double>(counts.usage) / static_cast<double>(counts.buffers)});
    const std::int64_t none = 0;
    if (empty > 0) rows.add({std::nullopt, std::nullopt, std::nullopt, empty, none, none, none, std::nullopt});
    PG_RETURN_NULL();
}

PERFKIT_FUNCTION(pk_relation_bytes) {
    std::int64_t blocks = -1;
    // A relation that is dropped meanwhile, or whose file is missing, has no size.
    const auto trouble = pg::in_subtransaction([&] {
        pg::Storage relation;
        if (pg::find_storage(PG_GETARG_OID(0), relation) && relation.has_file() && !relation.other_temporary())
            blocks = pg::blocks_of(relation);
    });
    if (trouble || blocks < 0) PG_RETURN_NULL();
    PG_RETURN_INT64(blocks * BLCKSZ);
}

PERFKIT_FUNCTION(pk_relation_days) {
    const Oid oid = PG_GETARG_OID(0);
    const char* const path = pg::call([oid]() -> const char* {
        LOCAL_FCINFO(ask, 1);
        InitFunctionCallInfoData(*ask, nullptr, 1, InvalidOid, nullptr, nullptr);
        ask->args[0].value = ObjectIdGetDatum(oid);
        ask->args[0].isnull = false;
        const Datum found = pg_relation_filepath(ask);
        return ask->isnull ? nullptr : TextDatumGetCString(found);
    });
    const auto days = path ? pg::days_of_file(path) : std::nullopt;
    if (!days) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(*days);
}

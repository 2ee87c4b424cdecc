#include "perfkit/pg/uuid/ordering.hpp"

#include <new>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/shared_memory.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
}

namespace perfkit::pg {

int uuid_ordering_setting = static_cast<int>(UuidOrdering::backend);
std::atomic<FineTick>* shared_uuid_tick = nullptr;

static_assert(std::atomic<FineTick>::is_always_lock_free, "shared between processes");

namespace {

constexpr const char* not_preloaded_message = "pg_perfkit.uuid_ordering = cluster needs shared memory";
constexpr const char* not_preloaded_hint =
    "Add pg_perfkit to shared_preload_libraries and restart the server, or set pg_perfkit.uuid_ordering to backend.";

const config_enum_entry orderings[] = {
    {"backend", static_cast<int>(UuidOrdering::backend), false},
    {"cluster", static_cast<int>(UuidOrdering::cluster), false},
    {nullptr, 0, false},
};

bool defining = false;

// SET fails at once.  What comes from a file, from a role or from before the library was loaded is
// taken, and fails where it is used: to fall back to another order would go unnoticed.
bool check_ordering(int* value, void**, GucSource source) {
    if (*value != static_cast<int>(UuidOrdering::cluster) || shared_uuid_tick != nullptr) return true;
    if (defining || source < PGC_S_INTERACTIVE) return true;
    GUC_check_errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    GUC_check_errmsg("%s", not_preloaded_message);
    GUC_check_errhint("%s", not_preloaded_hint);
    return false;
}

void request() { RequestAddinShmemSpace(sizeof(std::atomic<FineTick>)); }

// ShmemInitStruct gives each structure cache lines of its own.
void attach() {
    bool found = false;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    void* memory = ShmemInitStruct("pg_perfkit uuid tick", sizeof(std::atomic<FineTick>), &found);
    if (!found) new (memory) std::atomic<FineTick>(0);
    shared_uuid_tick = static_cast<std::atomic<FineTick>*>(memory);
    LWLockRelease(AddinShmemInitLock);
}

}  // namespace

void fail_without_shared_uuid_tick() {
    call([] {
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg_internal("%s", not_preloaded_message),
                        errhint("%s", not_preloaded_hint)));
    });
    pg_unreachable();
}

void init_uuid() {
    defining = true;
    DefineCustomEnumVariable("pg_perfkit.uuid_ordering",
                             "Over whose version 7 UUIDs the strict order of pk_uuidv7() holds.",
                             "backend: those of one session. cluster: those of all sessions with this setting; needs "
                             "shared_preload_libraries.",
                             &uuid_ordering_setting, static_cast<int>(UuidOrdering::backend), orderings, PGC_USERSET, 0,
                             check_ordering, nullptr, nullptr);
    defining = false;
    use_shared_memory(request, attach);
}

}  // namespace perfkit::pg

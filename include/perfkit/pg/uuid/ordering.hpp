// Over whose UUIDs the order holds: pg_perfkit.uuid_ordering.
#pragma once

#include <atomic>

#include "perfkit/core/uuid/clock.hpp"

namespace perfkit::pg {

enum class UuidOrdering : int { backend, cluster };

// The setting.  The server writes it, as an int.
extern int uuid_ordering_setting;

inline UuidOrdering uuid_ordering() { return static_cast<UuidOrdering>(uuid_ordering_setting); }

// The last tick of all sessions, in shared memory; null where pg_perfkit is not preloaded.
extern std::atomic<FineTick>* shared_uuid_tick;

// Reports, as SET does, that the setting needs shared memory.
[[noreturn]] void fail_without_shared_uuid_tick();

void init_uuid();

}  // namespace perfkit::pg

#include "perfkit/pg/shared_memory.hpp"

#include <array>
#include <cstddef>

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/ipc.h"
}

namespace perfkit::pg {

namespace {

struct Part {
    void (*request)();
    void (*attach)();
};

std::array<Part, 8> parts;
std::size_t part_count = 0;

shmem_request_hook_type next_request = nullptr;
shmem_startup_hook_type next_startup = nullptr;

void on_request() {
    if (next_request != nullptr) next_request();
    for (std::size_t i = 0; i < part_count; ++i) parts[i].request();
}

void on_startup() {
    if (next_startup != nullptr) next_startup();
    for (std::size_t i = 0; i < part_count; ++i) parts[i].attach();
}

}  // namespace

void use_shared_memory(void (*request)(), void (*attach)()) {
    if (!process_shared_preload_libraries_in_progress) return;
    if (part_count == parts.size()) elog(ERROR, "too many parts of pg_perfkit use shared memory");
    if (part_count == 0) {
        next_request = shmem_request_hook;
        shmem_request_hook = on_request;
        next_startup = shmem_startup_hook;
        shmem_startup_hook = on_startup;
    }
    parts[part_count++] = {request, attach};
}

}  // namespace perfkit::pg

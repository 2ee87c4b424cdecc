#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/workload.hpp"
#include "perfkit/pg/workload/file.hpp"
#include "perfkit/pg/workload/hooks.hpp"
#include "perfkit/pg/workload/plans.hpp"
#include "perfkit/pg/workload/predicates.hpp"
#include "perfkit/pg/workload/sampling.hpp"
#include "perfkit/pg/workload/settings.hpp"
#include "perfkit/pg/workload/shared.hpp"

extern "C" {
#include "miscadmin.h"
#include "storage/ipc.h"
}

namespace perfkit::pg {

namespace {

shmem_request_hook_type next_request = nullptr;
shmem_startup_hook_type next_startup = nullptr;

void on_request() {
    if (next_request != nullptr) next_request();
    workload::Shared::request();
    workload::SharedSamples::request();
    workload::SharedPlans::request();
    workload::SharedPredicates::request();
}

void on_startup() {
    if (next_startup != nullptr) next_startup();
    workload::Shared::attach();
    workload::SharedSamples::attach();
    workload::SharedPlans::attach();
    workload::SharedPredicates::attach();
    if (IsUnderPostmaster) return;
    workload::load_file();
    workload::save_at_exit();
}

}  // namespace

void init_workload() {
    workload::define_settings();
    if (!process_shared_preload_libraries_in_progress) return;
    next_request = shmem_request_hook;
    shmem_request_hook = on_request;
    next_startup = shmem_startup_hook;
    shmem_startup_hook = on_startup;
    workload::install_hooks();
}

}  // namespace perfkit::pg

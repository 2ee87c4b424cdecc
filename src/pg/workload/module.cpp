#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/shared_memory.hpp"
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
}

namespace perfkit::pg {

namespace {

void request() {
    workload::Shared::request();
    workload::SharedSamples::request();
    workload::SharedPlans::request();
    workload::SharedPredicates::request();
}

void attach() {
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
    use_shared_memory(request, attach);
    workload::install_hooks();
}

}  // namespace perfkit::pg

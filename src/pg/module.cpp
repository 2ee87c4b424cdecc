// Entry point: what happens when the server loads the library.

#include "perfkit/pg/advisor.hpp"
#include "perfkit/pg/bloat.hpp"
#include "perfkit/pg/cache.hpp"
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/distance.hpp"
#include "perfkit/pg/guard.hpp"
#include "perfkit/pg/health.hpp"
#include "perfkit/pg/history.hpp"
#include "perfkit/pg/uuid/ordering.hpp"
#include "perfkit/pg/workload.hpp"

extern "C" {
#include "utils/guc.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "pg_perfkit", .version = PERFKIT_VERSION);
#else
PG_MODULE_MAGIC;
#endif

PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    perfkit::pg::init_bloat();
    perfkit::pg::init_advisor();
    perfkit::pg::init_distance();
    perfkit::pg::init_uuid();
    perfkit::pg::init_health();
    perfkit::pg::init_workload();
    perfkit::pg::init_cache();
    perfkit::pg::init_history();
    MarkGUCPrefixReserved("pg_perfkit");
}

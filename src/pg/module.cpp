// Entry point: what happens when the server loads the library.

<<<<<<< HEAD
#include "perfkit/pg/bloat.hpp"
=======
#include "perfkit/pg/advisor.hpp"
>>>>>>> 2c597c8 (Advise indexes by planning the workload with hypothetical ones)
#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/guard.hpp"

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
<<<<<<< HEAD
    perfkit::pg::init_bloat();
=======
    perfkit::pg::init_advisor();
>>>>>>> 2c597c8 (Advise indexes by planning the workload with hypothetical ones)
    MarkGUCPrefixReserved("pg_perfkit");
}

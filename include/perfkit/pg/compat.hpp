// Differences between server versions, each under the name of the newest form.
#pragma once

#include "perfkit/pg/postgres.hpp"

#define PERFKIT_PG16 (PG_VERSION_NUM >= 160000)
#define PERFKIT_PG17 (PG_VERSION_NUM >= 170000)
#define PERFKIT_PG18 (PG_VERSION_NUM >= 180000)

#if PG_VERSION_NUM < 150000
#error "pg_perfkit needs PostgreSQL 15 or later: build against one with make PG_CONFIG=/path/to/pg_config"
#endif

#if PERFKIT_PG16
extern "C" {
#include "varatt.h"  // before, a part of postgres.h
}
#endif

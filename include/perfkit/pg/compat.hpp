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

// ExecutorRun lost its parameter execute_once in 18.
#if PERFKIT_PG18
#define PERFKIT_RUN_ONCE_PARAMETER
#define PERFKIT_RUN_ONCE_ARGUMENT
#else
#define PERFKIT_RUN_ONCE_PARAMETER , bool execute_once
#define PERFKIT_RUN_ONCE_ARGUMENT , execute_once
#endif

extern "C" {
#if PERFKIT_PG16
#include "nodes/queryjumble.h"
#else
#include "utils/queryjumble.h"
#endif
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
}

namespace perfkit::pg {

// The number of this process among the server's processes: client sessions and workers are below MaxBackends.
inline int my_proc_number() noexcept {
#if PERFKIT_PG17
    return MyProcNumber;
#else
    return MyProc->pgprocno;
#endif
}

#if PERFKIT_PG16
inline bool owns_relation(Oid relation, Oid role) { return object_ownercheck(RelationRelationId, relation, role); }
inline bool owns_schema(Oid schema, Oid role) { return object_ownercheck(NamespaceRelationId, schema, role); }
inline bool may_create_in(Oid schema, Oid role) {
    return object_aclcheck(NamespaceRelationId, schema, role, ACL_CREATE) == ACLCHECK_OK;
}
#else
inline bool owns_relation(Oid relation, Oid role) { return pg_class_ownercheck(relation, role); }
inline bool owns_schema(Oid schema, Oid role) { return pg_namespace_ownercheck(schema, role); }
inline bool may_create_in(Oid schema, Oid role) {
    return pg_namespace_aclcheck(schema, role, ACL_CREATE) == ACLCHECK_OK;
}
#endif

// Runs all of a portal, whose result goes nowhere, as a command of the client's own.
inline void portal_run_once(Portal portal, QueryCompletion* completion) {
#if PERFKIT_PG18
    PortalRun(portal, FETCH_ALL, true, None_Receiver, None_Receiver, completion);
#else
    PortalRun(portal, FETCH_ALL, true, true, None_Receiver, None_Receiver, completion);
#endif
}

}  // namespace perfkit::pg

#include "perfkit/pg/rights.hpp"

#include "perfkit/pg/guard.hpp"

extern "C" {
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"
}

namespace perfkit::pg {

bool may_read_all_stats() {
    return call([] { return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS); });
}

}  // namespace perfkit::pg

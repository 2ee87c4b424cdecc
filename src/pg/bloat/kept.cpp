// The results that are kept, without a look at any page.

#include "perfkit/pg/rows.hpp"
#include "results.hpp"

using namespace perfkit;

PERFKIT_FUNCTION(pk_bloat_kept) {
    pg::Rows rows(fcinfo);
    for (const pg::KeptResult& result : pg::kept_results())
        rows.add({pg::Value::of(ObjectIdGetDatum(result.relation)),
                  pg::Value::of(ObjectIdGetDatum(pg::locator_number(result.locator))), result.real_bytes,
                  result.ideal_bytes, pg::Value::time(result.when)});
    PG_RETURN_NULL();
}

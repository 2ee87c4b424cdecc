#include "perfkit/pg/own_table.hpp"

#include "perfkit/pg/query.hpp"

extern "C" {
#include "miscadmin.h"
}

namespace perfkit::pg {

std::optional<OwnTable> find_own_table(const char* name) {
    OwnTable table;
    table.name = schema_of_extension("pg_perfkit") + "." + name;
    const auto rows =
        run_query("SELECT oid, relowner FROM pg_class WHERE oid = to_regclass(" + quoted_literal(table.name) + ")");
    if (rows.empty()) return std::nullopt;
    table.id = static_cast<Oid>(integer_of(rows.front()[0]));
    table.owner = static_cast<Oid>(integer_of(rows.front()[1]));
    return table;
}

OwnTable own_table(const char* name) {
    auto table = find_own_table(name);
    if (!table) {
        call([name] {
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                            errmsg("there is no table %s in this database", name),
                            errhint("ALTER EXTENSION pg_perfkit UPDATE brings it.")));
        });
    }
    return std::move(*table);
}

AsOwner::AsOwner(const OwnTable& table) {
    GetUserIdAndSecContext(&user_, &context_);
    SetUserIdAndSecContext(table.owner, context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
}

// An error that ends the transaction sets them back, too.
AsOwner::~AsOwner() { SetUserIdAndSecContext(user_, context_); }

}  // namespace perfkit::pg

// Tables of the extension that only the library writes to.
#pragma once

#include <optional>
#include <string>

#include "perfkit/pg/postgres.hpp"

namespace perfkit::pg {

struct OwnTable {
    std::string name;  // with its schema
    Oid id = InvalidOid;
    Oid owner = InvalidOid;
};

// Nothing where the extension is older than the table.
std::optional<OwnTable> find_own_table(const char* name);
// An ERROR there.
OwnTable own_table(const char* name);

// While one lives, statements run with the rights of the table's owner: fixed ones of ours, about this table alone.
class AsOwner {
public:
    explicit AsOwner(const OwnTable& table);
    ~AsOwner();
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;

private:
    Oid user_ = InvalidOid;
    int context_ = 0;
};

}  // namespace perfkit::pg

// CREATE INDEX statements that are read, but not run.
#pragma once

#include <string>

#include "perfkit/pg/advisor/whatif.hpp"

namespace perfkit::pg {

struct ReadIndex {
    Hypothetical index;  // without an id
    Oid table = InvalidOid;
    std::string schema, table_name;
    std::string definition;  // USING method (keys) ...
};

// The index that a CREATE INDEX statement would make.  Raises the errors that the statement would, and
// 0A000 for what a hypothetical index cannot have.  The caller needs SELECT on the table, since the size
// tells of its rows; a locked table is an error, not a wait.
ReadIndex read_create_index(const std::string& ddl);

}  // namespace perfkit::pg

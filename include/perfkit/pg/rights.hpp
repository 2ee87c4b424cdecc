// What the current user may see.
#pragma once

namespace perfkit::pg {

// What others do and ask, as members of pg_read_all_stats may.
bool may_read_all_stats();

}  // namespace perfkit::pg

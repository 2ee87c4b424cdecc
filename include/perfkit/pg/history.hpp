// History: readings of the counters of each database, taken by short-lived workers.  docs/history.md.
#pragma once

namespace perfkit::pg {

// Defines the settings; in a preloading postmaster also asks for shared memory and registers the launcher.
void init_history();

}  // namespace perfkit::pg

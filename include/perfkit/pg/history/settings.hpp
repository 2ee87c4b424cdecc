// The settings of history, as the server keeps them.
#pragma once

namespace perfkit::pg::history {

extern bool enabled;           // pg_perfkit.history
extern int interval_s;         // pg_perfkit.history_interval
extern int retention_minutes;  // pg_perfkit.history_retention
extern int standby_kb;         // pg_perfkit.standby_history_size
extern int standby_shows;      // pg_perfkit.standby_history
constexpr int own = 0;         // its values
constexpr int primary = 1;

// This is a standby that takes no history.
bool takes_none();

}  // namespace perfkit::pg::history

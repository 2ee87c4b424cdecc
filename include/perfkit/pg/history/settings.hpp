// The settings of history, as the server keeps them.
#pragma once

namespace perfkit::pg::history {

extern bool enabled;           // pg_perfkit.history
extern int interval_s;         // pg_perfkit.history_interval
extern int retention_minutes;  // pg_perfkit.history_retention

}  // namespace perfkit::pg::history

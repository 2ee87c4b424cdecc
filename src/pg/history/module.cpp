// The settings of history, and its part of the preloading postmaster.
#include "perfkit/pg/history.hpp"
#include "perfkit/pg/history/settings.hpp"
#include "perfkit/pg/history/shared.hpp"
#include "perfkit/pg/shared_memory.hpp"
#include "perfkit/pg/worker.hpp"

extern "C" {
#include "access/xlog.h"
#include "utils/guc.h"
}

namespace perfkit::pg {

namespace history {

bool enabled = true;
int interval_s = 300;
int retention_minutes = 7 * 24 * 60;
int standby_kb = 4096;
int standby_shows = own;

namespace {

constexpr config_enum_entry standby_options[] = {{"own", own, false}, {"primary", primary, false}, {nullptr, 0, false}};

}  // namespace

bool takes_none() { return standby_kb == 0 && RecoveryInProgress(); }

}  // namespace history

void init_history() {
    DefineCustomBoolVariable("pg_perfkit.history", "Takes snapshots of the counters of this database.",
                             "For ALTER DATABASE, to leave one out; it needs the extension and pg_perfkit in "
                             "shared_preload_libraries.",
                             &history::enabled, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.history_interval", "Time between two snapshots of a database.",
                            "0 takes none. Needs pg_perfkit in shared_preload_libraries.", &history::interval_s, 300, 0,
                            24 * 3600, PGC_SIGHUP, GUC_UNIT_S, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("pg_perfkit.history_retention", "How long snapshots are kept.",
                            "What is older goes an eighth at a time.", &history::retention_minutes, 7 * 24 * 60, 1,
                            10 * 365 * 24 * 60, PGC_SIGHUP, GUC_UNIT_MIN, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "pg_perfkit.standby_history_size", "Shared memory for the history of a database that a standby takes.",
        "0 takes none. What does not fit goes an eighth at a time, the oldest first; a restart ends it.",
        &history::standby_kb, 4096, 0, 1024 * 1024, PGC_SIGHUP, GUC_UNIT_KB, nullptr, nullptr, nullptr);
    DefineCustomEnumVariable("pg_perfkit.standby_history", "Whose history a standby shows.",
                             "own: what it has seen itself, since it started. primary: what the primary has written.",
                             &history::standby_shows, history::own, history::standby_options, PGC_USERSET, 0, nullptr,
                             nullptr, nullptr);
    use_shared_memory(history::Shared::request, history::Shared::attach);
    register_worker("pg_perfkit history", "pk_history_launcher", true);
}

}  // namespace perfkit::pg

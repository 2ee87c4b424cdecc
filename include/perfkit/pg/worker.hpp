// Background workers of the preloaded library: how they are registered, begin, wait and end.
#pragma once

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "postmaster/bgworker.h"
}

namespace perfkit::pg {

// In a preloading postmaster: a worker that starts with the server, on a standby as soon as it can be read, and again
// ten seconds after it ended.  `function` is an exported C function, by which it begins.  With `database` false it
// sees shared memory only: it is connected to no database, holds no lock and no snapshot, and nobody waits for it.
void register_worker(const char* name, const char* function, bool database);

// Starts a worker now, once; its function gets the argument.  This process's latch is set when it begins and when it
// ends.  The handle is in the current memory context; null where the server has no room for a further worker
// (max_worker_processes).  It reports other trouble as an ERROR, so it is for pg::call.
BackgroundWorkerHandle* start_worker(const char* name, const char* type, const char* function, Datum argument);

// What each worker's function does first.
void begin_worker();

// Waits until the time is over or the latch is set, and takes in changed settings.  False where the worker is to end;
// it then returns from its function's loop to end_worker().
bool worker_waited(long milliseconds);

// Ends the process; the server starts it again unless it is shutting down.
[[noreturn]] void end_worker();

}  // namespace perfkit::pg

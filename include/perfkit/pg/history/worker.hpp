// The short-lived worker that takes one snapshot of one database.
#pragma once

#include "perfkit/pg/worker.hpp"

namespace perfkit::pg::history {

// Starts one, which sets the calling process's latch when it begins and when it ends; null where the server has no
// room for a further worker (max_worker_processes).
BackgroundWorkerHandle* start_worker(Oid database);

}  // namespace perfkit::pg::history

// Where the server keeps what every statement's capture needs of it.
#pragma once

#include <ctime>

#include "perfkit/pg/compat.hpp"

extern "C" {
#include "executor/instrument.h"
#include "portability/instr_time.h"
#include "utils/timestamp.h"
}

namespace perfkit::pg::workload {

// By its name each of these is found through a slot of the global offset table, which are as far apart as the names
// are in a hash: a line of cache for each.  Here their addresses lie beside capture's own variables (hot.hpp).
struct Server {
    sigjmp_buf** handlers;
    ErrorContextCallback** context;
    const BufferUsage* buffers;
    const WalUsage* wal;
    const bool* io_timed;
    const int* parallel_worker;  // negative: not in one
    const Oid* database;
    Oid (*user)();
    TimestampTz (*statement_start)();
    int (*clock)(clockid_t, std::timespec*);
};
extern Server server;

// In nanoseconds, by the clock of the server's instrumentation.
inline std::uint64_t now() noexcept {
    std::timespec time;
    server.clock(PG_INSTR_CLOCK, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace perfkit::pg::workload

// Between the server's times and Unix'.
#pragma once

#include <cstdint>

#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
}

namespace perfkit::pg {

// Between PostgreSQL's epoch, 2000-01-01, and the Unix epoch.
constexpr std::int64_t epoch_gap_us = std::int64_t{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE} * USECS_PER_DAY;

}  // namespace perfkit::pg

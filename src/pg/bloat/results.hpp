// Results of earlier measurements, for dashboards that ask the same every few seconds.
#pragma once

#include <optional>

#include "bloat.hpp"

extern "C" {
#include "utils/timestamp.h"
}

namespace perfkit::pg {

struct EarlierResult {
    Measurement found;
    TimestampTz when;
};

// Where the library is preloaded, all sessions share them; else each has its own.  Nobody waits for a lock:
// whoever does not get it measures, or does not leave his result.
void init_bloat_results();
// What was found of this file since then.
std::optional<EarlierResult> earlier_result(const Storage& relation, TimestampTz since);
void keep_result(const Storage& relation, const Measurement& found, TimestampTz when);

}  // namespace perfkit::pg

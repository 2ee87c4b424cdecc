// Results of earlier measurements, for dashboards that ask the same every few seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

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
// All that are kept of this database, those of files that are no more among them; none where others hold the lock.
struct KeptResult {
    Oid relation;
    RelFileLocator locator;
    std::int64_t real_bytes;
    std::int64_t ideal_bytes;
    TimestampTz when;
};
std::vector<KeptResult> kept_results();
void keep_result(const Storage& relation, const Measurement& found, TimestampTz when);

}  // namespace perfkit::pg

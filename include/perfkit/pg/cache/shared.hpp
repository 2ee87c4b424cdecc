// What the watch over shared_buffers has found, where every session can read it; and its settings.
#pragma once

#include <atomic>
#include <cstdint>

#include "perfkit/core/cache/forecast.hpp"
#include "perfkit/pg/postgres.hpp"

extern "C" {
#include "datatype/timestamp.h"
#include "storage/lwlock.h"
}

namespace perfkit::pg::cache {

extern bool watch;          // pg_perfkit.cache_watch
extern int watch_interval;  // pg_perfkit.cache_watch_interval, ms

struct Findings {
    perfkit::cache::Observed observed;
    bool too_coarse = false;  // for half the size; see Footprint
    double rate = 0;          // share of the blocks that is followed
    TimestampTz since = 0;    // 0: no watch yet
    TimestampTz last_look = 0;
    std::int64_t looks = 0;
    std::uint32_t reset = 0;  // the number of resets that it has seen
    std::int32_t pid = 0;     // of the worker; 0 where it does not watch
};

class SharedFindings {
public:
    // Nothing where the library is not preloaded.
    static SharedFindings* get() noexcept;
    static void request();
    static void attach();

    // As of the last reset: what was found before it is none of the reader's.
    Findings read() const noexcept;
    void publish(const Findings& findings) noexcept;

    void reset() noexcept { ++resets_; }
    std::uint32_t resets() const noexcept { return resets_; }

private:
    LWLock* lock_ = nullptr;
    std::atomic<std::uint32_t> resets_{0};
    Findings findings_;
};

}  // namespace perfkit::pg::cache

// How much of what shared_buffers hold the operating system holds once more.
#pragma once

#include <cstdint>

namespace perfkit::pg::cache {

struct DoubleBuffered {
    std::int64_t buffers = 0;  // in use
    std::int64_t sampled = 0;  // of which so many were asked for
    double cached = 0;         // and that many of these lie in the cache of the operating system
};

DoubleBuffered measure_double_buffered();

}  // namespace perfkit::pg::cache

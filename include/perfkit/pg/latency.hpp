// Latency histograms as SQL values: bigint[] of pairs of bucket and count.
#pragma once

#include "perfkit/core/latency.hpp"
#include "perfkit/pg/guard.hpp"

namespace perfkit::pg {

Datum latency_datum(const LatencyHistogram& histogram);
// ERROR 22023 where the array is no histogram.
LatencyHistogram latency_from(Datum array);

}  // namespace perfkit::pg

#include "perfkit/pg/latency.hpp"

#include "perfkit/pg/arrays.hpp"
#include "perfkit/pg/rows.hpp"

using namespace perfkit;

namespace {

// ERROR 22004 where one is NULL.
std::span<const Datum> numbers_of(Datum array) {
    const pg::Elements elements = pg::elements_of(array);
    if (elements.has_null())
        pg::call(
            [] { ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array must not contain nulls"))); });
    return elements.values;
}

}  // namespace

namespace perfkit::pg {

Datum latency_datum(const LatencyHistogram& histogram) { return bigint_array(histogram.pairs()); }

LatencyHistogram latency_from(Datum array) {
    std::vector<std::int64_t> pairs;
    for (const Datum element : numbers_of(array)) pairs.push_back(DatumGetInt64(element));
    LatencyHistogram histogram;
    if (!histogram.add_pairs(pairs)) throw std::invalid_argument("the array is not a latency histogram");
    return histogram;
}

}  // namespace perfkit::pg

PERFKIT_FUNCTION(pk_latency_percentile) {
    const double share = PG_GETARG_FLOAT8(1);
    if (!(share >= 0 && share <= 1)) throw std::invalid_argument("the share must be between 0 and 1: 0.99 is P99");
    const auto microseconds = pg::latency_from(PG_GETARG_DATUM(0)).percentile(share);
    if (!microseconds) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(*microseconds / 1000);
}

PERFKIT_FUNCTION(pk_latency_merge) {
    LatencyHistogram sum = pg::latency_from(PG_GETARG_DATUM(0));
    sum.merge(pg::latency_from(PG_GETARG_DATUM(1)));
    return pg::latency_datum(sum);
}

PERFKIT_FUNCTION(pk_latency_since) {
    const LatencyHistogram later = pg::latency_from(PG_GETARG_DATUM(0)), earlier = pg::latency_from(PG_GETARG_DATUM(1));
    return pg::latency_datum(later.since(earlier));
}

PERFKIT_FUNCTION(pk_latency_within) {
    const LatencyHistogram histogram = pg::latency_from(PG_GETARG_DATUM(0));
    std::vector<std::int64_t> counts;
    for (const Datum bound : numbers_of(PG_GETARG_DATUM(1)))
        counts.push_back(static_cast<std::int64_t>(histogram.within(DatumGetFloat8(bound) * 1000)));
    return pg::bigint_array(counts);
}

PERFKIT_FUNCTION(pk_latency_buckets) {
    const LatencyHistogram histogram = pg::latency_from(PG_GETARG_DATUM(0));
    pg::Rows rows(fcinfo);
    for (int bucket = 0; bucket < LatencyHistogram::bucket_count; ++bucket)
        if (const std::uint64_t count = histogram.count(bucket); count > 0)
            rows.add({LatencyHistogram::lower_edge(bucket) / 1000, LatencyHistogram::upper_edge(bucket) / 1000,
                      static_cast<std::int64_t>(count)});
    PG_RETURN_NULL();
}

#include "perfkit/pg/latency.hpp"

#include <algorithm>
#include <cmath>

#include "perfkit/pg/rows.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
}

using namespace perfkit;

namespace {

// The array's elements; ERROR 22004 where one is NULL.
std::span<const Datum> elements_of(Datum array, Oid type) {
    return pg::call([=] {
        Datum* elements;
        int count;
        ArrayType* const value = DatumGetArrayTypeP(array);
        if (array_contains_nulls(value))
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("array must not contain nulls")));
        deconstruct_array(value, type, sizeof(std::int64_t), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, nullptr,
                          &count);
        return std::span<const Datum>(elements, static_cast<std::size_t>(count));
    });
}

Datum bigint_array(std::span<const std::int64_t> values) {
    return pg::call([=] {
        auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (values.size() + 1)));
        for (std::size_t i = 0; i < values.size(); ++i) datums[i] = Int64GetDatum(values[i]);
        return PointerGetDatum(construct_array(datums, static_cast<int>(values.size()), INT8OID, sizeof(std::int64_t),
                                               FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
    });
}

}  // namespace

namespace perfkit::pg {

Datum latency_datum(const LatencyHistogram& histogram) { return bigint_array(histogram.pairs()); }

LatencyHistogram latency_from(Datum array) {
    std::vector<std::int64_t> pairs;
    for (const Datum element : elements_of(array, INT8OID)) pairs.push_back(DatumGetInt64(element));
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
    for (const Datum bound : elements_of(PG_GETARG_DATUM(1), FLOAT8OID))
        counts.push_back(static_cast<std::int64_t>(histogram.within(DatumGetFloat8(bound) * 1000)));
    return bigint_array(counts);
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

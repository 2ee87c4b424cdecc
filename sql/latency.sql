
-- latency: histograms of durations as bigint[]: pairs of bucket number and count, buckets ascending

CREATE FUNCTION pk_latency_percentile(latency bigint[], share float8) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_latency_percentile(bigint[], float8) IS
    'The duration in ms that a share (0 to 1: 0.99 is P99) of those in the histogram do not exceed, within 4.5 %; NULL for an empty histogram; ERROR 22023 where the array is no histogram';

CREATE FUNCTION pk_latency_merge(one bigint[], two bigint[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_latency_merge(bigint[], bigint[]) IS
    'The histogram of the durations in both; ERROR 22023 where an array is no histogram';

CREATE AGGREGATE pk_latency_sum(latency bigint[]) (
    SFUNC = pk_latency_merge, STYPE = bigint[], COMBINEFUNC = pk_latency_merge, INITCOND = '{}', PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_latency_sum(bigint[]) IS
    'The histogram of the durations in all: percentiles over queries, databases or hours are those of the sum, never means of percentiles';

CREATE FUNCTION pk_latency_since(later bigint[], earlier bigint[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_latency_since(bigint[], bigint[]) IS
    'What a growing histogram gained between two readings; the later one itself where it has lost counts meanwhile (a reset); ERROR 22023 where an array is no histogram';

CREATE FUNCTION pk_latency_within(latency bigint[], bounds_ms float8[]) RETURNS bigint[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_latency_within(bigint[], float8[]) IS
    'For each bound in ms how many durations do not exceed it (those within 4.5 % of it may fall on either side): the _bucket values of a Prometheus histogram; NULL bounds are an error (22004)';

CREATE FUNCTION pk_latency_buckets(latency bigint[], OUT from_ms float8, OUT to_ms float8, OUT calls bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50;
COMMENT ON FUNCTION pk_latency_buckets(bigint[]) IS
'The filled buckets of a histogram, shortest first. ERROR 22023 where the array is no histogram.
from_ms: least duration in the bucket
to_ms: the durations in the bucket are shorter than this
calls: number of durations in it';

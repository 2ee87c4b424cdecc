-- The functions over latency histograms: pairs of bucket number and count.
SELECT round(pk_latency_percentile('{81,98,121,2}', s)::numeric, 3) AS ms FROM unnest('{0, 0.5, 0.98, 0.99, 1}'::float8[]) s;
SELECT pk_latency_percentile('{}', 0.5) IS NULL AS empty, pk_latency_percentile(NULL, 0.5) IS NULL AS none;
SELECT pk_latency_merge('{1,1,5,2}', '{5,3,7,1}') AS merged;
SELECT pk_latency_sum(l) AS summed FROM (VALUES ('{1,1}'::bigint[]), (NULL), ('{1,4,2,1}')) v(l);
SELECT pk_latency_since('{1,5,9,2}', '{1,3}') AS gained, pk_latency_since('{1,2}', '{1,3}') AS after_a_reset;
SELECT pk_latency_within('{81,98,121,2}', '{0.5, 2, 50, Infinity}') AS within;
SELECT round(from_ms::numeric, 4) AS from_ms, round(to_ms::numeric, 4) AS to_ms, calls FROM pk_latency_buckets('{0,1,1,2,81,3}');
-- What is no histogram is refused.
SELECT pk_latency_percentile('{1}', 0.5);
SELECT pk_latency_percentile('{5,1,4,1}', 0.5);
SELECT pk_latency_percentile('{1,-1}', 0.5);
SELECT pk_latency_percentile('{258,1}', 0.5);
SELECT pk_latency_percentile('{1,NULL}', 0.5);
SELECT pk_latency_percentile('{1,1}', 1.5);
SELECT pk_latency_percentile('{1,1}', 'NaN');
SELECT pk_latency_within('{1,1}', '{NULL}');

-- Time conditions on version 7 UUIDs.
SET timezone = 'UTC';

-- Exactly what the time read back says, to both sides of each millisecond, and false for other versions.
CREATE TABLE ids (id uuid);
INSERT INTO ids SELECT pk_uuidv7(at => t) FROM generate_series(timestamptz '2024-02-29 12:00', '2024-02-29 12:00:00.005', '250 us') t;
INSERT INTO ids VALUES ('00000000-0000-7000-8000-000000000000'), ('ffffffff-ffff-7fff-bfff-ffffffffffff'), (NULL),
    ('00000000-0000-0000-0000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff'), ('018df4cc-3600-4000-8000-000000000000'),
    ('018df4cc-3600-7000-0000-000000000000'), ('C232AB00-9414-11EC-B3C8-9F6BDECED846'), ('1EC9414C-232A-6B00-B3C8-9F6BDECED846');
CREATE TEMP VIEW times AS
SELECT t FROM generate_series(timestamptz '2024-02-29 11:59:59.9985', '2024-02-29 12:00:00.0065', '125 us') t
UNION ALL VALUES (timestamptz '-infinity'), ('1969-12-31 23:59:59.9995+00'), ('1970-01-01'), ('10889-08-02 05:31:50.655+00'),
    ('10889-08-02 05:31:50.655001+00'), ('10889-08-02 05:31:50.656+00'), ('infinity');
SELECT count(*) AS comparisons, count(*) FILTER (WHERE id < t) AS less,
       count(*) FILTER (WHERE (id < t) IS DISTINCT FROM CASE WHEN v7 THEN time < t WHEN id IS NOT NULL THEN false END) AS lt,
       count(*) FILTER (WHERE (id <= t) IS DISTINCT FROM CASE WHEN v7 THEN time <= t WHEN id IS NOT NULL THEN false END) AS le,
       count(*) FILTER (WHERE (id >= t) IS DISTINCT FROM CASE WHEN v7 THEN time >= t WHEN id IS NOT NULL THEN false END) AS ge,
       count(*) FILTER (WHERE (id > t) IS DISTINCT FROM CASE WHEN v7 THEN time > t WHEN id IS NOT NULL THEN false END) AS gt
FROM (SELECT *, pk_uuid_version(id) IS NOT DISTINCT FROM 7 AND id IS NOT NULL AS v7, pk_uuid_timestamp(id) AS time FROM ids) i, times;
CREATE TEMP VIEW ranges AS
SELECT tstzrange(a.t, b.t, bounds) AS r FROM times a, (TABLE times UNION ALL SELECT NULL) b, unnest('{[],[),(],()}'::text[]) bounds
WHERE a.t <= b.t OR b.t IS NULL
UNION ALL VALUES ('empty'::tstzrange), ('(,)'), ('(,2024-02-29 12:00:00.002]');
SELECT count(*) AS comparisons, count(*) FILTER (WHERE pk_uuid_in(id, r)) AS inside,
       count(*) FILTER (WHERE pk_uuid_in(id, r) IS DISTINCT FROM CASE WHEN v7 THEN time <@ r WHEN id IS NOT NULL THEN false END) AS different,
       count(*) FILTER (WHERE v7 AND pk_uuid_in(id, r) <> (id >= pk_uuid_range_start(r) AND id < pk_uuid_range_end(r))) AS range_wrong
FROM (SELECT *, pk_uuid_version(id) IS NOT DISTINCT FROM 7 AND id IS NOT NULL AS v7, pk_uuid_timestamp(id) AS time FROM ids) i, ranges;
SELECT count(*) FILTER (WHERE v7 AND (id >= t) <> (id >= pk_uuid_cut(t)) OR v7 AND (id > t) <> (id >= pk_uuid_cut(t, past => true))) AS cut_wrong
FROM (SELECT *, pk_uuid_is_v7(id) AS v7 FROM ids WHERE id IS NOT NULL) i, times;
SELECT t, pk_uuid_cut(t), pk_uuid_cut(t, true) AS past
FROM (VALUES (timestamptz '-infinity'), ('1970-01-01'), ('2022-02-22 19:22:22.0005+00'), ('10889-08-02 05:31:50.655+00'),
    ('294247-01-10 04:00:54.775807+00'), ('294247-01-10 04:00:54.775808+00'), ('294276-12-31 23:59:59.999999+00'), ('infinity')) v(t);
SELECT pk_uuid_in(NULL, '(,)') IS NULL AND pk_uuid_in('018df4cc-3600-7000-8000-000000000000', NULL) IS NULL AS null_in_null_out;
DROP VIEW ranges, times;
DROP TABLE ids;

-- The plain index serves them.
CREATE TABLE events (id uuid PRIMARY KEY, kind uuid, n int);
INSERT INTO events SELECT pk_uuidv7(at => timestamptz '2024-01-01' + i * interval '1 minute'), gen_random_uuid(), i FROM generate_series(0, 19999) i;
CREATE TABLE shifts (during tstzrange);
INSERT INTO shifts VALUES (tstzrange('2024-01-05', '2024-01-06')), ('empty'), (NULL);
ANALYZE shifts;
CREATE INDEX events_brin ON events USING brin (kind);
CREATE INDEX events_bloom ON events USING brin (kind uuid_bloom_ops);
ANALYZE events;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS off) SELECT * FROM events WHERE pk_uuid_in(id, '[2024-01-05, 2024-01-06)');
EXPLAIN (COSTS off) SELECT * FROM events WHERE id >= timestamptz '2024-01-05' AND id < timestamptz '2024-01-06';
EXPLAIN (COSTS off) SELECT * FROM events WHERE id BETWEEN timestamptz '2024-01-05 00:00:00.0005' AND timestamptz '2024-01-06';
EXPLAIN (COSTS off) SELECT * FROM events WHERE id > now() - interval '1 hour';
EXPLAIN (COSTS off) SELECT * FROM events WHERE pk_uuid_in(id, tstzrange(now() - interval '1 hour', now()));
RESET enable_seqscan;
SET enable_memoize = off;
EXPLAIN (COSTS off) SELECT * FROM shifts, LATERAL (SELECT * FROM events WHERE pk_uuid_in(id, during) OFFSET 0) e;
RESET enable_memoize;
SET enable_seqscan = off;
SELECT count(*), min(n), max(n) FROM events WHERE pk_uuid_in(id, '[2024-01-05, 2024-01-06)');
SELECT count(*), min(n), max(n) FROM events WHERE id > timestamptz '2024-01-05' AND id <= timestamptz '2024-01-06';
SELECT count(*), min(n), max(n) FROM shifts, LATERAL (SELECT * FROM events WHERE pk_uuid_in(id, during) OFFSET 0) e;
-- A time that differs from row to row, or from call to call, is no index condition.
RESET enable_seqscan;
EXPLAIN (COSTS off) SELECT * FROM events WHERE id >= timestamptz '2024-01-01' + n * interval '1 min';
EXPLAIN (COSTS off) SELECT * FROM events WHERE id >= clock_timestamp();
SET enable_seqscan = off;
RESET enable_bitmapscan;
-- BRIN too, by the operators that it shares, not by those of its Bloom filters.
EXPLAIN (COSTS off) SELECT * FROM events WHERE pk_uuid_in(kind, '[2024-01-05, 2024-01-06)');
DROP INDEX events_brin;
RESET enable_seqscan;
EXPLAIN (COSTS off) SELECT * FROM events WHERE pk_uuid_in(kind, '[2024-01-05, 2024-01-06)');

-- How many rows: time is followed within a bucket of the histogram.  (Estimate over truth, which
-- lies between a half and two.)
CREATE FUNCTION estimate(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float8;
END $$;
CREATE FUNCTION well_estimated(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    estimated float8 := estimate('SELECT * FROM events WHERE ' || condition);
    truth float8;
BEGIN
    EXECUTE 'SELECT count(*) FROM events WHERE ' || condition INTO truth;
    RETURN CASE WHEN estimated BETWEEN greatest(truth, 1) / 2 AND greatest(truth, 1) * 2 THEN 'yes' ELSE format('%s for %s', estimated, truth) END;
END $$;
SELECT condition, well_estimated(condition)
FROM (VALUES ($$pk_uuid_in(id, '[2024-01-05 00:00, 2024-01-05 00:30)')$$),
             ($$pk_uuid_in(id, '[2024-01-05, 2024-01-06)')$$),
             ($$pk_uuid_in(id, '[2024-01-05 00:00, 2024-01-05 00:02)')$$),
             ($$pk_uuid_in(id, '(,2024-01-05]')$$),
             ($$pk_uuid_in(id, 'empty')$$),
             ($$pk_uuid_in(id, '(,)')$$),
             ($$pk_uuid_in(id, tstzrange('2024-01-05', timestamptz '2024-01-05' + interval '20 min'))$$),
             ($$id >= timestamptz '2024-01-05' AND id < timestamptz '2024-01-05 00:30'$$),
             ($$id BETWEEN timestamptz '2024-01-05' AND timestamptz '2024-01-06'$$),
             ($$id > timestamptz '2024-01-10'$$),
             ($$id <= timestamptz '2024-01-03' AND n > 100$$),
             ($$id >= timestamptz '2025-01-03'$$),
             ($$id < timestamptz '2023-01-03'$$),
             ($$id < now()$$),
             ($$NOT pk_uuid_in(id, '[2024-01-02, 2024-01-05)')$$),
             ($$pk_uuid_is_v7(id)$$),
             ($$NOT pk_uuid_is_v7(kind)$$),
             ($$kind > timestamptz '1970-01-01'$$)) v(condition);
-- Half of version 4.
CREATE TABLE mixed AS SELECT CASE WHEN n % 2 = 0 THEN kind ELSE id END AS id FROM events;
ANALYZE mixed;
SELECT estimate($$SELECT FROM mixed WHERE id >= timestamptz '2024-01-10'$$) / (SELECT count(*) FROM mixed WHERE id >= timestamptz '2024-01-10') BETWEEN 0.5 AND 2 AS half_v4;
DROP TABLE mixed;
-- Values that repeat.
CREATE TABLE readings AS SELECT e.id AS event FROM events e, generate_series(1, 50) WHERE e.n % 1000 = 0;
ANALYZE readings;
SELECT estimate($$SELECT FROM readings WHERE pk_uuid_in(event, '[2024-01-01, 2024-01-02)')$$);
DROP TABLE readings;
-- Without statistics.
CREATE TABLE unknown (id uuid);
SELECT estimate($$SELECT FROM unknown WHERE pk_uuid_in(id, '[2024-01-01, 2024-01-02)')$$) > 0 AS range, estimate($$SELECT FROM unknown WHERE id >= now()$$) > 0 AS comparison;
DROP TABLE unknown;

-- Partitions by id.
CREATE TABLE logs (id uuid NOT NULL, n int) PARTITION BY RANGE (id);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (MINVALUE) TO ('018d5eb9-8000-7000-8000-000000000000');
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM ('018d5eb9-8000-7000-8000-000000000000') TO ('018d6000-0000-7000-8000-000000000000');
CREATE TABLE logs_3 PARTITION OF logs DEFAULT;
INSERT INTO logs SELECT id, n FROM events UNION ALL SELECT kind, n FROM events;
EXPLAIN (COSTS off) SELECT * FROM logs WHERE pk_uuid_in(id, '[2024-01-01, 2024-01-05)');
EXPLAIN (COSTS off) SELECT * FROM logs WHERE id < timestamptz '2024-01-05';
EXPLAIN (COSTS off) SELECT * FROM logs WHERE NOT id >= timestamptz '2024-01-05';
SET plan_cache_mode = force_generic_plan;
PREPARE during(tstzrange) AS SELECT count(*) FROM logs WHERE pk_uuid_in(id, $1);
EXPLAIN (COSTS off) EXECUTE during('[2024-01-01, 2024-01-05)');
EXECUTE during('[2024-01-01, 2024-01-05)');
EXECUTE during('empty');
EXECUTE during(NULL);
-- Without a time nothing is known, be the version what it may: nor does NOT make it true.
PREPARE not_during(tstzrange) AS SELECT count(*) FROM logs WHERE NOT pk_uuid_in(id, $1);
EXECUTE not_during('[2024-01-01, 2024-01-05)');
EXECUTE not_during('empty');
EXECUTE not_during(NULL);
EXPLAIN (COSTS off) EXECUTE not_during('[2024-01-01, 2024-01-05)');
PREPARE known(timestamptz) AS SELECT id >= $1 AS after, count(*) FROM logs GROUP BY 1 ORDER BY 1;
EXECUTE known('2024-01-05');
EXECUTE known(NULL);
SELECT during, count(*) FROM logs JOIN shifts ON NOT pk_uuid_in(id, during) GROUP BY during ORDER BY during;
SELECT during, count(*) FROM logs JOIN shifts ON NOT id < lower(during) GROUP BY during ORDER BY during;
DEALLOCATE during;
DEALLOCATE not_during;
DEALLOCATE known;
RESET plan_cache_mode;
CREATE FUNCTION matches(relation text, condition text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM ' || relation || ' WHERE ' || condition INTO n;
    RETURN n;
END $$;
SELECT condition, matches('logs', condition) = matches('(SELECT * FROM logs OFFSET 0) logs', condition) AS same
FROM (VALUES ($$pk_uuid_in(id, '[2024-01-01, 2024-01-05)')$$), ($$id < timestamptz '2024-01-05'$$), ($$NOT id >= timestamptz '2024-01-05'$$),
             ($$id > timestamptz '2024-01-05' AND id <= timestamptz '2024-02-05'$$)) v(condition);
DROP FUNCTION matches(text, text);
DROP TABLE logs;

-- Through a view that hides rows, too.
CREATE VIEW visible WITH (security_barrier) AS SELECT * FROM events WHERE pg_catalog.abs(n) > 10;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS off) SELECT * FROM visible WHERE pk_uuid_in(id, '[2024-01-05, 2024-01-06)');
RESET enable_bitmapscan;
RESET enable_seqscan;
DROP VIEW visible;
DROP FUNCTION well_estimated(text), estimate(text);
DROP TABLE events, shifts;
RESET timezone;

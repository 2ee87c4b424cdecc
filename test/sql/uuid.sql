-- The generator: version, variant, order, time.
SELECT pk_uuid_version(pk_uuidv7()), get_byte(uuid_send(pk_uuidv7()), 8) >> 6 AS variant;
SELECT count(DISTINCT pk_uuidv7()) FROM generate_series(1, 100000);
CREATE FUNCTION increasing(statement text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    increasing boolean;
BEGIN
    EXECUTE 'SELECT bool_and(id > previous) FROM (SELECT id, lag(id) OVER (ORDER BY n) AS previous
             FROM (SELECT row_number() OVER () AS n, id FROM (' || statement || ') ids(id)) numbered) pairs' INTO increasing;
    RETURN increasing;
END $$;
SELECT increasing('SELECT pk_uuidv7() FROM generate_series(1, 100000)');
SELECT increasing('SELECT pk_uuidv7_batch(100000)');
SELECT increasing($$SELECT pk_uuidv7(interval '-3 days 00:00:00.0007') FROM generate_series(1, 100000)$$);
-- The check itself can fail.
SELECT increasing('SELECT gen_random_uuid() FROM generate_series(1, 100000)') AS random_increasing;

-- The time is the clock's, also for the last of many, and moved by a shift.  (Where the machine's clock
-- is set while this runs, a few UUIDs are made before that is seen.)
SELECT count(*) < 100 AS now
FROM (SELECT clock_timestamp() AS before, pk_uuid_timestamp(pk_uuidv7()) AS time, clock_timestamp() AS after
      FROM generate_series(1, 100000)) t
WHERE time NOT BETWEEN before - interval '1 ms' AND after + interval '1 ms';
SELECT abs(extract(epoch FROM now() - interval '1 month' - pk_uuid_timestamp(pk_uuidv7(shift => interval '-1 month')))) < 600 AS a_month_ago;
SELECT abs(extract(epoch FROM now() + interval '10 years' - pk_uuid_timestamp(pk_uuidv7(interval '10 years')))) < 600 AS in_ten_years;
-- The name that another extension may own.
DO $$
BEGIN
    IF to_regprocedure('uuid_generate_v7()') IS NOT NULL THEN
        ASSERT (SELECT pk_uuid_timestamp(uuid_generate_v7()) >= date_trunc('milliseconds', now()));
    END IF;
END $$;
SELECT pk_uuidv7(NULL::interval) IS NULL, pk_uuidv7(NULL::timestamptz) IS NULL, (SELECT count(*) FROM pk_uuidv7_batch(NULL)) AS batch;

-- A given time, to the microsecond.
SET timezone = 'UTC';
SELECT left(pk_uuidv7(at => t)::text, 18) AS id, pk_uuid_timestamp(pk_uuidv7(at => t)) AS time
FROM (VALUES (timestamptz '1970-01-01'), ('2022-02-22 19:22:22+00'), ('2022-02-22 19:22:22.0005+00'),
             ('2022-02-22 19:22:22.000999+00'), ('10889-08-02 05:31:50.655999+00')) v(t);
SELECT bool_and(pk_uuidv7(at => t) < pk_uuidv7(at => t + interval '1 us')) AS ordered_by_microsecond
FROM generate_series(timestamptz '2024-02-29 12:00', '2024-02-29 12:00:00.004', '1 us') t;
SELECT pk_uuidv7(timestamptz '1969-12-31 23:59:59.999999+00');
SELECT pk_uuidv7(timestamptz '10889-08-02 05:31:50.656+00');
SELECT pk_uuidv7(timestamptz 'infinity');
SELECT pk_uuidv7(timestamptz '-infinity');
SELECT pk_uuidv7(interval '-100 years');
SELECT pk_uuidv7(interval '9000 years');
SELECT pk_uuidv7(interval '300000 years');

-- Many at once.
SELECT count(*), count(DISTINCT id) FROM (SELECT pk_uuidv7_batch(12345) AS id) ids;
SELECT count(*) FROM pk_uuidv7_batch(0);
SELECT pk_uuidv7_batch(-1);
-- Left half way.
SELECT count(*) FROM (SELECT pk_uuidv7_batch(1000000000) LIMIT 3) ids;
SET statement_timeout = '200 ms';
SELECT count(*) FROM (SELECT pk_uuidv7_batch(10000000000)) ids;
RESET statement_timeout;
CREATE FUNCTION planned_rows(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float8;
END $$;
SELECT planned_rows('SELECT pk_uuidv7_batch(7000)'), planned_rows('SELECT * FROM pk_uuidv7_batch(7000)'),
       planned_rows('SELECT pk_uuidv7_batch(NULL)') <= 1 AS none;

-- Reading: the examples of RFC 9562, appendix A and B, and versions and variants without a time.
SELECT id, pk_uuid_version(id), pk_uuid_timestamp(id)
FROM (VALUES (uuid 'C232AB00-9414-11EC-B3C8-9F6BDECED846'), ('5df41881-3aed-3515-88a7-2f4a814cf09e'),
             ('919108f7-52d1-4320-9bac-f847db4148a8'), ('2ed6657d-e927-568b-95e1-2665a8aea6a2'),
             ('1EC9414C-232A-6B00-B3C8-9F6BDECED846'), ('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'),
             ('2489E9AD-2EE2-8E00-8EC9-32D5F69181C0'), ('00000000-0000-0000-0000-000000000000'),
             ('ffffffff-ffff-ffff-ffff-ffffffffffff'), ('017F22E2-79B0-7CC3-18C4-DC0C0C07398F'),
             ('00000000-0000-1000-8000-000000000000'), ('ffffffff-ffff-1fff-bfff-ffffffffffff'),
             ('ffffffff-ffff-7fff-bfff-ffffffffffff')) v(id);

-- Where times lie among UUIDs.
SELECT t, pk_uuidv7_floor(t), pk_uuidv7_ceil(t)
FROM (VALUES (timestamptz '-infinity'), ('1969-12-31 23:59:59.999999+00'), ('1970-01-01 00:00+00'), ('2022-02-22 19:22:22.0009+00'),
             ('10889-08-02 05:31:50.655999+00'), ('10889-08-02 05:31:50.656+00'), ('infinity')) v(t);
SELECT count(*) AS outside FROM (SELECT clock_timestamp() AS t) c, LATERAL (SELECT pk_uuidv7(at => t) AS id FROM generate_series(1, 1000)) ids
WHERE id < pk_uuidv7_floor(t) OR id > pk_uuidv7_ceil(t);
RESET timezone;

-- As a default, and in parallel workers.
CREATE TABLE orders (id uuid PRIMARY KEY DEFAULT pk_uuidv7(), n int);
INSERT INTO orders(n) SELECT generate_series(1, 10000);
SELECT count(*) AS disorder FROM (SELECT n - lag(n) OVER (ORDER BY id) AS step FROM orders) steps WHERE step <> 1;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) SELECT pk_uuidv7() FROM orders;
SELECT count(*), count(DISTINCT id) FROM (SELECT pk_uuidv7() AS id FROM orders OFFSET 0) ids;
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_tuple_cost;
RESET parallel_setup_cost;
DROP TABLE orders;
DROP FUNCTION increasing(text), planned_rows(text);

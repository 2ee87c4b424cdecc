-- The functions to compare, and a procedure that measures them side by side.
CREATE EXTENSION pg_perfkit;
CREATE FUNCTION bench_floor() RETURNS uuid AS :'library' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
CREATE FUNCTION bench_palloc() RETURNS uuid AS :'library' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
CREATE FUNCTION bench_call_per_uuid() RETURNS uuid AS :'library' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
CREATE FUNCTION bench_lone_call(f regprocedure, n int) RETURNS float8 AS :'library' LANGUAGE C VOLATILE STRICT;

-- The two forms that circulate for servers without an extension: bits set in a version 4 UUID, in
-- SQL, and a string put together in PL/pgSQL.
CREATE FUNCTION bench_sql() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
               PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
               52, 1), 53, 1), 'hex')::uuid
$$;
CREATE FUNCTION bench_plpgsql() RETURNS uuid LANGUAGE plpgsql VOLATILE PARALLEL SAFE AS $$
DECLARE
    ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
    random text := replace(gen_random_uuid()::text, '-', '');
BEGIN
    RETURN (lpad(to_hex(ms), 12, '0') || '7' || substr(random, 14, 3) || substr(random, 17, 16))::uuid;
END $$;

CREATE TABLE contender (name text PRIMARY KEY, expression text, setting text, calls int, inserts boolean, position serial);
INSERT INTO contender(name, expression, calls, inserts) VALUES
    ('floor: palloc and clock', 'bench_floor()', 1000000, false),
    ('palloc only', 'bench_palloc()', 1000000, false),
    ('clock_timestamp()', 'clock_timestamp()', 1000000, false),
    ('pk_uuidv7()', 'pk_uuidv7()', 1000000, true);
INSERT INTO contender(name, expression, setting, calls, inserts)
SELECT 'pk_uuidv7(), cluster', 'pk_uuidv7()', 'pg_perfkit.uuid_ordering = cluster', 1000000, true
WHERE EXISTS (SELECT FROM pg_settings WHERE name = 'pg_perfkit.uuid_ordering')
  AND current_setting('shared_preload_libraries') LIKE '%pg_perfkit%';
INSERT INTO contender(name, expression, calls, inserts)
SELECT 'uuidv7() of PostgreSQL', 'uuidv7()', 200000, true WHERE to_regprocedure('pg_catalog.uuidv7()') IS NOT NULL;
INSERT INTO contender(name, expression, calls, inserts) VALUES
    ('gen_random_uuid(), version 4', 'gen_random_uuid()', 200000, true),
    ('one random call per UUID', 'bench_call_per_uuid()', 200000, true),
    ('SQL', 'bench_sql()', 50000, false),
    ('PL/pgSQL', 'bench_plpgsql()', 50000, false);

-- CPU time of this backend in ns: other work on the machine does not count, other than in caches.
CREATE FUNCTION cpu_ns() RETURNS bigint LANGUAGE sql AS
    $$SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint$$;

CREATE TABLE call_run (name text, round int, ns float8);
CREATE PROCEDURE measure_calls(rounds int) LANGUAGE plpgsql AS $$
DECLARE
    c record;
    started bigint;
    spent bigint;
    baseline bigint;
BEGIN
    FOR round IN 0..rounds LOOP
        FOR c IN SELECT * FROM contender ORDER BY position LOOP
            -- The loop around the calls (a set in a select list, which is not stored), measured beside each of them, is subtracted.
            started := cpu_ns();
            EXECUTE format('SELECT count(i) FROM (SELECT generate_series(1, %s) AS i) s', c.calls);
            baseline := cpu_ns() - started;
            IF c.setting IS NOT NULL THEN EXECUTE 'SET ' || c.setting; END IF;
            started := cpu_ns();
            EXECUTE format('SELECT count(%s) FROM (SELECT generate_series(1, %s) AS i) s', c.expression, c.calls);
            spent := cpu_ns() - started;
            IF c.setting IS NOT NULL THEN EXECUTE 'RESET ' || split_part(c.setting, ' ', 1); END IF;
            -- Round 0 warms up.
            IF round > 0 THEN
                INSERT INTO call_run VALUES (c.name, round, (spent - baseline)::float8 / c.calls);
                COMMIT;
            END IF;
        END LOOP;
    END LOOP;
END $$;

CREATE TABLE lone_run (name text, round int, ns float8);
CREATE PROCEDURE measure_lone_calls(rounds int) LANGUAGE plpgsql AS $$
DECLARE
    c record;
BEGIN
    FOR round IN 0..rounds LOOP
        FOR c IN SELECT * FROM contender WHERE to_regprocedure(expression) IS NOT NULL AND expression <> 'clock_timestamp()' ORDER BY position LOOP
            IF c.setting IS NOT NULL THEN EXECUTE 'SET ' || c.setting; END IF;
            INSERT INTO lone_run SELECT c.name, round, bench_lone_call(c.expression::regprocedure, 2000) WHERE round > 0;
            IF c.setting IS NOT NULL THEN EXECUTE 'RESET ' || split_part(c.setting, ' ', 1); END IF;
        END LOOP;
    END LOOP;
END $$;

CREATE TABLE insert_run (name text, round int, ms float8, cpu_ms float8, index_bytes bigint, hits bigint, wal_bytes bigint, fpi bigint);
CREATE PROCEDURE measure_inserts(rounds int, n int) LANGUAGE plpgsql AS $$
DECLARE
    c record;
    started bigint;
    plan json;
BEGIN
    FOR round IN 1..rounds LOOP
        FOR c IN SELECT * FROM contender WHERE inserts ORDER BY position LOOP
            DROP TABLE IF EXISTS target;
            CREATE TABLE target (id uuid PRIMARY KEY, a int, b text);
            COMMIT;
            CHECKPOINT;
            IF c.setting IS NOT NULL THEN EXECUTE 'SET ' || c.setting; END IF;
            started := cpu_ns();
            EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING off, FORMAT json)
                            INSERT INTO target SELECT %s, i, ''some text'' FROM generate_series(1, %s) i', c.expression, n) INTO plan;
            INSERT INTO insert_run VALUES (c.name, round, (plan -> 0 ->> 'Execution Time')::float8, (cpu_ns() - started) / 1e6,
                pg_relation_size('target_pkey'), (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint,
                (plan -> 0 -> 'Plan' ->> 'WAL Bytes')::bigint, (plan -> 0 -> 'Plan' ->> 'WAL FPI')::bigint);
            IF c.setting IS NOT NULL THEN EXECUTE 'RESET ' || split_part(c.setting, ' ', 1); END IF;
            COMMIT;
        END LOOP;
    END LOOP;
END $$;

CREATE VIEW call_median AS
SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY ns) AS ns, percentile_cont(0.25) WITHIN GROUP (ORDER BY ns) AS low,
       percentile_cont(0.75) WITHIN GROUP (ORDER BY ns) AS high, min(ns) AS least, count(*) AS runs
FROM call_run GROUP BY name;
CREATE VIEW insert_median AS
SELECT name, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms, percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ms) AS cpu_ms,
       min(cpu_ms) AS least, max(cpu_ms) AS most, max(index_bytes) AS index_bytes, max(hits) AS hits, max(wal_bytes) AS wal_bytes,
       max(fpi) AS fpi, count(*) AS runs
FROM insert_run GROUP BY name;

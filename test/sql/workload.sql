-- What capture counts, as far as it holds with and without preload; test/system/workload.pl has the rest.
SET client_min_messages = warning;
SELECT state = 'on' AS captured, state LIKE 'off: %' AS not_captured, state FROM pk_workload_info() \gset
SELECT :'captured' OR :'not_captured' AS state_is_told;

-- Every column that the view has, without preload too.
SELECT count(*) >= 0 AS readable FROM (SELECT w.* FROM pk_workload w) rows;

CREATE TABLE workload_test (a int PRIMARY KEY, b text);
INSERT INTO workload_test SELECT i, 'x' FROM generate_series(1, 100) i;
DO $$
BEGIN
    FOR i IN 1..20 LOOP
        PERFORM b FROM workload_test WHERE a = i;
    END LOOP;
    BEGIN
        PERFORM 1 / (a - 50) FROM workload_test;
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
END $$;

CREATE FUNCTION workload_statement() RETURNS SETOF pk_workload LANGUAGE sql AS $$
    SELECT * FROM pk_workload WHERE database = current_database() AND role = current_user AND NOT toplevel
$$;
SELECT NOT :'captured' OR EXISTS (SELECT FROM workload_statement() WHERE calls = 20 AND rows = 20 AND p50_ms > 0
    AND min_ms <= p50_ms AND p50_ms <= p95_ms AND p95_ms <= p99_ms AND p99_ms <= max_ms
    AND abs(mean_ms * calls - total_ms) < 0.001 AND shared_blks_hit >= 20 AND last_seen >= first_seen
    AND (SELECT sum(b.calls) FROM pk_latency_buckets(latency) b) = calls) AS counted;
SELECT NOT :'captured' OR EXISTS (SELECT FROM workload_statement() WHERE calls = 0 AND failed = 1) AS failure_counted;

-- Off at run time.
SET pg_perfkit.workload = off;
SELECT state LIKE 'off: %' AS off FROM pk_workload_info();
SELECT coalesce(sum(calls), 0) AS before FROM pk_workload WHERE database = current_database() \gset
SELECT count(*) > 5 AS uncounted FROM workload_test;
SELECT NOT :'captured' OR sum(calls) = :before AS nothing_counted FROM pk_workload WHERE database = current_database();
RESET pg_perfkit.workload;

-- Reset needs the right to it.
CREATE ROLE workload_test_role;
SET ROLE workload_test_role;
SELECT pk_workload_reset();
RESET ROLE;
DROP TABLE workload_test;
DROP FUNCTION workload_statement();
DROP ROLE workload_test_role;

-- What one session can see of the views of activity; test/system/activity.pl shows the rest.
SELECT count(*) AS itself FROM pk_activity WHERE pid = pg_backend_pid();
SELECT count(*) > 0 AS processes, bool_and(backend_type IS NOT NULL) AS kinds, bool_and(in_state >= '0' AND transaction_runs >= '0') IS NOT FALSE AS times FROM pk_activity;
SELECT sum(connections) > 0 AND bool_and(max_percent > 0) AND bool_and(oldest <= clock_timestamp()) AS connections FROM pk_connections;
SELECT connections >= 1 AS this_one FROM pk_connections
WHERE database_name = current_database() AND user_name = current_user AND application_name = current_setting('application_name') AND state = 'active';
BEGIN;
LOCK pg_catalog.pg_class IN ACCESS SHARE MODE;
SELECT count(*) AS own FROM pk_locks WHERE pid = pg_backend_pid();
COMMIT;
SELECT count(*) AS own FROM pk_blocking WHERE root_pid = pg_backend_pid();
SELECT count(*) AS own FROM pk_progress WHERE pid = pg_backend_pid();
SELECT count(*) AS young FROM pk_long_queries WHERE statement_runs < '30 s';
-- The names of views that this one's are made of have not changed.
SELECT count(*) = (SELECT count(*) FROM pg_stat_replication) + (SELECT count(*) FROM pg_replication_slots) + pg_is_in_recovery()::int AS replication FROM pk_replication;
-- What took most time, as far as it holds with and without preload.
SET client_min_messages = warning;
SET pg_perfkit.sample_rate = 10000;
SELECT state = 'on' AS captured, state = 'on' AND current_setting('pg_perfkit.workload_samples')::bool AS sampled FROM pk_workload_info() \gset
CREATE TABLE activity_test AS SELECT i AS a FROM generate_series(1, 100) i;
DO $$ BEGIN
    FOR i IN 1..10 LOOP
        PERFORM a FROM activity_test WHERE a <= i * 2;
    END LOOP;
END $$;
SELECT NOT :'sampled' OR EXISTS (SELECT FROM pk_slow_queries WHERE query = 'SELECT a FROM activity_test WHERE a <= $1 * ?' AND role_name = current_user
    AND NOT toplevel AND calls = 10 AND failures = 0 AND share_percent IS NULL AND rows_per_call = 11 AND hit_percent > 0 AND total_ms > 0
    AND abs(mean_ms * calls - total_ms) < 0.01 AND p50_ms > 0 AND p50_ms <= p95_ms AND p95_ms <= p99_ms AND p99_ms <= max_ms AND since < now()) AS counted;
SELECT bool_and(abs(share_percent - 100 * total_ms / all_ms) < 0.1) IS NOT FALSE AS shares, array_agg(total_ms) IS NOT DISTINCT FROM array_agg(total_ms ORDER BY total_ms DESC) AS ordered
FROM (SELECT *, sum(total_ms) OVER () AS all_ms FROM pk_slow_queries WHERE toplevel) s;
SELECT count(*) AS of_other_databases FROM pk_slow_queries s WHERE queryid IS NOT NULL
    AND NOT EXISTS (SELECT FROM pk_workload w WHERE w.database = current_database() AND w.queryid = s.queryid);
CREATE ROLE activity_test_role;
SET ROLE activity_test_role;
SELECT count(*) AS of_others FROM pk_slow_queries WHERE role_name <> current_user AND (queryid IS NOT NULL OR query IS NOT NULL);
RESET ROLE;
DROP ROLE activity_test_role;
DROP TABLE activity_test;

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

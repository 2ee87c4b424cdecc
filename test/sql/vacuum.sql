-- Autovacuum's thresholds, a table's own settings before the server's; TOAST takes its table's where it has none.
SET client_min_messages = warning;
CREATE SCHEMA pk_vacuum_test;
CREATE TABLE pk_vacuum_test.own (id int PRIMARY KEY, t text)
    WITH (autovacuum_enabled = off, autovacuum_vacuum_threshold = 7, autovacuum_vacuum_scale_factor = 0.5,
          autovacuum_vacuum_insert_threshold = 11, autovacuum_vacuum_insert_scale_factor = 0,
          autovacuum_analyze_threshold = 13, autovacuum_analyze_scale_factor = 0.1,
          autovacuum_freeze_max_age = 100000, autovacuum_multixact_freeze_max_age = 10000);
CREATE TABLE pk_vacuum_test.no_inserts (t text)
    WITH (autovacuum_enabled = off, autovacuum_vacuum_insert_threshold = -1, toast.autovacuum_vacuum_threshold = 3, toast.autovacuum_vacuum_scale_factor = 0);
CREATE TABLE pk_vacuum_test."a""b" () WITH (autovacuum_enabled = off);
CREATE MATERIALIZED VIEW pk_vacuum_test.m AS SELECT 1 AS one;
INSERT INTO pk_vacuum_test.own SELECT i, '' FROM generate_series(1, 100) i;
SELECT pg_stat_force_next_flush();
ANALYZE pk_vacuum_test.own;
UPDATE pk_vacuum_test.own SET t = 'x' WHERE id <= 20;
DELETE FROM pk_vacuum_test.own WHERE id > 90;
SELECT pg_stat_force_next_flush();
SELECT table_name, kind, vacuum_threshold, CASE table_name WHEN 'own' THEN insert_threshold END AS insert_threshold, analyze_threshold
FROM pk_vacuum_status WHERE schema_name = 'pk_vacuum_test' AND (table_name = 'own' OR kind = 'toast' AND table_name = 'no_inserts') ORDER BY 1 DESC, 2;
SELECT enabled, due, due_in, dead_tuples, inserts_since_vacuum, changes_since_analyze, last_vacuum, last_analyze <= now() AS analyzed,
       xid_age BETWEEN 0 AND 100000 AND forced_in_transactions = 100000 - xid_age AND mxid_age + forced_in_multixacts = 10000 AS ages_add_up,
       hot_percent BETWEEN 0 AND 100 AS hot, relation
FROM pk_vacuum_status WHERE relation = 'pk_vacuum_test.own'::regclass;
VACUUM pk_vacuum_test.own;
SELECT pg_stat_force_next_flush();
SELECT dead_tuples, dead_percent, inserts_since_vacuum, last_vacuum <= now() AS vacuumed FROM pk_vacuum_status WHERE relation = 'pk_vacuum_test.own'::regclass;
SELECT table_name, kind, vacuum_threshold = current_setting('autovacuum_vacuum_threshold')::bigint AS of_the_server
FROM pk_vacuum_status WHERE schema_name = 'pk_vacuum_test' AND table_name IN ('a"b', 'm') ORDER BY 1;
SELECT insert_threshold IS NULL AS never FROM pk_vacuum_status WHERE relation = 'pk_vacuum_test.no_inserts'::regclass;
SELECT changes_since_analyze, analyze_threshold FROM pk_vacuum_status WHERE relation = 'pg_statistic'::regclass;
-- Every table has a row, temporary ones left out.
CREATE TEMP TABLE pk_vacuum_temporary ();
SELECT count(*) AS without_row FROM pg_class c WHERE relkind IN ('r', 'm', 't') AND relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pk_vacuum_status v WHERE v.relation = c.oid);
SELECT count(*) AS temporary FROM pk_vacuum_status WHERE relation = 'pk_vacuum_temporary'::regclass;
SELECT bool_and(statement ~ '^ALTER (TABLE|SYSTEM) ' AND reason IS NOT NULL AND setting IS NOT NULL) IS NOT FALSE AS statements FROM pk_suggest_vacuum();
SELECT count(*) FROM pk_horizon_holders WHERE pid = pg_backend_pid();
DROP SCHEMA pk_vacuum_test CASCADE;
DROP TABLE pk_vacuum_temporary;

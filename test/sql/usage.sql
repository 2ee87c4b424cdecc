-- Sizes add up to the server's; scans and updates are those that were made.
SET client_min_messages = warning;
CREATE SCHEMA pk_usage_test;
CREATE TABLE pk_usage_test."a""b" (id int PRIMARY KEY, n int, doc text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off, fillfactor = 95);
ALTER TABLE pk_usage_test."a""b" ALTER doc SET STORAGE EXTERNAL;
CREATE INDEX on_n ON pk_usage_test."a""b" (n);
CREATE TABLE pk_usage_test.empty (u int UNIQUE) WITH (autovacuum_enabled = off);
INSERT INTO pk_usage_test."a""b" SELECT i, i, CASE WHEN i <= 10 THEN repeat('x', 5000) END FROM generate_series(1, 2000) i;
SELECT table_name, table_bytes = pg_relation_size(relation) AS of_table, index_bytes = pg_relation_size('pk_usage_test.on_n') + pg_relation_size('pk_usage_test."a""b_pkey"') AS of_indexes,
       toast_bytes > 50000 AS toast, indexes, total_bytes = table_bytes + toast_bytes + index_bytes AS total, share_percent BETWEEN 0 AND 100 AS share
FROM pk_table_sizes WHERE relation = 'pk_usage_test."a""b"'::regclass;
SELECT table_name, estimated_rows, table_bytes, toast_bytes, index_bytes = current_setting('block_size')::int AS meta_page, indexes FROM pk_table_sizes WHERE schema_name = 'pk_usage_test' AND table_name = 'empty';
SELECT count(*) = (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'm')) AS every_table, abs(sum(share_percent) - 100) < 5 AS hundred FROM pk_table_sizes;
SELECT pk_stats_since() <= now() AS before, pk_stats_since() = pk_stats_since((SELECT oid FROM pg_database WHERE datname = current_database())) AS the_same, pk_stats_since(0) AS of_none;
SELECT pk_relation_days('pk_usage_test.on_n') BETWEEN -0.5 AND 0.5 AS new, pk_relation_days('pg_stat_activity') AS of_a_view, pk_relation_days(1::oid) AS of_none;
-- One scan of each kind, and updates of which none can be HOT.
SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;
SELECT doc IS NULL AS found FROM pk_usage_test."a""b" WHERE id = 77;
RESET enable_seqscan; SET enable_indexscan = off;
SELECT count(*) FROM pk_usage_test."a""b";
UPDATE pk_usage_test."a""b" SET n = n + 1;
RESET enable_indexscan; RESET enable_bitmapscan; RESET enable_indexonlyscan;
SELECT pg_stat_force_next_flush();
SELECT index_name, scans, (last_scan IS NOT NULL) = (current_setting('server_version_num')::int >= 160000 AND scans > 0) AS last_scan, rows_fetched, share_percent,
       bytes = pg_relation_size(relation) AS bytes, valid, needed_for, class
FROM pk_index_usage WHERE schema_name = 'pk_usage_test' ORDER BY 1;
SELECT table_name, seq_scans, rows_read, rows_per_scan, index_scans, seq_percent, live_rows, bytes = pg_relation_size(relation) AS bytes FROM pk_seq_scans WHERE schema_name = 'pk_usage_test' ORDER BY 1;
SELECT table_name, updates, hot_updates, hot_percent, fillfactor, (new_page_updates > 400) IS NOT DISTINCT FROM CASE WHEN current_setting('server_version_num')::int >= 160000 THEN true END AS moved,
       (recommendation = 'ALTER TABLE pk_usage_test."a""b" SET (fillfactor = 90)') IS NOT DISTINCT FROM CASE WHEN current_setting('server_version_num')::int >= 160000 THEN true END AS recommended
FROM pk_hot_updates WHERE relation = 'pk_usage_test."a""b"'::regclass;
DROP SCHEMA pk_usage_test CASCADE;

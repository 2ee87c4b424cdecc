-- History: windows over rows as the worker writes them.  The times are long ago, so that what a worker may add meanwhile is not in them.
SELECT state ~ '^(on|off|trouble|dead)' AS state, interval_s >= 0 AS interval, retention_s > 0 AS retention, snapshots >= 0 AS snapshots, bytes >= 0 AS bytes
FROM pk_history_info();
SELECT status IN ('ok', 'warn', 'skipped') AS judged, (status = 'skipped') = (reason IS NOT NULL) AS reasons FROM pk_check_history_behind();
SELECT count(*) AS none FROM pk_compare('1999-01-01', '1999-01-02', '1999-01-03', '1999-01-04');
BEGIN;
SET LOCAL TimeZone = 'UTC';
SET LOCAL client_min_messages = error;
-- Of the database 10 commits, 30 reads and 70 hits; then 1 commit in half an hour; then a first reading after a restart, which counts nothing.
INSERT INTO pk_history_7 VALUES
    ('d', '2002-01-01 00:00', '2002-01-01 00:30', '\x0100000c01010d0a1e46'),
    ('d', '2002-01-01 00:30', '2002-01-01 01:00', '\x0100000c01010101'),
    ('d', NULL, '2002-01-01 01:30', '\x0100000c010100');
SELECT * FROM pk_cache_database_window('1 hour', '2002-01-01 01:00');
SELECT * FROM pk_cache_database_window('30 min', '2002-01-01 01:00');
SELECT count(*) AS nothing_there FROM pk_cache_database_window('1 hour', '1999-01-01');
SELECT * FROM pk_window('commits', '2002-01-01 00:00', '2002-01-01 02:00');
SELECT taken, value FROM pk_window('hit_percent', '2002-01-01 00:00', '2002-01-01 02:00');
SELECT * FROM pk_window('nothing', '2002-01-01 00:00', '2002-01-01 02:00');
ROLLBACK;
BEGIN;
SET LOCAL TimeZone = 'UTC';
SET LOCAL client_min_messages = error;
-- Statement 21 of the bootstrap superuser: 4 calls of 1 ms; then 4 of 2 ms, and statement 22, which is new.
INSERT INTO pk_history_7 VALUES
    ('q', '2002-01-01 00:00', '2002-01-01 01:00', '\x0102030b00012a14020504a01f015004'),
    ('q', '2002-01-01 01:00', '2002-01-01 02:00', '\x0102030b00022a14020504c03e015804020000050164010401'),
    ('d', '2002-01-01 00:00', '2002-01-01 01:00', '\x0100000c010100'),
    ('d', '2002-01-01 01:00', '2002-01-01 02:00', '\x0100000c010100');
SELECT verdict, added_ms, queryid, toplevel, calls_before, calls_after, mean_before_ms, mean_after_ms, mean_ratio, round(p95_before_ms::numeric, 1) AS p95_before,
       round(p95_after_ms::numeric, 1) AS p95_after, p95_ratio, total_before_ms, total_after_ms
FROM pk_compare('2002-01-01 00:00', '2002-01-01 01:00', '2002-01-01 01:00', '2002-01-01 02:00');
SELECT verdict, queryid, added_ms FROM pk_compare('2002-01-01 01:00', '2002-01-01 02:00', '2002-01-01 00:00', '2002-01-01 01:00');
SELECT verdict, queryid FROM pk_compare('1999-01-01 01:00', '1999-01-01 02:00', '2002-01-01 00:00', '2002-01-01 01:00');
SELECT verdict, queryid, added_ms FROM pk_compare('2002-01-01 00:00', '2002-01-01 01:00', '2002-01-01 02:00', '2002-01-01 03:00');
SELECT queryid, toplevel, calls, failures, total_ms, share_percent, mean_ms, hit_percent, rows_per_call FROM pk_slow_queries_window('2 hours', '2002-01-01 02:00');
SELECT taken, value FROM pk_window('calls', '2002-01-01', '2002-01-02');
-- Statements of others are told to those who may see them.
CREATE ROLE pk_history_plain;
GRANT EXECUTE ON FUNCTION pk_history_totals(text, timestamptz, timestamptz) TO pk_history_plain;
SET LOCAL ROLE pk_history_plain;
SELECT id1, id3, counters[1] AS calls FROM pk_history_totals('queries', '2002-01-01', '2002-01-02') ORDER BY calls DESC;
SAVEPOINT s;
SELECT count(*) FROM pk_history_7;
ROLLBACK TO s;
SELECT * FROM pk_compare('2002-01-01', '2002-01-02', '2002-01-01', '2002-01-02');
ROLLBACK;
-- A table grows from 8 to 24 kB; another one has no rows in the window; sessions run and wait.
BEGIN;
SET LOCAL TimeZone = 'UTC';
CREATE FUNCTION pg_temp.n(value bigint) RETURNS bytea LANGUAGE sql AS $$
    SELECT CASE WHEN value < 128 THEN set_byte('\x00', 0, value::int)
                ELSE set_byte('\x00', 0, (value & 127)::int | 128) || pg_temp.n(value >> 7) END $$;
CREATE TABLE pk_history_test (id int PRIMARY KEY);
CREATE TABLE pk_history_other ();
INSERT INTO pk_history_7 SELECT 'd', t, t + interval '1 hour', '\x0100000c010100' FROM generate_series(timestamptz '2002-01-01 00:00', '2002-01-01 02:00', interval '1 hour') t;
INSERT INTO pk_history_7 VALUES
    ('r', '2002-01-01 00:00', '2002-01-01 01:00',
     '\x010001090301'::bytea || pg_temp.n(2 * 'pk_history_test'::regclass::oid::bigint) || pg_temp.n(512) || pg_temp.n(2 * 8192)),
    ('r', '2002-01-01 01:00', '2002-01-01 02:00',
     '\x010001090301'::bytea || pg_temp.n(2 * 'pk_history_test'::regclass::oid::bigint) || pg_temp.n(897) || pg_temp.n(3) || pg_temp.n(10) || pg_temp.n(30) || pg_temp.n(2 * 24576)),
    ('w', '2002-01-01 01:00', '2002-01-01 02:00',
     '\x0100010100030101'::bytea || pg_temp.n(3600) || '\x0201'::bytea || pg_temp.n(1800) || pg_temp.n(2 * 50331648) || '\x01'::bytea || pg_temp.n(360));
SELECT table_name, bytes_before, bytes_after, growth_bytes, growth_percent FROM pk_growth_window('1 hour', '2002-01-01 02:00');
SELECT table_name, heap_reads, heap_hits, index_reads, reads, hits, hit_percent, class FROM pk_cache_window('1 hour', '2002-01-01 02:00');
SELECT table_name, reads, hits, hit_percent FROM pk_cache_window('1 hour', '2002-01-01 01:00');
SELECT waits_for, sightings, share_percent, mean_sessions FROM pk_waits_window('1 hour', '2002-01-01 02:00');
SELECT m, taken, value FROM unnest('{bytes,running,waiting}'::text[]) m, pk_window(m, '2002-01-01', '2002-01-02') ORDER BY 1, 2;
-- A damaged row is no worse than an error.
INSERT INTO pk_history_7 VALUES ('w', '2002-01-01 02:00', '2002-01-01 03:00', '\x0100010100ffffffff0f');
SELECT * FROM pk_waits_window('1 hour', '2002-01-01 03:00');
ROLLBACK;
SELECT * FROM pk_history_totals('nothing', '2002-01-01', '2002-01-02');
-- What is seen now depends on who runs and whether somebody looks; test/system/history.pl waits for it.
SET client_min_messages = error;
SELECT count(*) < 1000 AS events, bool_and(sightings > 0 AND share_percent BETWEEN 0 AND 100 AND mean_sessions > 0) IS NOT FALSE AS seen,
       bool_and((wait_event IS NULL) = (wait_event_type IN ('CPU', 'Extension'))) IS NOT FALSE AS named, coalesce(abs(sum(share_percent) - 100) < 5, true) AS all_of_them
FROM pk_wait_events;
RESET client_min_messages;
SELECT pk_wait_event_name(0) AS running, pk_wait_event_name(-1) AS looks, pk_wait_event_name(50331648) AS lock, pk_wait_event_name(117440512) AS library;
SELECT has_function_privilege('pg_monitor', 'pk_compare(timestamptz,timestamptz,timestamptz,timestamptz)', 'EXECUTE') AS monitor,
       has_function_privilege('pg_monitor', 'pk_history_snapshot()', 'EXECUTE') AS snapshot;

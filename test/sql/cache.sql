-- Cache hits: NULL, not 100, where nothing was needed; else what the server's statistics add up to.
SELECT hits, reads, pk_hit_percent(hits, reads) AS percent, pk_hit_class(pk_hit_percent(hits, reads)) AS class
FROM (VALUES (0::bigint, 0::bigint), (NULL, 1), (1, NULL), (1, 0), (0, 1), (9999, 1), (99, 1), (98, 2), (90, 10), (89, 11),
             (9223372036854775807, 9223372036854775807)) v(hits, reads);

SET client_min_messages = warning;
CREATE SCHEMA pk_cache_test;
CREATE TABLE pk_cache_test.never ();
CREATE TABLE pk_cache_test."a""b" (id int PRIMARY KEY, doc text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
ALTER TABLE pk_cache_test."a""b" ALTER doc SET STORAGE EXTERNAL;
INSERT INTO pk_cache_test."a""b" SELECT i, repeat('x', 5000) FROM generate_series(1, 100) i;
SET enable_seqscan = off;
SELECT sum(length(doc)) FROM pk_cache_test."a""b" WHERE id < 1000;
SELECT pg_stat_force_next_flush();
SELECT table_name, heap_hits > 0 AS heap, index_hits > 0 AS index, toast_hits > 0 AS toast,
       reads = coalesce(heap_reads, 0) + coalesce(index_reads, 0) + coalesce(toast_reads, 0) AS reads_add_up,
       hits = coalesce(heap_hits, 0) + coalesce(index_hits, 0) + coalesce(toast_hits, 0) AS hits_add_up,
       hit_percent BETWEEN 0 AND 100 AS percent, class IS NOT NULL AS classed
FROM pk_cache_table WHERE schema_name = 'pk_cache_test' ORDER BY 1;
SELECT table_name, index_name, hits > 0 AS hits, hit_percent BETWEEN 0 AND 100 AS percent FROM pk_cache_index WHERE schema_name = 'pk_cache_test';
SELECT count(*) AS this_database, bool_and(hits > 0 AND hit_percent BETWEEN 0 AND 100) AS hits FROM pk_cache_database WHERE database_name = current_database();
-- The server's own views say the same.
SELECT count(*) AS different FROM pk_cache_table c JOIN pg_statio_all_tables s ON s.schemaname = c.schema_name AND s.relname = c.table_name
WHERE s.schemaname = 'pk_cache_test' AND (c.heap_reads, c.heap_hits) IS DISTINCT FROM (s.heap_blks_read, s.heap_blks_hit);
-- Every buffer is counted, and the table that was just read is among them.
SELECT sum(buffers) = (SELECT setting::bigint FROM pg_settings WHERE name = 'shared_buffers') AS all_buffers FROM pk_buffer_contents();
SELECT schema_name, relation_name, kind, buffers * current_setting('block_size')::int = bytes AS bytes, buffers > 0 AS cached, cached_percent BETWEEN 1 AND 100 AS percent,
       dirty <= buffers AND pinned <= buffers AND usage_count BETWEEN 0 AND 5 AS counts, database_name = current_database() AS here
FROM pk_cache_contents WHERE schema_name = 'pk_cache_test' AND relation_name IN ('a"b', 'a"b_pkey') ORDER BY 2;
SELECT count(*) > 0 AS shared FROM pk_cache_contents WHERE database_name IS NULL AND relation = 'pg_database'::regclass;
SELECT count(*) AS twice FROM (SELECT relation FROM pk_cache_contents WHERE relation IS NOT NULL GROUP BY relation HAVING count(*) > 1) r;
-- Statements: as pk_workload has them, with and without preload.
SELECT count(*) FILTER (WHERE (c.reads, c.hits) IS DISTINCT FROM (w.shared_blks_read, w.shared_blks_hit)) AS different,
       count(*) FILTER (WHERE c.hits + c.reads = 0 AND (c.hit_percent, c.class) IS DISTINCT FROM (NULL, NULL)) AS guessed
FROM (SELECT database, role, toplevel, queryid, shared_blks_read, shared_blks_hit FROM pk_workload WHERE database = current_database()) w
FULL JOIN (SELECT * FROM pk_cache_query WHERE database_name = current_database()) c
    ON (c.role_name, c.toplevel, c.queryid) IS NOT DISTINCT FROM (w.role, w.toplevel, w.queryid)
WHERE c.query !~ 'pk_cache_query';
SELECT state <> 'on' OR evictions > 0 OR EXISTS (SELECT FROM pk_cache_query WHERE database_name = current_database() AND query ~ 'pk_cache_test."a""b" WHERE id <' AND hits > 0 AND hit_percent BETWEEN 0 AND 100)
    AS statement_found FROM pk_workload_info();
DROP SCHEMA pk_cache_test CASCADE;
-- The forecast of other sizes: its rows with the library preloaded, a hint without.
CREATE FUNCTION pg_temp.sizes() RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    RETURN (SELECT string_agg(factor::text, ' ' ORDER BY factor) || ' ' || bool_and(shared_buffers_bytes = floor(factor * s.setting::float8) * current_setting('block_size')::int
                AND status ~ '^(observed|ready|rough|learning|unknown|off)' AND coalesce(hit_percent BETWEEN 0 AND 100, true))
            FROM pk_cache_advice(), pg_settings s WHERE s.name = 'shared_buffers');
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN CASE WHEN hint LIKE 'Add pg_perfkit to shared_preload_libraries%' THEN '0.5 1 2 4 true' END;
END $$;
SELECT pg_temp.sizes();
SELECT has_function_privilege('pg_monitor', 'pk_cache_advice()', 'EXECUTE') AS monitor, has_function_privilege('pg_monitor', 'pk_cache_advice_reset()', 'EXECUTE') AS reset;
DROP FUNCTION pg_temp.sizes();

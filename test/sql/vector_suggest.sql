-- pk_suggest_vector_indexes: hnsw, ivfflat or none for each column of vectors.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
RESET client_min_messages;
CREATE EXTENSION pg_perfkit_vector;
-- What the advice depends on.
SET maintenance_work_mem = '64MB';
SET effective_cache_size = '4GB';
SET max_parallel_maintenance_workers = 2;
SET min_parallel_table_scan_size = '8MB';
CREATE SCHEMA "vs Schema";
SET search_path = "vs Schema", public;

-- Rows as the catalog tells them: tables need not be full.
CREATE FUNCTION vs_rows(t regclass, rows float4, pages int) RETURNS void LANGUAGE sql AS
$$ UPDATE pg_class SET reltuples = rows, relpages = pages WHERE oid = t $$;
CREATE TABLE "vs Items" (dropped int, id int, "the v" vector(128), h halfvec(768), b bit(256), flags bit(8), plain int);
ALTER TABLE "vs Items" DROP COLUMN dropped;
CREATE VIEW vs_view AS SELECT * FROM "vs Items";
CREATE FUNCTION vs(VARIADIC text[] DEFAULT '{}') RETURNS regclass[] LANGUAGE sql AS $$ SELECT $1::regclass[] $$;

-- A few rows need no index.
SELECT schema_name, table_name, column_name, type, dimensions, est_rows, ordered_by, action, method, ddl, existing_index FROM pk_suggest_vector_indexes(vs('vs_view', '"vs Items"'));
\x on
SELECT vs_rows('"vs Items"', 500000, 60000) \g /dev/null
SELECT * FROM pk_suggest_vector_indexes(vs('"vs Items"'));
-- Less memory; an own limit.
SELECT column_name, method, lists, probes, build_settings, reason, warning FROM pk_suggest_vector_indexes(vs('"vs Items"'), memory => '100MB');
\x off
SELECT column_name, action FROM pk_suggest_vector_indexes(vs('"vs Items"'), exact_ms => 1e9);
-- The DDL is right: as it stands, it builds what it says.
SET client_min_messages = warning;
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM pk_suggest_vector_indexes(vs('"vs Items"')) UNION ALL
SELECT replace(replace(ddl, 'CONCURRENTLY ', ''), '_idx', '_ivf') FROM pk_suggest_vector_indexes(vs('"vs Items"'), memory => '1MB') \gexec
RESET client_min_messages;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'vs Schema' ORDER BY indexname COLLATE "C";
SELECT vs_rows('"vs Items"', 500000, 60000) \g /dev/null
SELECT column_name, action, method, existing_index, reason FROM pk_suggest_vector_indexes(vs('"vs Items"'));

-- The metric: asked for, else as the index there is.
SELECT column_name, ordered_by, action FROM pk_suggest_vector_indexes(vs('"vs Items"'), 'l2');
SELECT column_name, ordered_by, action, warning FROM pk_suggest_vector_indexes(vs('"vs Items"'), 'jaccard') WHERE column_name = 'b';

-- As captured statements order by it, where there are any.
SELECT current_setting('shared_preload_libraries') ~ 'pg_stat_statements' AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS statements,
       NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS absent \gset
SET client_min_messages = warning;
\if :statements
CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public;
\endif
RESET client_min_messages;
CREATE TABLE vs_metric (id int, v vector(3), other vector(3));
SELECT id FROM vs_metric ORDER BY v <+> '[1,2,3]' LIMIT 1;
SELECT string_agg(column_name || ' ' || ordered_by, ', ' ORDER BY column_name DESC) = 'v l1, other cosine' OR NOT :'statements' AS as_captured FROM pk_suggest_vector_indexes(vs('vs_metric'));
\if :statements
\if :absent
DROP EXTENSION pg_stat_statements;
\endif
\endif

-- Lists that no longer fit; an invalid one; one that serves another metric.
CREATE TABLE vs_lists (v vector(3));
SET client_min_messages = warning;
CREATE INDEX vs_lists_ivf ON vs_lists USING ivfflat (v vector_l2_ops) WITH (lists = 50);
RESET client_min_messages;
SELECT vs_rows('vs_lists', 4000000, 40000) \g /dev/null
SELECT ordered_by, action, method, lists, probes, ddl, warning FROM pk_suggest_vector_indexes(vs('vs_lists'));
SELECT action, method, ddl, warning FROM pk_suggest_vector_indexes(vs('vs_lists'), 'cosine');
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vs_lists_ivf'::regclass;
SELECT action, method, warning FROM pk_suggest_vector_indexes(vs('vs_lists'), 'l2');

-- A type without dimensions; too many of them.
CREATE TABLE vs_open (v vector, h halfvec, w vector(3000), x vector(5000), nothing vector);
SELECT vs_rows('vs_open', 100000, 10000) \g /dev/null
INSERT INTO vs_open(v, h) SELECT '[1,2,3]', '[1,2]' FROM generate_series(1, 3);
INSERT INTO vs_open(h) VALUES ('[1,2,3]');
SELECT column_name, dimensions, action, ddl, reason, warning FROM pk_suggest_vector_indexes(vs('vs_open'), exact_ms => 0);
SELECT replace(ddl, 'CONCURRENTLY ', '') FROM pk_suggest_vector_indexes(vs('vs_open'), exact_ms => 0) WHERE ddl IS NOT NULL \gexec
SELECT vs_rows('vs_open', 100000, 10000) \g /dev/null
SELECT column_name, action, existing_index FROM pk_suggest_vector_indexes(vs('vs_open'), exact_ms => 0);

-- Some that cannot be read now.
CREATE MATERIALIZED VIEW vs_unfilled AS SELECT * FROM vs_open WITH NO DATA;
SELECT count(*) FROM pk_suggest_vector_indexes(vs('vs_unfilled'));

-- Only what one may read; row-level security keeps its rows.
CREATE ROLE regress_vs;
GRANT USAGE ON SCHEMA "vs Schema" TO regress_vs;
GRANT SELECT (h), UPDATE ON "vs Items" TO regress_vs;
GRANT SELECT (v) ON vs_open TO regress_vs;
ALTER TABLE vs_open ENABLE ROW LEVEL SECURITY;
SET ROLE regress_vs;
SELECT table_name, column_name, dimensions FROM pk_suggest_vector_indexes() WHERE schema_name = 'vs Schema';
RESET ROLE;
-- Statements in a schema that one may not use are left out.
\if :statements
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA public;
CREATE SCHEMA vs_hidden;
ALTER EXTENSION pg_stat_statements SET SCHEMA vs_hidden;
SET LOCAL ROLE regress_vs;
SELECT count(*) AS columns FROM pk_suggest_vector_indexes() \gset
ROLLBACK;
\endif

-- Partitions are tables; nothing is found where there is nothing.
CREATE TABLE vs_parted (k int, v vector(3)) PARTITION BY LIST (k);
CREATE TABLE vs_part PARTITION OF vs_parted DEFAULT;
SELECT table_name FROM pk_suggest_vector_indexes(vs('vs_parted', 'vs_part'));
SELECT count(*) FROM pk_suggest_vector_indexes('{}');
SELECT count(*) FROM pk_suggest_vector_indexes('{NULL,0,4294967295}');

-- Errors.
SELECT * FROM pk_suggest_vector_indexes(metric => 'far');
SELECT * FROM pk_suggest_vector_indexes(memory => 'much');
SELECT * FROM pk_suggest_vector_indexes(memory => '-1');
SELECT * FROM pk_suggest_vector_indexes(exact_ms => 'NaN');

SET client_min_messages = warning;
DROP SCHEMA "vs Schema" CASCADE;
DROP ROLE regress_vs;
DROP EXTENSION pg_perfkit_vector;
DROP EXTENSION vector;

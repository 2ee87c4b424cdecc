-- Advice on partial indexes; figures are left out, since they depend on the server's settings.
SET max_parallel_workers_per_gather = 0;
CREATE SCHEMA pk_partial;
CREATE TABLE pk_partial.jobs (id int PRIMARY KEY, state text, owner int, run_at timestamp, deleted_at timestamp, filler text);
INSERT INTO pk_partial.jobs
SELECT i, CASE WHEN i % 50 = 0 THEN 'queued' ELSE (ARRAY['done', 'failed'])[1 + i % 2] END, i * 7919 % 3000, timestamp '2026-01-01' + i * interval '1 min',
       CASE WHEN i % 20 > 0 THEN timestamp '2026-02-01' END, repeat('x', 100)
FROM generate_series(1, 20000) i;
VACUUM ANALYZE pk_partial.jobs;
CREATE FUNCTION pk_partial.advice(queries text[], partial bool DEFAULT true) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(ddl, '^.*pk_partial.jobs USING ', '') FROM pk_suggest_indexes(queries => queries, partial => partial, include_drops => false) ORDER BY rank
$$;
-- A test needs no constant.
SELECT pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE deleted_at IS NULL ORDER BY run_at LIMIT 10']);
SELECT pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE deleted_at IS NULL ORDER BY run_at LIMIT 10'], partial => false);
-- A constant seen once makes none, one that recurs does, one of several does not, a parameter does not.
SELECT pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 10']) ~ 'WHERE' AS partial;
SELECT pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 10', 'SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 20']);
SELECT pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 10', 'SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 20'], partial => false);
SELECT bool_or(ddl ~ 'WHERE') AS partial FROM pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 10',
    'SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 20', 'SELECT * FROM pk_partial.jobs WHERE state = ''failed'' ORDER BY run_at LIMIT 10']) ddl;
SELECT bool_or(ddl ~ 'WHERE') AS partial FROM pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE state = $1 ORDER BY run_at LIMIT 10', 'SELECT * FROM pk_partial.jobs WHERE state = $1 ORDER BY run_at LIMIT 20']) ddl;
-- Nor does one for most of the rows, nor one of a column of many values.
SELECT bool_or(ddl ~ 'WHERE') AS partial FROM pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE owner = 7 AND run_at < ''2026-01-04'' ', 'SELECT run_at FROM pk_partial.jobs WHERE owner = 7 ORDER BY run_at']) ddl;
-- What it rests on; it can be carried out, and is used, and not advised again.
SELECT ddl AS statement, evidence -> 'condition' AS condition, est_size_bytes AS bytes FROM pk_suggest_indexes(include_drops => false, queries =>
    ARRAY['SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 10', 'SELECT * FROM pk_partial.jobs WHERE state = ''queued'' AND owner > $1 ORDER BY run_at LIMIT 10']) \gset
SELECT :'condition'::jsonb ->> 'condition' AS condition, round((:'condition'::jsonb ->> 'share_of_rows')::numeric, 2) AS share_of_rows, :'condition'::jsonb -> 'executions_seen' AS seen,
       :bytes BETWEEN 1 AND 100000 AS small;
:statement;
EXPLAIN (COSTS OFF) SELECT * FROM pk_partial.jobs WHERE state = 'queued' ORDER BY run_at LIMIT 10;
SELECT pk_partial.advice(ARRAY['SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 10', 'SELECT * FROM pk_partial.jobs WHERE state = ''queued'' ORDER BY run_at LIMIT 20']);
-- A partial index stands in for no full one.
CREATE INDEX jobs_run_at ON pk_partial.jobs (run_at);
SELECT action, index_name FROM pk_suggest_indexes(ARRAY['SELECT * FROM pk_partial.jobs WHERE deleted_at IS NULL ORDER BY run_at LIMIT 10']);
DROP FUNCTION pk_partial.advice;
DROP TABLE pk_partial.jobs;
DROP SCHEMA pk_partial;

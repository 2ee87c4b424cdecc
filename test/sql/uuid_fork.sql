-- Processes never share random bytes: not one that a library forks from a session's process, nor
-- its child, nor parallel workers (background workers).
CREATE FUNCTION fork_probe(count int) RETURNS uuid[] AS '$libdir/perfkit_uuid_fork_probe', 'perfkit_uuid_fork_probe' LANGUAGE C STRICT;
-- The random bits alone: 60 of the 62.  Small batches leave the buffer that the
-- children inherit partly used.
SELECT count(*), count(DISTINCT right(id::text, 18)) AS different
FROM (SELECT unnest(fork_probe(100)) AS id FROM generate_series(1, 20)) ids;
SELECT count(DISTINCT pk_uuid_version(id)), min(pk_uuid_version(id)) FROM unnest(fork_probe(100)) id;
DROP FUNCTION fork_probe(int);

CREATE TABLE source AS SELECT generate_series(1, 20000) AS n;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) CREATE TABLE unused AS SELECT pk_uuidv7() FROM source;
CREATE TABLE by_workers AS SELECT pk_uuidv7() AS id FROM source;
SELECT count(*), count(DISTINCT right(id::text, 18)) AS different FROM by_workers;
DROP TABLE source, by_workers;

-- The sizes of GIN indexes as pk_whatif_create() gives them, beside those of the same indexes built.
--
-- usage: psql -X -f bench/advisor/gin_sizes.sql DATABASE     (an empty one)
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT setseed(0.5) \g /dev/null
CREATE EXTENSION IF NOT EXISTS pg_perfkit;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE SCHEMA gin_sizes;
CREATE TABLE gin_sizes.runs AS SELECT jsonb_build_object('optimizer', (ARRAY['adam', 'sgd', 'lamb'])[1 + i % 3], 'seed', i, 'lr', i % 50 / 1000.0,
    'tags', jsonb_build_array('t' || i % 20, 'u' || i * 7919 % 300), 'model', jsonb_build_object('depth', i % 12, 'name', 'model-' || i % 5000)) c FROM generate_series(1, 100000) i;
CREATE TABLE gin_sizes.status AS SELECT jsonb_build_object('status', (ARRAY['open', 'paid'])[1 + i % 2]) c FROM generate_series(1, 100000) i;
CREATE TABLE gin_sizes.users AS SELECT jsonb_build_object('k', i % 500, 'who', 'user' || i % 2000) c FROM generate_series(1, 50000) i;
CREATE TABLE gin_sizes.lists AS SELECT jsonb_build_array(i % 10, i * 7 % 1000, 'x' || i % 3) c FROM generate_series(1, 50000) i;
CREATE TABLE gin_sizes.numbers AS SELECT ARRAY[i % 1000, i * 7919 % 5000, i % 7] c FROM generate_series(1, 100000) i;
CREATE TABLE gin_sizes.bigints AS SELECT ARRAY[i::bigint * i % 10000, (i * 7919 + i / 7) % 10000, i * 31 % 10000, i % 100] c FROM generate_series(1, 50000) i;
CREATE TABLE gin_sizes.ids AS SELECT ARRAY[i] c FROM generate_series(1, 100000) i;
CREATE TABLE gin_sizes.tags AS SELECT ARRAY['tag' || i % 100, 'user' || i * 7919 % 20000] c FROM generate_series(1, 100000) i;
CREATE TABLE gin_sizes.few AS SELECT CASE WHEN i % 4 = 0 THEN ARRAY['a' || i % 50, 'b' || i % 10] END c FROM generate_series(1, 50000) i;
CREATE TABLE gin_sizes.words AS SELECT to_tsvector('simple', (SELECT string_agg('w' || (i * k * k + k * 17) % (100 * k), ' ') FROM generate_series(1, 30) k)) c
FROM generate_series(1, 30000) i;
CREATE TABLE gin_sizes.zipf AS SELECT to_tsvector('simple', (SELECT string_agg('word' || exp(random() * 9 + 0 * i * k)::int, ' ') FROM generate_series(1, 40) k)) c
FROM generate_series(1, 20000) i;
CREATE TABLE gin_sizes.names AS SELECT 'customer ' || md5(i::text) c FROM generate_series(1, 50000) i;
ANALYZE gin_sizes.runs, gin_sizes.status, gin_sizes.users, gin_sizes.lists, gin_sizes.numbers, gin_sizes.bigints, gin_sizes.ids, gin_sizes.tags,
    gin_sizes.few, gin_sizes.words, gin_sizes.zipf, gin_sizes.names;
CREATE FUNCTION gin_sizes.built(ddl text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE size bigint;
BEGIN
    EXECUTE ddl;
    size := pg_relation_size('gin_sizes.built');
    DROP INDEX gin_sizes.built;
    RETURN size;
END $$;
\pset footer off
SELECT name AS "table", what AS "key", estimated, built, round(estimated::numeric / built, 2) AS ratio
FROM (VALUES ('runs', 'c'), ('runs', 'c jsonb_path_ops'), ('status', 'c'), ('status', 'c jsonb_path_ops'), ('users', 'c'), ('users', 'c jsonb_path_ops'),
             ('lists', 'c'), ('lists', 'c jsonb_path_ops'), ('numbers', 'c'), ('bigints', 'c'), ('ids', 'c'), ('tags', 'c'), ('few', 'c'),
             ('words', 'c'), ('zipf', 'c'), ('names', 'c gin_trgm_ops')) AS keys(name, what),
     LATERAL (SELECT format('CREATE INDEX built ON gin_sizes.%s USING gin (%s)', name, what) AS ddl) AS statement,
     LATERAL (SELECT est_size_bytes AS estimated FROM pk_whatif_create(ddl)) AS estimate,
     LATERAL gin_sizes.built(ddl) AS built;
SELECT pk_whatif_reset() \g /dev/null
DROP SCHEMA gin_sizes CASCADE;

-- The sizes of indexes on expressions and of partial indexes as pk_whatif_create() gives them, beside those of the same
-- indexes built.
--
-- usage: psql -X -f bench/advisor/expression_sizes.sql DATABASE     (an empty one)
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_perfkit;
CREATE SCHEMA expression_sizes;
CREATE TABLE expression_sizes.events AS
SELECT i AS id, 'User' || i * 7919 % 40000 || '@Example.com' AS email, (ARRAY['queued', 'done', 'failed', 'void'])[1 + i % 100 / 34 + i % 7 / 6] AS state,
       jsonb_build_object('kind', 'kind ' || i % 300, 'ref', md5(i::text), 'n', i) AS doc, i % 1000 AS a, i * 31 % 777 AS b, i::numeric / 7 AS price,
       timestamp '2026-01-01' + i * interval '47 s' AS at, CASE WHEN i % 12 = 0 THEN timestamp '2026-06-01' + i * interval '1 s' END AS closed_at,
       i % 9 = 0 AS urgent, repeat('x', 60) AS filler
FROM generate_series(1, 200000) i;
VACUUM ANALYZE expression_sizes.events;
CREATE FUNCTION expression_sizes.built(ddl text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE size bigint;
BEGIN
    EXECUTE ddl;
    size := pg_relation_size('expression_sizes.built');
    DROP INDEX expression_sizes.built;
    RETURN size;
END $$;
\pset footer off
SELECT what AS "index", estimated / 8192 AS estimated, built / 8192 AS built, round(estimated::numeric / built, 2) AS ratio
FROM (VALUES ('(lower(email))'), ('(upper(state))'), ('((doc ->> ''kind''))'), ('((doc ->> ''ref''))'), ('(((doc ->> ''n'')::int))'), ('((a + b))'),
             ('((a % 10))'), ('(round(price))'), ('(date_trunc(''day'', at))'), ('((at::date))'), ('(length(email), a)'), ('(lower(email), at)'),
             ('((doc ->> ''nothing''))'), ('(coalesce(closed_at, at))'),
             ('(at) WHERE closed_at IS NULL'), ('(at) WHERE closed_at IS NOT NULL'), ('(a) WHERE state = ''queued'''), ('(email) WHERE urgent'),
             ('(lower(email)) WHERE closed_at IS NOT NULL'), ('(a, b) INCLUDE (id) WHERE state = ''failed'''), ('(a) WHERE at > ''2026-03-01'''),
             ('(state, at) WHERE NOT urgent')) AS keys(what),
     LATERAL (SELECT 'CREATE INDEX built ON expression_sizes.events ' || what AS ddl) AS statement,
     LATERAL (SELECT est_size_bytes AS estimated FROM pk_whatif_create(ddl)) AS estimate,
     LATERAL expression_sizes.built(ddl) AS built;
SELECT pk_whatif_reset() \g /dev/null
DROP SCHEMA expression_sizes CASCADE;

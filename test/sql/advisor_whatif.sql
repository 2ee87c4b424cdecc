-- Plans as if indexes existed, and as if others did not, in this session alone.
SET max_parallel_workers_per_gather = 0;
CREATE SCHEMA pk_whatif;
CREATE TABLE pk_whatif.t (a int, b text, c jsonb, d timestamptz, e int);
INSERT INTO pk_whatif.t SELECT i, 'B' || i % 5000, jsonb_build_object('k', i % 500), timestamptz '2026-01-01 00:00Z' + i * interval '1 min', i % 10
FROM generate_series(1, 20000) i;
CREATE INDEX real_a ON pk_whatif.t (a);
VACUUM ANALYZE pk_whatif.t;
-- The node that reads the table, without its costs; and whether the whole became cheaper.
CREATE FUNCTION pk_whatif.plan(query text, ddl text[] DEFAULT NULL, hide regclass[] DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT string_agg(variant || ': ' || (regexp_match(plan, '(?:Seq|Index|Index Only|Bitmap Heap) Scan'))[1]
                      || coalesce(' ' || substring(plan from '"[^"]* \(hypothetical\)"'), ''), '; ')
           || CASE WHEN max(total_cost) FILTER (WHERE variant = 'what if') < max(total_cost) FILTER (WHERE variant = 'as it is') THEN ' cheaper' ELSE '' END
    FROM pk_explain(query, ddl, hide)
$$;
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE b = ''B7''');
SELECT index_name, table_name, est_size_bytes BETWEEN 100000 AND 1000000 AS size FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (b)');
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE b = ''B7''');
-- Of every kind: an expression, a condition, included columns, an order, a search in jsonb.
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE lower(b) = ''b7''', ARRAY['CREATE INDEX expr ON pk_whatif.t (lower(b))']);
SELECT pk_whatif.plan('SELECT count(*) FROM pk_whatif.t WHERE e = 3 AND d > ''2026-01-14''', ARRAY['CREATE INDEX part ON pk_whatif.t (d) WHERE e = 3']);
SELECT pk_whatif.plan('SELECT count(*) FROM pk_whatif.t WHERE e = 4 AND d > ''2026-01-14''', ARRAY['CREATE INDEX part ON pk_whatif.t (d) WHERE e = 3']);
SELECT pk_whatif.plan('SELECT e FROM pk_whatif.t WHERE d > ''2026-01-14''', ARRAY['CREATE INDEX covering ON pk_whatif.t (d) INCLUDE (e)']);
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t ORDER BY e DESC NULLS LAST, d LIMIT 5', ARRAY['CREATE INDEX sorted ON pk_whatif.t (e DESC NULLS LAST, d)']);
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE c @> ''{"k": 7}''', ARRAY['CREATE INDEX search ON pk_whatif.t USING gin (c jsonb_path_ops)']);
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE a = 7', hide => '{pk_whatif.real_a}');
-- With parameters, and for statements that write, which do not.
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE b = $1');
SELECT pk_whatif.plan('DELETE FROM pk_whatif.t WHERE b = ''B7''');
SELECT count(*) FROM pk_whatif.t;
SELECT pk_whatif_hide('pk_whatif.real_a');
SELECT index_name FROM pk_whatif_create('create unique index "Ü ""1" on pk_whatif.t using btree (a desc, (e + 1) nulls last) include (d) where b collate "C" > ''x'' and e is not null');
SELECT state, index_name, table_name, definition FROM pk_whatif_list();
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE a = 7');
-- Nothing of this is there.
EXPLAIN (COSTS OFF) SELECT * FROM pk_whatif.t WHERE b = 'B7';
SELECT pk_whatif_reset();
SELECT count(*) FROM pk_whatif_list();
-- A name means what it meant then; a table that is gone is told.
SET search_path = pk_whatif, public;
SELECT table_name FROM pk_whatif_create('CREATE INDEX ON t (e, d)');
RESET search_path;
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.t WHERE e = 3 AND d = now()');
CREATE TABLE pk_whatif.fleeting (a int);
SELECT table_name FROM pk_whatif_create('CREATE INDEX ON pk_whatif.fleeting (a)');
DROP TABLE pk_whatif.fleeting;
SELECT state, definition FROM pk_whatif_list() WHERE state = 'gone';
SELECT pk_whatif_reset();
-- Partitions whose columns stand elsewhere.
CREATE TABLE pk_whatif.parent (a int, b int, c text) PARTITION BY LIST (a);
CREATE TABLE pk_whatif.child (z int, c text, b int, a int);
ALTER TABLE pk_whatif.child DROP COLUMN z;
ALTER TABLE pk_whatif.parent ATTACH PARTITION pk_whatif.child FOR VALUES IN (1);
INSERT INTO pk_whatif.parent SELECT 1, i, 'C' || i FROM generate_series(1, 20000) i;
CREATE INDEX parent_b ON pk_whatif.parent (b);
VACUUM ANALYZE pk_whatif.parent;
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.parent WHERE lower(c) = ''c7'' AND b > 0', ARRAY['CREATE INDEX p ON pk_whatif.parent (lower(c)) WHERE b > 0']);
SELECT pk_whatif.plan('SELECT * FROM pk_whatif.parent WHERE b = 7', hide => '{pk_whatif.parent_b}');
-- Of an index that is built for it.
CREATE FUNCTION pk_whatif.built(what text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE size bigint;
BEGIN
    EXECUTE format('CREATE INDEX built ON pk_whatif.search USING gin (%s)', what);
    size := pg_relation_size('pk_whatif.built');
    DROP INDEX pk_whatif.built;
    RETURN size;
END $$;
-- A search index is about as large as it is said to be, where the statistics tell: arrays, words, documents of few values.
CREATE TABLE pk_whatif.search (tags text[], numbers int[], words tsvector, state jsonb, ids int[]);
INSERT INTO pk_whatif.search SELECT ARRAY['tag' || i % 100, 'kind' || i % 7], ARRAY[i % 1000, i * 7919 % 500], to_tsvector('simple', 'one w' || i % 300 || ' v' || i % 50),
    jsonb_build_object('status', (ARRAY['open', 'paid'])[1 + i % 2], 'k', i % 500), ARRAY[i] FROM generate_series(1, 30000) i;
ANALYZE pk_whatif.search;
SELECT what, size_given / size_real BETWEEN 0.75 AND 1.25 AS within
FROM unnest(ARRAY['tags', 'numbers', 'words', 'state', 'state jsonb_path_ops', 'ids']) what, LATERAL (
    SELECT est_size_bytes::float8 AS size_given FROM pk_whatif_create(format('CREATE INDEX ON pk_whatif.search USING gin (%s)', what))) given, LATERAL (
    SELECT pk_whatif.built(what)::float8 AS size_real) built;
SELECT pk_whatif_reset();
-- A BRIN index costs what the real one will, by the pages that it sums up; and it is advised with the number that suits the table.
CREATE TABLE pk_whatif.log (at timestamptz, filler text);
INSERT INTO pk_whatif.log SELECT timestamptz '2026-01-01 00:00Z' + i * interval '1 s', repeat('x', 120) FROM generate_series(1, 60000) i;
VACUUM ANALYZE pk_whatif.log;
CREATE FUNCTION pk_whatif.brin(storage text, OUT what_if float8, OUT built float8, OUT size_given float8, OUT size_real float8) LANGUAGE plpgsql AS $$
DECLARE query text := $q$SELECT count(*) FROM pk_whatif.log WHERE at BETWEEN '2026-01-01 05:00Z' AND '2026-01-01 05:10Z'$q$;
        ddl text := 'CREATE INDEX log_at ON pk_whatif.log USING brin (at)' || storage;
BEGIN
    SELECT est_size_bytes INTO size_given FROM pk_whatif_create(ddl);
    PERFORM pk_whatif_reset();
    SELECT total_cost INTO what_if FROM pk_explain(query, ARRAY[ddl]) WHERE variant = 'what if';
    EXECUTE ddl;
    SELECT total_cost, pg_relation_size('pk_whatif.log_at') INTO built, size_real FROM pk_explain(query) WHERE variant = 'as it is' AND plan LIKE '%log_at%';
    DROP INDEX pk_whatif.log_at;
END $$;
SELECT storage, what_if / built BETWEEN 0.99 AND 1.01 AS cost, size_given = size_real AS size
FROM unnest(ARRAY['', ' WITH (pages_per_range = 16)', ' WITH (pages_per_range = 1)', ' WITH (pages_per_range = 500, autosummarize)']) storage, pk_whatif.brin(storage);
SELECT regexp_replace(ddl, 'CONCURRENTLY ', '') AS ddl
FROM pk_suggest_indexes(ARRAY[$q$SELECT count(*) FROM pk_whatif.log WHERE at BETWEEN '2026-01-01 05:00Z' AND '2026-01-01 05:10Z'$q$], methods => '{brin}', include_drops => false);
SELECT index_name FROM pk_whatif_create('CREATE INDEX ON pk_whatif.log USING brin (at) WITH (pages_per_range = 32) WHERE filler IS NOT NULL');
SELECT definition FROM pk_whatif_list();
SELECT pk_whatif_reset();
-- What is no index, or none that can be thought up.
SELECT * FROM pk_whatif_create('DROP TABLE pk_whatif.t');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (a); DROP TABLE pk_whatif.t');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (nothing)');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (random())');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t USING gist (a)');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t USING hash (a, e)');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (a) WITH (fillfactor = 50)');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.log USING brin (at) WITH (pages_per_range = 0)');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (c jsonb_path_ops)');
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (a) WHERE b = 3');
SELECT pk_whatif_hide('pk_whatif.t');
SELECT * FROM pk_explain('SELECT 1; SELECT 2');
SELECT * FROM pk_explain('ANALYZE DELETE FROM pk_whatif.t');
SELECT * FROM pk_explain('EXPLAIN ANALYZE DELETE FROM pk_whatif.t');
SELECT count(*) FROM pk_whatif_list();
-- With the caller's rights.
CREATE ROLE pk_whatif_nobody;
GRANT USAGE ON SCHEMA pk_whatif TO pk_whatif_nobody;
SET ROLE pk_whatif_nobody;
SELECT * FROM pk_whatif_create('CREATE INDEX ON pk_whatif.t (a)');
SELECT * FROM pk_explain('SELECT * FROM pk_whatif.t');
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA pk_whatif CASCADE;
DROP ROLE pk_whatif_nobody;

-- pk_hybrid_search: vector, full text and time, fused.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
RESET client_min_messages;
CREATE EXTENSION pg_perfkit_vector;
SET default_text_search_config = 'pg_catalog.simple';
SET extra_float_digits = 0;
SET timezone = 'UTC';
SET jit = off;

CREATE TABLE "vh Docs" (id int PRIMARY KEY, "the v" vector(8), body text, tsv tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED, made timestamptz, part int);
INSERT INTO "vh Docs" (id, "the v", body, made, part)
SELECT i, (SELECT array_agg((sin(i * 12.9898 + j * 78.233) * 43758.5453)::numeric % 1 ORDER BY j)::real[]::vector FROM generate_series(1, 8) j),
       CASE WHEN i % 3 = 0 THEN repeat('apple ', i % 7) || 'pear' ELSE 'pear ' || repeat('plum ', i % 5) END, timestamptz '2024-01-01' + (i * 7919 % 400) * interval '1 day', i % 4
FROM generate_series(1, 400) i;
INSERT INTO "vh Docs" VALUES (1000, NULL, NULL, DEFAULT, NULL, NULL), (1001, '[0,0,0,0,0,0,0,0]', 'apple', DEFAULT, 'infinity', 1), (1002, '[1,1,1,1,1,1,1,1]', '', DEFAULT, '-infinity', 1);
CREATE INDEX vh_v ON "vh Docs" USING hnsw ("the v" pk_vector_cosine_ops);
CREATE INDEX vh_t ON "vh Docs" USING gin (tsv);
CREATE INDEX vh_m ON "vh Docs" (made);
ANALYZE "vh Docs";
\set q '[0.5,-0.5,0.25,-0.25,0.75,0.1,-0.2,0.3]'

-- An index by vector is approximate: without it the results are exact.
SET enable_indexscan = off;
-- Reciprocal ranks over all rows, by an independent query, give the same.
CREATE FUNCTION vh_exact(q vector, words text) RETURNS TABLE (id text, score float8) LANGUAGE sql AS $$
WITH v AS (SELECT id, row_number() OVER (ORDER BY "the v" <=> q, id) AS p FROM "vh Docs" WHERE vector_norm("the v") > 0),
     t AS (SELECT id, row_number() OVER (ORDER BY ts_rank(tsv, websearch_to_tsquery(words)) DESC, id) AS p FROM "vh Docs" WHERE tsv @@ websearch_to_tsquery(words)),
     r AS (SELECT id, row_number() OVER (ORDER BY made DESC, id) AS p FROM "vh Docs" WHERE made IS NOT NULL)
SELECT id::text, coalesce(1.0::float8 / (60 + v.p), 0) + coalesce(1.0::float8 / (60 + t.p), 0) + coalesce(1.0::float8 / (60 + r.p), 0)
FROM "vh Docs" d LEFT JOIN v USING (id) LEFT JOIN t USING (id) LEFT JOIN r USING (id) ORDER BY 2 DESC, d.id LIMIT 10 $$;
CREATE TABLE vh_truth AS SELECT id FROM vh_exact(:'q', 'apple or plum');
SELECT count(*) AS rows, count(*) FILTER (WHERE h.key = e.id AND abs(h.score - e.score) < 1e-12) AS same
FROM (SELECT row_number() OVER (), * FROM pk_hybrid_search('"vh Docs"', :'q', 'apple or plum', time_column => 'made', candidates => 1000)) h
     JOIN (SELECT row_number() OVER (), * FROM vh_exact(:'q', 'apple or plum')) e USING (row_number);
-- The weighted sum is of what the rows hold.
SELECT count(*) AS rows, bool_and(abs(score - (2 * (1 - ("the v" <=> :'q')) + CASE WHEN tsv @@ 'apple' THEN ts_rank(tsv, 'apple', 32) ELSE 0 END)) < 1e-6) AS as_defined,
       bool_and(key = (SELECT d.id::text FROM "vh Docs" d WHERE vector_norm("the v") > 0 ORDER BY 2 * (1 - ("the v" <=> :'q')) + CASE WHEN tsv @@ 'apple' THEN ts_rank(tsv, 'apple', 32) ELSE 0 END DESC, d.id OFFSET n - 1 LIMIT 1)) AS best
FROM (SELECT row_number() OVER () AS n, * FROM pk_hybrid_search('"vh Docs"', :'q', 'apple', fusion => 'weighted', weights => '{2,1}')) h JOIN "vh Docs" d ON d.id::text = h.key;
SELECT key, time_part > 0.5 AND time_part <= 1 AS recent, time_place FROM pk_hybrid_search('"vh Docs"', NULL, time_column => 'made', fusion => 'weighted', half_life => '100000 days', k => 3);

-- Sides on their own; halfvec and text; the latest first.
SELECT key, vector_place, text_place, time_place, text_part IS NULL AS no_text FROM pk_hybrid_search('"vh Docs"', :'q', k => 3);
SELECT key, text_place FROM pk_hybrid_search('"vh Docs"', NULL, query_text => 'apple -pear', k => 2);
SELECT key, time_place FROM pk_hybrid_search('"vh Docs"', NULL, time_column => 'made', k => 1);
CREATE TABLE vh_half AS SELECT id AS "Key", "the v"::halfvec(8) AS h, body, made::date AS made FROM "vh Docs";
CREATE UNIQUE INDEX vh_half_key ON vh_half ("Key");
ALTER TABLE vh_half ALTER "Key" SET NOT NULL;
SELECT key, vector_place, text_place FROM pk_hybrid_search('vh_half', :'q', 'apple', 3, text_column => 'body', configuration => 'english', key_column => 'Key', metric => 'l2');
SELECT key, vector_place FROM pk_hybrid_search('vh_half', :'q', k => 1, key_column => 'Key', metric => 'inner_product', fusion => 'weighted');

-- Filters hold for every side; a comment ends with them; the caller's settings come back.
SELECT count(*), bool_and(key::int % 4 = 3) AS fits FROM pk_hybrid_search('"vh Docs"', :'q', 'apple', time_column => 'made', filter => 'part = 3 -- only', k => 50);
SHOW hnsw.ef_search;

-- The SQL, and that it is what is run, with its indexes.
SELECT pk_hybrid_sql('"vh Docs"', '[1,2,3,4,5,6,7,8]', 'an apple''s', 5, time_column => 'made', filter => 'part > 0', weights => '{1,0.5,0.1}');
SELECT pk_hybrid_sql('"vh Docs"', NULL, vector_column => 'the v', text_column => 'tsv', fusion => 'weighted', time_column => 'made', half_life => '1 day', placeholders => true);
SELECT pk_hybrid_sql('vh_half', NULL, text_column => 'body', key_column => 'Key', configuration => 'english', placeholders => true, candidates => 20);
SELECT pk_hybrid_sql('"vh Docs"', :'q', 'apple', time_column => 'made') AS sql \gset
SELECT count(*) AS rows, bool_and(s.key::text = h.key AND s.score = h.score) AS same
FROM (SELECT row_number() OVER (), * FROM (:sql) s) s JOIN (SELECT row_number() OVER (), * FROM pk_hybrid_search('"vh Docs"', :'q', 'apple', time_column => 'made')) h USING (row_number);
CREATE FUNCTION vh_indexes(sql text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || sql LOOP
        RETURN QUERY SELECT m[1] FROM regexp_matches(line, '(vh_[vtmc])\M', 'g') m;
    END LOOP;
END $$;
RESET enable_indexscan;
SET enable_seqscan = off;
SELECT count(*) >= 8 AS nearly FROM (SELECT key FROM pk_hybrid_search('"vh Docs"', :'q', 'apple or plum', time_column => 'made', candidates => 1000) INTERSECT SELECT id FROM vh_truth) x;
SELECT DISTINCT vh_indexes(:'sql') COLLATE "C" ORDER BY 1;
RESET enable_seqscan;
SET enable_indexscan = off;

-- An index over the cast to halfvec is searched by it, but where the column has one of its own by that metric; of ivfflat, lists enough
-- for the candidates are looked through.
CREATE TABLE vh_cast (id int PRIMARY KEY, "the v" vector(8));
INSERT INTO vh_cast SELECT id, "the v" FROM "vh Docs" WHERE id <= 400;
CREATE INDEX vh_c ON vh_cast USING ivfflat (("the v"::halfvec(8)) halfvec_cosine_ops) WITH (lists = 9);
ANALYZE vh_cast;
SELECT pk_hybrid_sql('vh_cast', '[1,2,3,4,5,6,7,8]', k => 5, candidates => 30);
SELECT split_part(pk_hybrid_sql('vh_cast', NULL, vector_column => 'the v', placeholders => true, candidates => 100), E'\n', 2) AS more_candidates,
       pk_hybrid_sql('vh_cast', :'q', metric => 'l2') LIKE '%::halfvec(%' AS by_another_metric;
SET enable_seqscan = off;
RESET enable_indexscan;
SELECT pk_hybrid_sql('vh_cast', :'q', fusion => 'weighted') AS sql \gset
SELECT DISTINCT vh_indexes(:'sql') COLLATE "C" AS used;
SELECT count(*) AS rows, count(*) FILTER (WHERE h.key = e.id) AS same
FROM pk_hybrid_search('vh_cast', :'q', candidates => 400, fusion => 'weighted') h
     JOIN (SELECT id::text FROM "vh Docs" WHERE id <= 400 ORDER BY "the v"::halfvec(8) <=> :'q', id LIMIT 10) e ON e.id = h.key;
SHOW ivfflat.probes;
RESET enable_seqscan;
SET enable_indexscan = off;
CREATE INDEX ON vh_cast USING hnsw ("the v" vector_cosine_ops);
SELECT pk_hybrid_sql('vh_cast', :'q') LIKE '%halfvec%' AS has_one_of_its_own;
DROP TABLE vh_cast;

-- Nobody's operator or function in a schema of the path is taken; a column may be named as those of the query are.
CREATE SCHEMA vh_path;
DO $do$
DECLARE x record;
BEGIN
    FOR x IN VALUES ('+', 'float8', 'int4', 'float8'), ('+', 'int4', 'float8', 'float8'), ('-', 'int4', 'float8', 'float8'),
                    ('/', 'int4', 'float8', 'float8'), ('/', 'float8', 'int4', 'float8'), ('/', 'float8', 'int8', 'float8'),
                    ('*', 'numeric', 'float8', 'float8'), ('=', 'varchar', 'varchar', 'bool'), ('<>', 'float8', 'text', 'bool'),
                    ('=', 'float8', 'text', 'bool'), ('power', 'numeric', 'float8', 'float8'), ('to_tsvector', 'regconfig', 'varchar', 'tsvector'),
                    ('websearch_to_tsquery', 'regconfig', 'varchar', 'tsquery') LOOP
        EXECUTE format('CREATE FUNCTION vh_path.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS $$ BEGIN RAISE ''taken''; END $$',
                       x.column1, x.column2, x.column3, x.column4);
        CONTINUE WHEN x.column1 ~ '\w';
        EXECUTE format('CREATE OPERATOR vh_path.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = vh_path.%I)',
                       x.column1, x.column2, x.column3, x.column1);
    END LOOP;
END $do$;
CREATE TABLE vh_key (key varchar PRIMARY KEY, v vector(2), body varchar, at timestamp, distance int, rank int, place int);
INSERT INTO vh_key VALUES ('a', '[1,0]', 'apple', '2024-01-01'), ('b', '[1,1]', 'plum', '2024-01-02'), ('c', NULL, NULL, NULL);
SET search_path = vh_path, public;
SELECT f, m, string_agg(key || ' ' || vector_place || text_place || time_place, ', ' ORDER BY key) FROM unnest('{rrf,weighted}'::text[]) f, unnest('{l2,inner_product,cosine,l1}'::text[]) m,
       pk_hybrid_search('vh_key', '[1,0]', 'apple or plum', time_column => 'at', text_column => 'body', metric => m, fusion => f, filter => 'key < ''c''::text') GROUP BY f, m ORDER BY f, m;
RESET search_path;

-- A key tells rows apart: not where it may be twice in a transaction, or NULL; a table's own rows, without those of its heirs.
CREATE TABLE vh_keys (id int PRIMARY KEY DEFERRABLE, nullable int UNIQUE, v vector(2));
SELECT * FROM pk_hybrid_search('vh_keys', '[1,2]');
SELECT * FROM pk_hybrid_search('vh_keys', '[1,2]', key_column => 'id');
SELECT * FROM pk_hybrid_search('vh_keys', '[1,2]', key_column => 'nullable');
CREATE TABLE vh_heir () INHERITS (vh_key);
INSERT INTO vh_heir SELECT * FROM vh_key;
SELECT key, vector_place FROM pk_hybrid_search('vh_key', '[1,0]', fusion => 'weighted');
CREATE MATERIALIZED VIEW vh_view AS SELECT CASE WHEN n = 1 THEN key END AS key, v, at FROM ONLY vh_key, generate_series(1, 2) n;
CREATE UNIQUE INDEX ON vh_view (key);
SELECT key, vector_place, time_place FROM pk_hybrid_search('vh_view', '[1,0]', key_column => 'key', time_column => 'at', filter => 'true');

-- With the caller's rights, and row-level security.
CREATE ROLE regress_vh;
SET ROLE regress_vh;
SELECT count(*) FROM pk_hybrid_search('"vh Docs"', :'q');
RESET ROLE;
GRANT SELECT ON "vh Docs" TO regress_vh;
ALTER TABLE "vh Docs" ENABLE ROW LEVEL SECURITY;
CREATE POLICY vh ON "vh Docs" USING (part = 2);
SET ROLE regress_vh;
SELECT count(*), bool_and(key::int % 4 = 2) AS own FROM pk_hybrid_search('"vh Docs"', :'q', 'apple', time_column => 'made', k => 30);
-- It filters too.
SELECT split_part(pk_hybrid_sql('"vh Docs"', :'q'), E'\n', 2);
RESET ROLE;

-- Errors: nothing to search for, names, types, ranges, a filter that is more than a condition.
SELECT * FROM pk_hybrid_search(NULL, NULL);
SELECT * FROM pk_hybrid_search('"vh Docs"', NULL);
SELECT * FROM pk_hybrid_search('pg_indexes', :'q');
SELECT * FROM pk_hybrid_search(4294967295::oid, NULL);
SELECT * FROM pk_hybrid_search('vh_half', :'q');
SELECT * FROM pk_hybrid_search('vh_half', :'q', key_column => 'body');
SELECT * FROM pk_hybrid_search('vh_half', NULL, query_text => 'apple', key_column => 'Key');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', vector_column => 'nothing');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', vector_column => 'body');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', metric => 'hamming');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', k => 0);
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', k => 20, candidates => 10);
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', rrf_k => NULL);
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', fusion => 'best');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', weights => '{1,NULL}');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', weights => '{1,1,1,1}');
SELECT * FROM pk_hybrid_search('"vh Docs"', NULL, time_column => 'made', half_life => '-1 day');
SELECT * FROM pk_hybrid_search('"vh Docs"', '[1,2]');
\set VERBOSITY terse
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', filter => 'nothing = 1');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', filter => 'true); DELETE FROM "vh Docs"; --');
SELECT * FROM pk_hybrid_search('"vh Docs"', :'q', filter => 'true) LIMIT 1) found) SELECT 1; DELETE FROM "vh Docs"; WITH by_vector AS (SELECT key, 1 AS place FROM (SELECT id AS key, 0::float8 AS distance FROM "vh Docs" WHERE (true');
\set VERBOSITY default
SELECT count(*) FROM "vh Docs";

SET client_min_messages = warning;
DROP TABLE "vh Docs", vh_half, vh_truth, vh_key, vh_keys CASCADE;
DROP SCHEMA vh_path CASCADE;
DROP FUNCTION vh_exact, vh_indexes;
DROP ROLE regress_vh;
DROP EXTENSION pg_perfkit_vector;
DROP EXTENSION vector;

-- Our operator classes for hnsw and ivfflat: the same graph and the same lists give the same results
-- with our support functions as with pgvector's, and indexes of their own find the nearest.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
RESET client_min_messages;
CREATE EXTENSION pg_perfkit_vector;

SELECT amname AS method, opcname AS class, opcintype::regtype AS type, amvalidate(c.oid) AS valid,
       (SELECT string_agg(format('%s %s', amprocnum, (SELECT proname FROM pg_proc WHERE oid = amproc)), ', ' ORDER BY amprocnum) FROM pg_amproc WHERE amprocfamily = opcfamily) AS functions
FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod WHERE opcname LIKE 'pk\_%' ORDER BY 3, 1, 2;
-- Each has the operator and as many functions as pgvector's of that name.
SELECT ours.opcname FROM pg_opclass ours
LEFT JOIN pg_opclass theirs ON theirs.opcname = substr(ours.opcname, 4) AND theirs.opcmethod = ours.opcmethod
WHERE ours.opcname LIKE 'pk\_%' AND (theirs.oid IS NULL
   OR (SELECT array_agg(amopopr ORDER BY amopstrategy) FROM pg_amop WHERE amopfamily = ours.opcfamily)
      IS DISTINCT FROM (SELECT array_agg(amopopr ORDER BY amopstrategy) FROM pg_amop WHERE amopfamily = theirs.opcfamily)
   OR (SELECT array_agg(amprocnum ORDER BY 1) FROM pg_amproc WHERE amprocfamily = ours.opcfamily)
      IS DISTINCT FROM (SELECT array_agg(amprocnum ORDER BY 1) FROM pg_amproc WHERE amprocfamily = theirs.opcfamily));

CREATE TABLE vi_items AS
SELECT i AS id, v::vector(24) AS v, v::vector::halfvec(24) AS h
FROM (SELECT i, array_agg((sin(i * 12.9898 + j * 78.233) * 43758.5453)::numeric % 1 ORDER BY j)::real[] AS v
      FROM generate_series(1, 600) i, generate_series(1, 24) j GROUP BY i) r;
ALTER TABLE vi_items ADD PRIMARY KEY (id);
CREATE TABLE vi_operators (metric, operator) AS VALUES ('l2', '<->'), ('ip', '<#>'), ('cosine', '<=>'), ('l1', '<+>');
CREATE TABLE vi_found (method text, classes text, metric text, col text, q int, ids bigint[]);
-- For ten of the rows, what the index of each operator finds, and whether it was asked.
CREATE FUNCTION vi_search(method text, classes text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE o vi_operators; c text; q int; ids bigint[]; query text; line text; used bool;
BEGIN
    PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true);
    FOR o IN SELECT * FROM vi_operators LOOP
        FOR c IN SELECT unnest('{v,h}'::text[]) LOOP
            CONTINUE WHEN method = 'ivfflat' AND o.metric = 'l1';
            FOR q IN SELECT generate_series(1, 600, 60) LOOP
                query := format('SELECT id FROM vi_items ORDER BY %I %s (SELECT %I FROM vi_items WHERE id = %s) LIMIT 10', c, o.operator, c, q);
                used := false;
                FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
                    used := used OR line LIKE format('%%Index Scan using vi_%s_%s_%s%%', method, c, o.metric);
                END LOOP;
                IF NOT used THEN RAISE EXCEPTION 'the index is not used: %', query; END IF;
                EXECUTE format('SELECT array_agg(id) FROM (%s) s', query) INTO ids;
                INSERT INTO vi_found VALUES (method, classes, o.metric, c, q, ids);
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN (SELECT count(*) FROM vi_found f WHERE f.method = vi_search.method AND f.classes = vi_search.classes);
END $$;
CREATE FUNCTION vi_create(method text, prefix text, options text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE o vi_operators; c text;
BEGIN
    FOR o IN SELECT * FROM vi_operators LOOP
        FOR c IN SELECT unnest('{v,h}'::text[]) LOOP
            CONTINUE WHEN method = 'ivfflat' AND o.metric = 'l1';
            EXECUTE format('DROP INDEX IF EXISTS vi_%s_%s_%s', method, c, o.metric);
            EXECUTE format('CREATE INDEX vi_%1$s_%2$s_%3$s ON vi_items USING %1$s (%2$s %4$s%5$s_%3$s_ops) %6$s',
                           method, c, o.metric, prefix, CASE c WHEN 'v' THEN 'vector' ELSE 'halfvec' END, options);
        END LOOP;
    END LOOP;
END $$;
-- What no user should do: gives an index as it is to the other operator class.
CREATE FUNCTION vi_swap() RETURNS bigint LANGUAGE sql AS $$
    WITH swapped AS (
        UPDATE pg_index i SET indclass = ours.oid::text::oidvector
        FROM pg_class c, pg_opclass theirs JOIN pg_opclass ours ON ours.opcname = 'pk_' || theirs.opcname AND ours.opcmethod = theirs.opcmethod
        WHERE c.oid = i.indexrelid AND c.relname LIKE 'vi\_%' AND theirs.oid = i.indclass[0] RETURNING 1)
    SELECT count(*) FROM swapped $$;
CREATE VIEW vi_differs AS
SELECT method, metric, col, count(*) FILTER (WHERE a.ids = b.ids) AS same, count(*) AS of
FROM vi_found a JOIN vi_found b USING (method, metric, col, q) WHERE a.classes = 'theirs' AND b.classes = 'swapped' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- The share of the truly nearest that an index of our own found.
CREATE VIEW vi_recall AS
SELECT method, metric, col, avg((SELECT count(*) FROM unnest(f.ids) id WHERE id = ANY (t.ids))) / 10 AS recall, count(*)
FROM vi_found f JOIN LATERAL (
    SELECT pk_nearest(i.id, i.v, (SELECT v FROM vi_items WHERE id = f.q), 10,
                      CASE f.metric WHEN 'ip' THEN 'inner_product' ELSE f.metric END) AS ids FROM vi_items i) t ON true
WHERE classes = 'ours' GROUP BY 1, 2, 3;

SET client_min_messages = warning;
SELECT vi_create('hnsw', '', '');
SELECT vi_search('hnsw', 'theirs');
SELECT vi_swap();
\c -
SELECT vi_search('hnsw', 'swapped');
SELECT * FROM vi_differs;
DO $$ BEGIN EXECUTE (SELECT string_agg(format('DROP INDEX %I', relname), ';') FROM pg_class WHERE relname LIKE 'vi\_hnsw\_%'); END $$;
SET client_min_messages = warning;
SELECT vi_create('ivfflat', '', 'WITH (lists = 15)');
SELECT vi_search('ivfflat', 'theirs');
SELECT vi_swap();
\c -
SELECT vi_search('ivfflat', 'swapped');
SELECT * FROM vi_differs WHERE method = 'ivfflat';

-- Indexes that we build: all lists are exact, and a graph of our own finds what there is to find.
SET client_min_messages = warning;
SELECT vi_create('ivfflat', 'pk_', 'WITH (lists = 15)');
SET ivfflat.probes = 15;
SELECT vi_search('ivfflat', 'ours');
SELECT method, metric, col, count, recall >= CASE col WHEN 'v' THEN 1 ELSE 0.95 END AS exact FROM vi_recall ORDER BY 1, 2, 3;
DO $$ BEGIN EXECUTE (SELECT string_agg(format('DROP INDEX %I', relname), ';') FROM pg_class WHERE relname LIKE 'vi\_ivfflat\_%'); END $$;
SELECT vi_create('hnsw', 'pk_', '');
SET hnsw.ef_search = 400;
SELECT vi_search('hnsw', 'ours');
SELECT method, metric, col, count, recall >= 0.9 AS high FROM vi_recall WHERE method = 'hnsw' ORDER BY 1, 2, 3;
-- Rows that come and go.
INSERT INTO vi_items SELECT 2000, array_fill(3, ARRAY[24])::vector, array_fill(3, ARRAY[24])::vector::halfvec;
UPDATE vi_items SET v = array_fill(2.9, ARRAY[24])::vector WHERE id = 1;
SET enable_seqscan = off; SET enable_sort = off;
SELECT id FROM vi_items ORDER BY v <-> array_fill(2.9, ARRAY[24])::vector LIMIT 2;
DELETE FROM vi_items WHERE id = 1;
VACUUM vi_items;
SELECT id FROM vi_items ORDER BY v <-> array_fill(2.9, ARRAY[24])::vector LIMIT 1;
-- Bits: whole numbers, so that an index with our functions gives the same distances as pgvector's operator over all rows.
CREATE TABLE vi_bits AS SELECT i AS id, (i::bigint * 2654435761)::bit(96) AS b FROM generate_series(1, 500) i;
CREATE FUNCTION vi_bits_found(operator text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE q bit(96); found float8[]; wanted float8[]; same int := 0; line text; used text;
BEGIN
    FOR q IN SELECT b FROM vi_bits WHERE id % 50 = 0 LOOP
        EXECUTE format('SELECT array_agg(d ORDER BY d) FROM (SELECT (b %s $1) + 0 AS d FROM vi_bits ORDER BY 1 LIMIT 10) s', operator) INTO wanted USING q;
        EXECUTE format('SELECT array_agg(d ORDER BY d) FROM (SELECT b %1$s $1 AS d FROM vi_bits ORDER BY b %1$s $1 LIMIT 10) s', operator) INTO found USING q;
        same := same + (found = wanted)::int;
    END LOOP;
    FOR line IN EXECUTE format('EXPLAIN SELECT id FROM vi_bits ORDER BY b %s %L::bit(96) LIMIT 10', operator, repeat('10', 48)) LOOP
        used := coalesce(used, substring(line FROM 'using (\w+)'));
    END LOOP;
    RETURN format('%s by %s', CASE WHEN same >= 9 THEN 'found' ELSE format('%s of 10', same) END, used);
END $$;
SET ivfflat.probes = 5; SET hnsw.ef_search = 1000;
CREATE INDEX vi_bits_hnsw ON vi_bits USING hnsw (b pk_bit_hamming_ops);
SELECT vi_bits_found('<~>');
DROP INDEX vi_bits_hnsw;
CREATE INDEX vi_bits_jaccard ON vi_bits USING hnsw (b pk_bit_jaccard_ops);
SELECT vi_bits_found('<%>');
DROP INDEX vi_bits_jaccard;
CREATE INDEX vi_bits_ivfflat ON vi_bits USING ivfflat (b pk_bit_hamming_ops) WITH (lists = 5);
SELECT vi_bits_found('<~>');
DROP FUNCTION vi_bits_found;
DROP TABLE vi_bits;

-- The extension does not leave while an index needs it.
\set VERBOSITY terse
DROP EXTENSION pg_perfkit_vector;
\set VERBOSITY default

DROP TABLE vi_items, vi_operators, vi_found CASCADE;
DROP FUNCTION vi_create, vi_swap;
DROP FUNCTION vi_search;
SELECT pk_spherical_distance('[0,1]'::vector, '[1,0]') AS right_angle, pk_spherical_distance('[0,1]'::halfvec, '[0,-1]') AS opposite,
       pk_spherical_distance('[1.1]'::vector, '[1.1]') AS beyond, pk_negative_inner_product('[1,2]'::vector, '[3,4]') AS product,
       pk_negative_inner_product('[1,2]'::halfvec, '[3,4]') AS half_product;
DROP EXTENSION pg_perfkit_vector;
DROP EXTENSION vector;

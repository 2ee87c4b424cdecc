-- pk_vector_recall: recall of hnsw and ivfflat indexes against exact search on the table's own data.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
RESET client_min_messages;
CREATE EXTENSION pg_perfkit_vector;
SET hnsw.ef_search = 40;
SET ivfflat.probes = 1;

CREATE TABLE "vr Items" (dropped int, id int PRIMARY KEY, "the v" vector(8), part int);
ALTER TABLE "vr Items" DROP COLUMN dropped;
INSERT INTO "vr Items"
SELECT i, array_agg((sin(i * 12.9898 + j * 78.233) * 43758.5453)::numeric % 1 ORDER BY j)::real[]::vector, i % 4
FROM generate_series(1, 150) i, generate_series(1, 8) j GROUP BY i;
INSERT INTO "vr Items" SELECT 1000 + id, "the v", part FROM "vr Items" WHERE id <= 10;  -- the same vectors again
INSERT INTO "vr Items" VALUES (0, NULL, 0), (-1, '[0,0,0,0,0,0,0,0]', 1);
CREATE VIEW vr_indexes AS SELECT relname::text AS index, c.oid::regclass AS oid FROM pg_class c WHERE relname LIKE 'vr\_i%' AND relkind = 'i';
ANALYZE "vr Items";

-- ivfflat: with one list of many, as an independent count says; with all of them, everything.
CREATE INDEX vr_ivf ON "vr Items" USING ivfflat ("the v" vector_l2_ops) WITH (lists = 20);
CREATE FUNCTION vr_recall(k int) RETURNS numeric LANGUAGE sql AS $$
SELECT round(avg((SELECT count(*) FROM (SELECT * FROM (SELECT id, "the v" <-> q."the v" AS d FROM "vr Items" ORDER BY "the v" <-> q."the v" LIMIT k + 1) s
                                        WHERE id <> q.id LIMIT k) found
                  WHERE d <= (SELECT max(d) FROM (SELECT ("the v" <-> q."the v") + 0 AS d FROM "vr Items" WHERE id <> q.id ORDER BY 1 LIMIT k) nearest))) / k, 4)
FROM "vr Items" q WHERE "the v" IS NOT NULL $$;
SET enable_seqscan = off;
SET enable_sort = off;
SELECT setting, value, CASE WHEN is_current THEN recall::numeric = vr_recall(5) END AS as_counted, value > 1 OR recall < 1 AS approximate, recall_low < recall AND recall <= recall_high AS interval,
       returned > 0 AS returns, queries, is_current, median_ms > 0 AND p95_ms >= median_ms AS timed
FROM pk_vector_recall('vr_ivf', 5, 1000, settings => '{3,1,3,2}');
RESET enable_seqscan;
RESET enable_sort;
SELECT value, recall, returned, is_smallest FROM pk_vector_recall('vr_ivf', 5, 1000, 1, '{20,32768}');
-- Searched for: the target is reached, by the last but not by the one before; the present value is there.
SET ivfflat.probes = 19;
SELECT bool_and(recall >= 0.99 OR NOT is_smallest) AS reached, bool_and(recall < 0.99 OR value >= (SELECT min(value) FROM pk_vector_recall('vr_ivf', target => 0.99) WHERE is_smallest)) AS smallest,
       count(*) FILTER (WHERE is_smallest) AS marked, max(value) FILTER (WHERE is_current) AS now, count(*) = count(DISTINCT value) AS once
FROM pk_vector_recall('vr_ivf', target => 0.99);
SET ivfflat.probes = 1;
-- The same sample each time.
SELECT count(DISTINCT recall) FROM generate_series(1, 3), LATERAL pk_vector_recall('vr_ivf', 3, 40, settings => '{2}');

-- Every metric and type, plain and by expression, partial, ours: with as many candidates as there are rows, all is found.
DROP INDEX vr_ivf;
CREATE INDEX vr_i_l2 ON "vr Items" USING hnsw ("the v" vector_l2_ops);
CREATE INDEX vr_i_ip ON "vr Items" USING hnsw ("the v" vector_ip_ops);
CREATE INDEX vr_i_cosine ON "vr Items" USING hnsw ("the v" vector_cosine_ops);
CREATE INDEX vr_i_l1 ON "vr Items" USING hnsw ("the v" vector_l1_ops);
CREATE INDEX vr_i_our_l2 ON "vr Items" USING hnsw ("the v" pk_vector_l2_ops);
CREATE INDEX vr_i_our_ip ON "vr Items" USING hnsw ("the v" pk_vector_ip_ops);
CREATE INDEX vr_i_our_cosine ON "vr Items" USING hnsw ("the v" pk_vector_cosine_ops);
CREATE INDEX vr_i_our_l1 ON "vr Items" USING hnsw ("the v" pk_vector_l1_ops);
CREATE INDEX vr_i_half ON "vr Items" USING hnsw (("the v"::halfvec(8)) halfvec_cosine_ops);
CREATE INDEX vr_i_our_half ON "vr Items" USING hnsw (("the v"::halfvec(8)) pk_halfvec_l2_ops);
CREATE INDEX vr_i_hamming ON "vr Items" USING hnsw ((binary_quantize("the v")::bit(8)) bit_hamming_ops);
CREATE INDEX vr_i_jaccard ON "vr Items" USING hnsw ((binary_quantize("the v")::bit(8)) bit_jaccard_ops);
CREATE INDEX vr_i_part ON "vr Items" USING hnsw ("the v" vector_l2_ops) WHERE part = 3;
CREATE INDEX vr_i_ivf ON "vr Items" USING ivfflat ("the v" vector_ip_ops) WITH (lists = 5);
CREATE INDEX vr_i_ivf_half ON "vr Items" USING ivfflat (("the v"::halfvec(8)) pk_halfvec_cosine_ops) WITH (lists = 5);
CREATE INDEX vr_i_ivf_bit ON "vr Items" USING ivfflat ((binary_quantize("the v")::bit(8)) bit_hamming_ops) WITH (lists = 5);
SELECT index, setting, queries, recall >= 0.98 AS finds, returned
FROM vr_indexes, LATERAL pk_vector_recall(oid, 4, 30, settings => '{1000}') ORDER BY index COLLATE "C";
-- A condition of the query's own, which the index knows nothing of, takes from what it returns.
SELECT queries, returned < 1 AS short, recall <= returned AS no_more FROM pk_vector_recall('vr_i_l2', 40, 1000, settings => '{41}', filter => 'part = 1 -- comment');
SELECT queries, recall >= 0.98 AS finds, returned FROM pk_vector_recall('vr_i_l2', 4, 1000, settings => '{1000}', filter => 'part = 1');

-- A graph finds its own rows more easily than what it does not hold: the queries are no rows.  They are the same ones each time.
SELECT setseed(0.5);
CREATE TABLE vr_graph AS SELECT i AS id, array_agg(random() ORDER BY j)::real[]::vector(48) AS v
FROM generate_series(1, 1500) i, generate_series(1, 48) j GROUP BY i;
CREATE INDEX vr_graph_idx ON vr_graph USING hnsw (v vector_l2_ops);
SET hnsw.ef_search = 10;
SET enable_seqscan = off;
SET enable_sort = off;
SELECT avg((SELECT count(*) FROM (SELECT v <-> q.v AS d FROM vr_graph ORDER BY v <-> q.v LIMIT 10) found
            WHERE d <= (SELECT max(d) FROM (SELECT (v <-> q.v) + 0 AS d FROM vr_graph ORDER BY 1 LIMIT 10) nearest))) / 10 AS of_rows
FROM vr_graph q WHERE id % 10 = 0 \gset
RESET enable_seqscan;
RESET enable_sort;
SET hnsw.ef_search = 40;
SELECT min(recall) < :of_rows - 0.04 AS harder, count(DISTINCT recall) FROM generate_series(1, 2), LATERAL pk_vector_recall('vr_graph_idx', settings => '{10}');

-- Nothing is left of it, also after an error in the middle.
SELECT current_setting('hnsw.ef_search'), current_setting('enable_seqscan'), current_setting('jit');
DO $$ BEGIN
    PERFORM pk_vector_recall('vr_i_l2', settings => '{77}', filter => $f$ current_setting('hnsw.ef_search') = '40' OR 1 / (id - id) = 1 $f$);
EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'settings: %, %', current_setting('hnsw.ef_search'), current_setting('enable_seqscan'); END $$;

-- Few rows, or none.
CREATE TABLE vr_few (v vector(2));
CREATE INDEX vr_few_idx ON vr_few USING hnsw (v vector_cosine_ops);
SELECT * FROM pk_vector_recall('vr_few_idx');
INSERT INTO vr_few VALUES ('[1,2]'), (NULL), ('[0,0]');
SELECT * FROM pk_vector_recall('vr_few_idx');
INSERT INTO vr_few VALUES ('[2,1]'), ('[2,2]');
SELECT value, recall, returned, queries FROM pk_vector_recall('vr_few_idx', 10, settings => '{40}');

-- Errors.
SELECT * FROM pk_vector_recall('vr_few');
SELECT * FROM pk_vector_recall('"vr Items_pkey"');
SELECT * FROM pk_vector_recall(4294967295::oid);
SELECT * FROM pk_vector_recall(NULL);
SELECT * FROM pk_vector_recall('vr_few_idx', 0);
SELECT * FROM pk_vector_recall('vr_few_idx', 1000);
SELECT * FROM pk_vector_recall('vr_few_idx', NULL);
SELECT * FROM pk_vector_recall('vr_few_idx', sample => 0);
SELECT * FROM pk_vector_recall('vr_few_idx', target => 'NaN');
SELECT * FROM pk_vector_recall('vr_few_idx', target => 0);
SELECT * FROM pk_vector_recall('vr_few_idx', settings => '{}');
SELECT * FROM pk_vector_recall('vr_few_idx', settings => '{1,NULL}');
SELECT * FROM pk_vector_recall('vr_few_idx', settings => '{1001}');
SELECT * FROM pk_vector_recall('vr_few_idx', filter => 'true); DELETE FROM vr_few; --');
SELECT * FROM pk_vector_recall('vr_few_idx', filter => 'nothing = 1');
CREATE TABLE vr_parted (v vector(2), n int) PARTITION BY LIST (n);
CREATE TABLE vr_parted_1 PARTITION OF vr_parted FOR VALUES IN (1);
CREATE INDEX vr_parted_idx ON vr_parted USING hnsw (v vector_l2_ops);
INSERT INTO vr_parted SELECT ARRAY[i, i * i % 7]::vector, 1 FROM generate_series(1, 20) i;
SELECT * FROM pk_vector_recall('vr_parted_idx');
SELECT value, recall, queries FROM pk_vector_recall('vr_parted_1_v_idx', 3, settings => '{40}');
BEGIN;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'vr_few_idx'::regclass;
SELECT * FROM pk_vector_recall('vr_few_idx');
ROLLBACK;

-- With the caller's rights: who may not read the table, and who may read some of its rows.
CREATE ROLE regress_vr;
SET ROLE regress_vr;
SELECT * FROM pk_vector_recall('vr_few_idx');
RESET ROLE;
GRANT SELECT ON "vr Items" TO regress_vr;
ALTER TABLE "vr Items" ENABLE ROW LEVEL SECURITY;
CREATE POLICY vr_policy ON "vr Items" TO regress_vr USING (id BETWEEN 1 AND 30);
SET ROLE regress_vr;
SELECT queries, recall >= 0.98 AS finds FROM pk_vector_recall('vr_i_l2', 4, 1000, settings => '{1000}');
RESET ROLE;
SELECT provolatile, proparallel, prosecdef FROM pg_proc WHERE proname = 'pk_vector_recall';

DROP VIEW vr_indexes;
DROP FUNCTION vr_recall;
DROP TABLE "vr Items", vr_few, vr_parted, vr_graph;
DROP ROLE regress_vr;
DROP EXTENSION pg_perfkit_vector;
DROP EXTENSION vector;

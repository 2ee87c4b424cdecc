-- pk_nearest gives what ORDER BY distance LIMIT k gives, from one process or several.
\set SHOW_CONTEXT never
CREATE TABLE nearest_items (id bigint PRIMARY KEY, label text, half int, v real[], d double precision[]) WITH (parallel_workers = 2);
-- No two distances are equal up to rounding; the longer labels and a third of the vectors lie out of line.
INSERT INTO nearest_items
SELECT i, repeat(i::text, CASE WHEN i % 50 = 0 THEN 900 ELSE 1 END), i % 2, v, v::float8[]
FROM (SELECT i, array_agg((sin(i * 12.9898 + j * 78.233) * 43758.5453)::numeric % 1 ORDER BY j)::real[] AS v
      FROM generate_series(1, 300) i, generate_series(1, 40) j GROUP BY i) r;
ALTER TABLE nearest_items ALTER v SET STORAGE EXTERNAL;
INSERT INTO nearest_items SELECT 1000 + id, label, half, array_cat(v, array_fill(0::real, ARRAY[960])), NULL FROM nearest_items WHERE id <= 100;
ANALYZE nearest_items;
CREATE VIEW nearest_short AS SELECT * FROM nearest_items WHERE id < 1000;

-- Every metric over both types, against the sort.
CREATE FUNCTION nearest_distance(metric text, a float8[], b float8[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE metric WHEN 'l2' THEN pk_l2_distance(a, b) WHEN 'inner_product' THEN -pk_inner_product(a, b)
                       WHEN 'cosine' THEN pk_cosine_distance(a, b) WHEN 'l1' THEN pk_l1_distance(a, b) END $$;
CREATE FUNCTION nearest_differs() RETURNS TABLE (metric text, q bigint, k int) LANGUAGE sql AS $$
    SELECT m, q.id, k
    FROM unnest('{l2,inner_product,cosine,l1}'::text[]) m, (SELECT * FROM nearest_short WHERE id <= 5) q, unnest('{1,3,17,299,300,301}'::int[]) k,
         LATERAL (SELECT pk_nearest(i.id, i.v, q.v, k, m) AS found, pk_nearest(i.id, i.d, q.d, k, m) AS found_in_double,
                         pk_nearest(i.label, i.d, q.d, k, m) AS labels, pk_nearest(i.id, i.v, q.v, k) AS by_default
                  FROM nearest_short i) n,
         LATERAL (SELECT array_agg(id ORDER BY distance) AS wanted, array_agg(label ORDER BY distance) AS wanted_labels
                  FROM (SELECT i.id, i.label, nearest_distance(m, i.d, q.d) AS distance FROM nearest_short i ORDER BY 3 LIMIT k) s) w
    WHERE (found, found_in_double, labels) IS DISTINCT FROM (wanted, wanted, wanted_labels) OR m = 'l2' AND by_default IS DISTINCT FROM found $$;
SELECT * FROM nearest_differs();
SELECT array_length(pk_nearest(id, v, (SELECT v FROM nearest_items WHERE id = 7), 1000), 1) AS all_of_them FROM nearest_short;

-- The same from parallel workers.
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT pk_nearest(id, v, '{1}', 3) FROM nearest_items;
SELECT pk_nearest(id, v, (SELECT v FROM nearest_items WHERE id = 7), 5) AS by_workers FROM nearest_items WHERE id < 1000;
SELECT pk_nearest(id, v, (SELECT v FROM nearest_items WHERE id = 1007), 5) AS out_of_line FROM nearest_items WHERE id > 1000;
SELECT half, pk_nearest(label, d, (SELECT d FROM nearest_items WHERE id = 8), 2, 'cosine') AS of_each FROM nearest_items GROUP BY half ORDER BY half;
SELECT pk_nearest(id, d, '{1}', 2) IS NULL AS none FROM nearest_items WHERE id > 1000;
SET max_parallel_workers_per_gather = 0;
SELECT pk_nearest(id, v, (SELECT v FROM nearest_items WHERE id = 7), 5) AS alone FROM nearest_items WHERE id < 1000;
SELECT pk_nearest(id, v, (SELECT v FROM nearest_items WHERE id = 1007), 5) AS out_of_line FROM nearest_items WHERE id > 1000;
SELECT half, pk_nearest(label, d, (SELECT d FROM nearest_items WHERE id = 8), 2, 'cosine') AS of_each FROM nearest_items GROUP BY half ORDER BY half;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Another query for each group; other types of id; as a window function; empty vectors.
SELECT q.id, pk_nearest(i.id, i.v, q.v, 3) AS nearest FROM nearest_short i, (SELECT * FROM nearest_short WHERE id IN (3, 4)) q GROUP BY q.id ORDER BY 1;
SELECT pk_nearest(('00000000-0000-0000-0000-' || lpad(id::text, 12, '0'))::uuid, v, '{2.2}'::real[], 2) AS uuid,
       pk_nearest(id::smallint, v, '{2.2}', 2) AS smallint, pk_nearest(id::numeric / 4, v, '{2.2}', 2) AS numeric
FROM (VALUES (1, '{1}'::real[]), (2, '{2}'), (3, '{3}')) t(id, v);
SELECT id, pk_nearest(id, v, '{0}', 2) OVER (ORDER BY id) FROM (VALUES (1, '{5}'::real[]), (2, '{3}'), (3, '{-1}'), (4, '{9}')) t(id, v);
SELECT pk_nearest(id, v, '{}', 2) AS empty FROM (VALUES (1, '{}'::real[])) t(id, v);
-- NULL does not count, NaN is farthest.
SELECT pk_nearest(id, v, '{0}', 9) AS nan_last, pk_nearest(id, v, '{0}', 1) AS not_nan
FROM (VALUES (1, '{NaN}'::real[]), (2, '{-Infinity}'), (3, NULL), (NULL, '{0}'), (5, '{1}')) t(id, v);
SELECT pk_nearest(id, v, NULL::real[], 1) AS no_query, pk_nearest(id, v, '{0}', 1) FILTER (WHERE id > 5) AS no_row FROM (VALUES (1, '{1}'::real[])) t(id, v);

-- Errors.
SELECT pk_nearest(id, v, '{1,2}', 1) FROM nearest_short;
SELECT pk_nearest(1, '{{1}}'::real[], '{1}', 1);
SELECT pk_nearest(1, '{1}'::real[], '{NULL}', 1);
SELECT pk_nearest(1, '{1}'::real[], '{1}', 0);
SELECT pk_nearest(1, '{1}'::real[], '{1}', 1000001);
SELECT pk_nearest(1, '{1}'::real[], '{1}', NULL);
SELECT pk_nearest(1, '{1}'::real[], '{1}', 1, 'L2');
SELECT pk_nearest(1, '{1}'::real[], '{1}', 1, NULL);
SELECT pk_nearest(k, '{1}'::real[], '{1}', k) FROM generate_series(1, 2) k;
SELECT pk_nearest(n, '{1}'::real[], '{1}', 1, (ARRAY['l1', 'l2'])[n]) FROM generate_series(1, 2) n;

DROP FUNCTION nearest_differs, nearest_distance;
DROP VIEW nearest_short;
DROP TABLE nearest_items;

-- pg_perfkit_vector: our distances over pgvector's types are pgvector's own, up to rounding.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector;
RESET client_min_messages;
CREATE EXTENSION pg_perfkit_vector;
\getenv testdir PG_ABS_SRCDIR
\set conventions :testdir '/conventions.sql'
\set ECHO none
\i :conventions
\set ECHO all
SET extra_float_digits = 0;

SELECT pk_l2_distance('[1,2,3]'::vector, '[4,6,3]') AS l2, pk_l2_squared_distance('[1,2,3]'::vector, '[4,6,3]') AS l2_squared,
       pk_inner_product('[1,2,3]'::vector, '[4,6,3]') AS inner_product, pk_l1_distance('[1,2,3]'::vector, '[4,6,3]') AS l1,
       pk_cosine_distance('[3,4]'::vector, '[4,3]') AS cosine, pk_norm('[3,4]'::vector) AS norm;
SELECT pk_l2_distance('[1,2,3]'::halfvec, '[4,6,3]') AS l2, pk_l2_squared_distance('[1,2,3]'::halfvec, '[4,6,3]') AS l2_squared,
       pk_inner_product('[1,2,3]'::halfvec, '[4,6,3]') AS inner_product, pk_l1_distance('[1,2,3]'::halfvec, '[4,6,3]') AS l1,
       pk_cosine_distance('[3,4]'::halfvec, '[4,3]') AS cosine, pk_norm('[3,4]'::halfvec) AS norm;
-- A zero vector has no direction; a vector and an array are compared as arrays.
SELECT pk_cosine_distance('[0,0]'::vector, '[1,2]') AS zero, pk_cosine_distance('[0,0]'::halfvec, '[1,2]') AS half_zero,
       pk_l2_distance('[1,2]'::vector, '{1,4}'::real[]) AS mixed;
-- Where pgvector overflows or underflows.
SELECT pk_l2_distance('[3e38]'::vector, '[-3e38]') > 5e38 AS large, pk_norm('[3e-40,4e-40]'::vector) BETWEEN 4.9e-40 AND 5.1e-40 AS small,
       pk_norm('[65504,65504,65504,65504]'::halfvec) AS large_half;

SELECT pk_l2_distance('[1,2,3]'::vector, '[1,2]');
SELECT pk_cosine_distance('[1,2]'::halfvec, '[1,2,3]');

-- Every way in which they are stored: the short header, plain, and out of line.
CREATE TABLE vector_stored (v vector, w vector, h halfvec, k halfvec);
INSERT INTO vector_stored
SELECT v::vector, w::vector, v::vector::halfvec, w::vector::halfvec
FROM (SELECT n, array_agg(sin(i * n)::real ORDER BY i) AS v, array_agg(cos(i + n)::real ORDER BY i) AS w
      FROM (SELECT generate_series(1, 140) UNION ALL SELECT unnest('{256,384,512,768,1024,1536,2000,4001,16000}'::int[])) d(n),
           LATERAL generate_series(1, n) i GROUP BY n) vectors;
SELECT count(*), bool_or(pg_column_size(v) < 127) AS short, bool_or(pg_column_size(v) > 2000) AS out_of_line FROM vector_stored;
-- Relative to the magnitudes that are summed; halfvec's own functions sum in single precision, too.
CREATE FUNCTION vector_near(a float8, b float8, magnitude float8 DEFAULT NULL) RETURNS bool LANGUAGE sql AS
    $$ SELECT abs(a - b) <= 1e-5 * coalesce(magnitude, abs(b)) $$;
CREATE VIEW vector_differs AS
SELECT vector_dims(v) AS dimensions FROM vector_stored
WHERE NOT (vector_near(pk_l2_distance(v, w), l2_distance(v, w))
      AND vector_near(pk_l2_squared_distance(v, w), l2_distance(v, w) ^ 2)
      AND vector_near(pk_inner_product(v, w), inner_product(v, w), vector_norm(v) * vector_norm(w))
      AND vector_near(pk_cosine_distance(v, w), cosine_distance(v, w), 1)
      AND vector_near(pk_l1_distance(v, w), l1_distance(v, w))
      AND vector_near(pk_norm(v), vector_norm(v))
      AND vector_near(pk_l2_distance(h, k), l2_distance(h, k))
      AND vector_near(pk_l2_squared_distance(h, k), l2_distance(h, k) ^ 2)
      AND vector_near(pk_inner_product(h, k), inner_product(h, k), l2_norm(h) * l2_norm(k))
      AND vector_near(pk_cosine_distance(h, k), cosine_distance(h, k), 1)
      AND vector_near(pk_l1_distance(h, k), l1_distance(h, k))
      AND vector_near(pk_norm(h), l2_norm(h))
      AND pk_l2_distance(v, w) = pk_l2_distance(v::real[], w::real[])
      AND pk_cosine_distance(v, v) = 0 AND pk_cosine_distance(h, h) = 0);
-- The k nearest, against pgvector's operators and a sort: no two rows are equally far, by any metric.
CREATE TABLE vector_rows AS
SELECT n, v::vector, v::vector::halfvec AS h, (first_value(v) OVER (PARTITION BY dims ORDER BY n))::vector AS q
FROM (SELECT n, dims, array_agg(sin(i * 0.7) + n * cos(i * n)::real / 3 ORDER BY i)::real[] AS v
      FROM generate_series(1, 9) n, unnest('{100,16000}'::int[]) dims, generate_series(1, dims) i GROUP BY n, dims) r;
CREATE VIEW vector_nearest AS
SELECT dims, metric, k, found, found = wanted AND found_half = wanted_half AS same
FROM unnest('{100,16000}'::int[]) dims, unnest('{1,2,7}'::int[]) k, unnest('{l2,inner_product,cosine,l1}'::text[]) metric,
     LATERAL (SELECT pk_nearest(n, v, q, k, metric) AS found, pk_nearest(n, h, q::halfvec, k, metric) AS found_half
              FROM vector_rows WHERE vector_dims(v) = dims) f,
     LATERAL (SELECT (array_agg(n ORDER BY d))[:k] AS wanted, (array_agg(n ORDER BY e))[:k] AS wanted_half
              FROM (SELECT n, CASE metric WHEN 'l2' THEN v <-> q WHEN 'inner_product' THEN v <#> q WHEN 'cosine' THEN v <=> q ELSE l1_distance(v, q) END AS d,
                           CASE metric WHEN 'l2' THEN h <-> q::halfvec WHEN 'inner_product' THEN h <#> q::halfvec WHEN 'cosine' THEN h <=> q::halfvec
                                       ELSE l1_distance(h, q::halfvec) END AS e
                    FROM vector_rows WHERE vector_dims(v) = dims) r) w;
SELECT metric, k, found FROM vector_nearest WHERE dims = 100 ORDER BY metric, k;
SELECT * FROM vector_nearest WHERE NOT same;
SELECT pk_nearest(n, v, '[1,2]'::vector, 3) FROM vector_rows;
SELECT pk_nearest(n, h, q::halfvec, 3) FROM vector_rows WHERE vector_dims(v) = 100;
DROP VIEW vector_nearest;
DROP TABLE vector_rows;

DO $$
DECLARE
    instruction_set text;
    wrong int;
BEGIN
    FOR instruction_set IN SELECT name FROM pk_simd() WHERE kind = 'set' AND value = 'available' LOOP
        PERFORM set_config('pg_perfkit.simd', instruction_set, true);
        SELECT min(dimensions) INTO wrong FROM vector_differs;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'differs in %, first at % dimensions', instruction_set, wrong;
        END IF;
    END LOOP;
END $$;
SELECT * FROM vector_differs;

SELECT DISTINCT provolatile, proisstrict, proparallel, procost > 1 AS has_cost FROM pg_proc
WHERE proname IN ('pk_l2_distance', 'pk_l2_squared_distance', 'pk_inner_product', 'pk_cosine_distance', 'pk_l1_distance', 'pk_norm');
DROP VIEW vector_differs;
DROP FUNCTION vector_near;
DROP TABLE vector_stored;
DROP EXTENSION pg_perfkit_vector;
DROP EXTENSION vector;

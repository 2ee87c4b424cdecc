-- Distances between arrays: the same results from every instruction set, defined results for all
-- input, and clear errors.  All figures here are exact or rounded, so that the output is the same
-- whatever pg_perfkit.simd says.
\set SHOW_CONTEXT never
SET extra_float_digits = 0;

-- Known values, of either type.
SELECT pk_l2_distance('{1,2,3}'::real[], '{4,6,3}') AS l2,
       pk_l2_squared_distance('{1,2,3}'::real[], '{4,6,3}') AS l2_squared,
       pk_inner_product('{1,2,3}'::real[], '{4,6,3}') AS inner_product,
       pk_l1_distance('{1,2,3}'::real[], '{4,6,3}') AS l1,
       pk_cosine_distance('{3,4}'::real[], '{4,3}') AS cosine,
       pk_norm('{3,4}'::real[]) AS norm;
SELECT pk_l2_distance('{1,2,3}'::float8[], '{4,6,3}') AS l2,
       pk_l2_squared_distance('{1,2,3}'::float8[], '{4,6,3}') AS l2_squared,
       pk_inner_product('{1,2,3}'::float8[], '{4,6,3}') AS inner_product,
       pk_l1_distance('{1,2,3}'::float8[], '{4,6,3}') AS l1,
       pk_cosine_distance('{3,4}'::float8[], '{4,3}') AS cosine,
       pk_norm('{3,4}'::float8[]) AS norm;
SELECT pk_cosine_distance('{1,2}'::real[], '{2,4}') AS same_direction,
       pk_cosine_distance('{1,0}'::real[], '{0,1}') AS right_angle,
       pk_cosine_distance('{1,2}'::real[], '{-1,-2}') AS opposite;
-- A real[] and a double precision[] are compared as double precision.
SELECT pk_l2_distance('{0.1}'::real[], '{0.1}'::float8[]) BETWEEN 1e-9 AND 2e-9 AS mixed;
-- The cosine distance is one minus cos() of the angle.
SELECT max(abs(pk_cosine_distance(ARRAY[1, 0]::float8[], ARRAY[cosd(a), sind(a)]) - (1 - cosd(a)))) < 1e-15 AS angles
FROM generate_series(0, 360, 5) a;

-- NULL arguments, empty and zero vectors.
SELECT pk_l2_distance(NULL::real[], '{1}') IS NULL AS null_argument,
       pk_l2_distance('{}'::real[], '{}') AS l2, pk_inner_product('{}'::real[], '{}') AS inner_product,
       pk_l1_distance('{}'::real[], '{}') AS l1, pk_norm('{}'::real[]) AS norm, pk_cosine_distance('{}'::real[], '{}') AS cosine;
SELECT pk_cosine_distance('{0,0}'::real[], '{1,2}') AS zero_real, pk_cosine_distance('{1,2}'::float8[], '{0,0}') AS zero_float8;
-- Lower bounds do not matter.
SELECT pk_l2_distance('[0:2]={1,2,3}'::real[], '[-5:-3]={4,6,3}'::real[]) AS bounds,
       pk_l2_distance((ARRAY[9, 1, 2, 3]::real[])[2:4], '{4,6,3}') AS slice;
-- NaN and infinity.
SELECT f.name, pk_l2_distance(a, b) AS l2, pk_inner_product(a, b) AS inner_product, pk_l1_distance(a, b) AS l1,
       pk_cosine_distance(a, b) AS cosine, pk_norm(a) AS norm
FROM (VALUES ('nan', '{1,NaN}'::real[], '{1,1}'::real[]), ('inf', '{1,Infinity}', '{1,1}'), ('-inf', '{1,-Infinity}', '{1,1}'),
             ('inf * 0', '{1,Infinity}', '{1,0}'), ('inf - inf', '{1,Infinity}', '{1,Infinity}')) f(name, a, b);
-- Neither overflow nor underflow on the way, up to the ends of the type; beyond double precision there is only infinity.
SELECT pk_l2_distance('{3e38}'::real[], '{-3e38}') AS l2, pk_norm('{1e38,1e38,1e38,1e38}'::real[]) AS norm,
       pk_inner_product('{1e30,1e30}'::real[], '{1e30,-1e30}') AS cancelled, pk_norm('{3e-45,4e-45}'::real[]) > 0 AS subnormal,
       round(pk_cosine_distance('{3e-40,4e-40}'::real[], '{4e30,3e30}')::numeric, 4) AS cosine;
SELECT pk_l2_distance('{3e307}'::float8[], '{-3e307}') AS l2, pk_norm('{3e307,4e307}'::float8[]) AS norm, pk_norm('{3e-320,4e-320}'::float8[]) AS subnormal,
       pk_inner_product('{1e200,1e200}'::float8[], '{1e200,-1e200}') AS cancelled, pk_inner_product('{1e200}'::float8[], '{1e200}') AS overflow,
       pk_l2_squared_distance('{1e200}'::float8[], '{0}') AS squared, round(pk_cosine_distance('{3e-200,4e-200}'::float8[], '{4e300,3e300}')::numeric, 10) AS cosine;

-- Errors.
SELECT pk_l2_distance('{1,2,3}'::real[], '{1,2}');
SELECT pk_cosine_distance('{1,2,3}'::float8[], '{}');
SELECT pk_inner_product('{1,2}'::real[], '[5:7]={1,NULL,3}');
SELECT pk_l1_distance('{{1,2},{3,4}}'::real[], '{1,2,3,4}');
SELECT pk_norm('{{1,2},{3,4}}'::float8[]);
\set VERBOSITY sqlstate
SELECT pk_l2_distance('{1,2,3}'::real[], '{1,2}');
SELECT pk_norm('{NULL}'::real[]);
SELECT pk_norm('{{1}}'::real[]);
\set VERBOSITY default
-- An array that could hold NULLs but does not.
SELECT pk_norm(array_replace('{3,NULL,4}'::real[], NULL, 0)) AS replaced;

-- Every way in which PostgreSQL keeps an array: the short header, plain, compressed, out of line, and
-- PL/pgSQL's expanded form.
CREATE TABLE distance_stored (dimensions int, kind text, v real[]);
INSERT INTO distance_stored
SELECT n, CASE WHEN n < 26 THEN 'short' WHEN n < 500 THEN 'plain' ELSE 'out of line' END,
       (SELECT array_agg((hashint4(i * 10000 + n) % 1000)::real ORDER BY i) FROM generate_series(1, n) i)
FROM unnest('{1,2,3,7,8,15,16,17,24,25,26,27,100,128,400,768,1000,1536,4100}'::int[]) n;
INSERT INTO distance_stored SELECT n, 'compressed', array_fill(n::real, ARRAY[n]) FROM unnest('{600,3000}'::int[]) n;
SELECT kind, count(*), bool_and(pg_column_size(v) < 128) AS below_128, bool_or(pg_column_compression(v) IS NOT NULL) AS compressed
FROM distance_stored GROUP BY kind ORDER BY kind;
CREATE FUNCTION distance_expanded(INOUT v real[]) LANGUAGE plpgsql AS $$ BEGIN v[1] := v[1]; END $$;
-- Whole numbers below 1000: every sum is exact in either type and in every instruction set.
CREATE VIEW distance_wrong AS
SELECT dimensions, kind
FROM distance_stored s
CROSS JOIN LATERAL (SELECT array_agg(x + i % 7 - 3 ORDER BY i) AS w, sum((i % 7 - 3)^2) AS l2_squared, sum(abs(i % 7 - 3)) AS l1,
                           sum(x::float8 * (x + i % 7 - 3)) AS inner_product, sum(x::float8 * x) AS norm_squared
                    FROM unnest(v) WITH ORDINALITY u(x, i)) e
WHERE (pk_l2_squared_distance(v, w::real[]), pk_l1_distance(v, w::real[])) IS DISTINCT FROM (e.l2_squared, e.l1)
   OR pk_l2_distance(v, w::real[]) <> sqrt(e.l2_squared)
   OR abs(pk_inner_product(v, w::real[]) - e.inner_product) > 1e-6 * e.norm_squared
   OR abs(pk_norm(v) / sqrt(e.norm_squared) - 1) > 1e-6
   OR abs(pk_cosine_distance(v, v)) > 0
   OR pk_l2_squared_distance(distance_expanded(v), w::real[]) <> e.l2_squared
   OR pk_l2_squared_distance(v::float8[], w::float8[]) <> e.l2_squared
   OR pk_l1_distance(v::float8[], w::float8[]) <> e.l1
   OR pk_inner_product(v::float8[], w::float8[]) <> e.inner_product
   OR pk_norm(v::float8[]) <> sqrt(e.norm_squared);
SELECT * FROM distance_wrong;

-- The same in every instruction set that this processor has, and random vectors agree up to rounding.
CREATE FUNCTION distance_sums(OUT sums float8[]) LANGUAGE sql AS $$
    SELECT ARRAY[sum(pk_l2_distance(v, w)), sum(pk_inner_product(v, w)), sum(pk_cosine_distance(v, w)), sum(pk_l1_distance(v, w)), sum(pk_norm(v)),
                 sum(pk_l2_distance(v::float8[], w)), sum(pk_inner_product(v::float8[], w)), sum(pk_cosine_distance(v::float8[], w)),
                 sum(pk_l1_distance(v::float8[], w)), sum(pk_norm(v::float8[]))]
    FROM generate_series(1, 200) n,
         LATERAL (SELECT array_agg(abs(sin(i * n))::real) AS v, array_agg(abs(cos(i + n))::real) AS w FROM generate_series(1, n) i) vectors $$;
DO $$
DECLARE
    instruction_set text;
    reference float8[];
    found float8[];
BEGIN
    SET LOCAL pg_perfkit.simd = scalar;
    reference := distance_sums();
    FOR instruction_set IN SELECT name FROM pk_simd() WHERE kind = 'set' AND value = 'available' LOOP
        PERFORM set_config('pg_perfkit.simd', instruction_set, true);
        IF (SELECT value FROM pk_simd() WHERE kind = 'choice') <> instruction_set THEN
            RAISE EXCEPTION 'not using %', instruction_set;
        END IF;
        IF EXISTS (SELECT FROM distance_wrong) THEN
            RAISE EXCEPTION 'wrong in %', instruction_set;
        END IF;
        found := distance_sums();
        FOR i IN 1 .. cardinality(reference) LOOP
            IF abs(found[i] / reference[i] - 1) > 1e-6 OR (i > 5 AND abs(found[i] / reference[i] - 1) > 1e-14) THEN
                RAISE EXCEPTION 'sum %: % in %, % in scalar', i, found[i], instruction_set, reference[i];
            END IF;
        END LOOP;
    END LOOP;
    -- Those that it lacks are refused.
    FOR instruction_set IN SELECT name FROM pk_simd() WHERE kind = 'set' AND value <> 'available' LOOP
        BEGIN
            PERFORM set_config('pg_perfkit.simd', instruction_set, true);
            RAISE EXCEPTION 'took %', instruction_set;
        EXCEPTION WHEN invalid_parameter_value THEN NULL;
        END;
    END LOOP;
END $$;

-- The setting.
SET pg_perfkit.simd = sse9;
SET pg_perfkit.simd = scalar;
SELECT kind, name, value FROM pk_simd() WHERE kind IN ('setting', 'choice') OR (kind = 'set' AND name = 'scalar');
SELECT DISTINCT kind, value FROM pk_simd() WHERE kind = 'kernel';
-- Before the library is loaded (where it is not preloaded).
\connect -
SET pg_perfkit.simd = scalar;
SELECT pk_norm('{3,4}'::real[]);
SELECT value FROM pk_simd() WHERE kind = 'choice';
RESET pg_perfkit.simd;

-- The planner may compute them ahead of time and in parallel.
SELECT DISTINCT provolatile, proisstrict, proparallel, procost > 1 AS has_cost FROM pg_proc
WHERE proname IN ('pk_l2_distance', 'pk_l2_squared_distance', 'pk_inner_product', 'pk_cosine_distance', 'pk_l1_distance', 'pk_norm');
DROP VIEW distance_wrong;
DROP TABLE distance_stored;
DROP FUNCTION distance_expanded, distance_sums;

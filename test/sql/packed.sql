-- Vectors packed into bytea: what comes back, their distances from every instruction set, defined results for all input,
-- and clear errors.
\set SHOW_CONTEXT never
SET extra_float_digits = 0;

-- The bytes, little-endian, and what they stand for.
SELECT format, pk_pack('{1,-2,0.5,100}', format) AS packed, pk_unpack(pk_pack('{1,-2,0.5,100}', format), format) AS unpacked
FROM unnest('{f16,bf16,int8,int8_scaled}'::text[]) format;
SELECT format, pk_pack('{}', format) AS packed, pk_unpack(pk_pack('{}', format), format) AS unpacked FROM unnest('{f16,bf16,int8,int8_scaled}'::text[]) format;
-- To the nearest, of two equally near to the even one.
SELECT pk_unpack(pk_pack('{2049,2051,0.1,65519,6e-8,2e-8}', 'f16'), 'f16') AS f16, pk_unpack(pk_pack('{257,259,0.1,1e-40}', 'bf16'), 'bf16') AS bf16,
       pk_unpack(pk_pack('{0.5,1.5,-2.5,127.4,-128.4}', 'int8'), 'int8') AS int8;
SELECT round(u::numeric, 3) AS unpacked FROM unnest(pk_unpack(pk_pack('{0.1,-0.25,1,0.001,0}', 'int8_scaled'), 'int8_scaled')) u;
SELECT pk_unpack(pk_pack('{NaN,Infinity,-Infinity,-0}', format), format) AS kept FROM unnest('{f16,bf16}'::text[]) format;
SELECT pk_pack(NULL, 'f16') IS NULL AND pk_pack('{1}', NULL) IS NULL AND pk_unpack(NULL, 'f16') IS NULL AND pk_l2_distance('\x', NULL::bytea, 'f16') IS NULL AS null;

-- Known distances, in every format.
SELECT format, pk_l2_distance(a, b, format) AS l2, pk_l2_squared_distance(a, b, format) AS l2_squared, pk_inner_product(a, b, format) AS inner_product,
       pk_l1_distance(a, b, format) AS l1, round(pk_cosine_distance(a, b, format)::numeric, 6) AS cosine, pk_norm(c, format) AS norm
FROM unnest('{f16,bf16,int8}'::text[]) format, LATERAL (SELECT pk_pack('{1,2,3}', format) AS a, pk_pack('{4,6,3}', format) AS b, pk_pack('{3,4}', format) AS c) v;
-- Scales: 2, 2 and 0.5 times whole numbers, as bytes.
SELECT pk_unpack(a, f) AS a, pk_unpack(b, f) AS b, pk_unpack(c, f) AS c, pk_l2_distance(a, b, f) AS same_scale, pk_l2_distance(a, c, f) AS l2, pk_l2_squared_distance(a, c, f) AS l2_squared,
       pk_inner_product(a, c, f) AS inner_product, pk_l1_distance(a, c, f) AS l1, pk_cosine_distance(a, c, f) AS cosine, pk_norm(a, f) AS norm
FROM (VALUES ('\x000000400304'::bytea, '\x000000400605'::bytea, '\x0000003ffafe'::bytea, 'int8_scaled')) v(a, b, c, f);

-- Empty, zero, NaN, infinite.
SELECT format, pk_l2_distance(e, e, format) AS l2, pk_inner_product(e, e, format) AS inner_product, pk_cosine_distance(e, e, format) AS cosine, pk_norm(e, format) AS norm,
       pk_cosine_distance(z, o, format) AS zero, pk_l2_distance(z, z, format) AS to_zero, pk_cosine_distance(o, o, format) AS itself
FROM unnest('{f16,bf16,int8,int8_scaled}'::text[]) format,
     LATERAL (SELECT pk_pack('{}', format) AS e, pk_pack('{0,0}', format) AS z, pk_pack('{3,-4}', format) AS o) v;
SELECT format, name, pk_l2_distance(a, b, format) AS l2, pk_inner_product(a, b, format) AS inner_product, pk_l1_distance(a, b, format) AS l1,
       pk_cosine_distance(a, b, format) AS cosine, pk_norm(a, format) AS norm
FROM (VALUES (1, 'nan', '{1,NaN}'::real[], '{1,1}'::real[]), (2, 'inf', '{1,Infinity}', '{1,1}'), (3, 'inf * 0', '{1,Infinity}', '{1,0}'), (4, 'inf - inf', '{1,Infinity}', '{1,Infinity}')) f(n, name, v, w),
     unnest('{f16,bf16}'::text[]) format, LATERAL (SELECT pk_pack(v, format) AS a, pk_pack(w, format) AS b) p ORDER BY n, format;
-- Neither overflow nor underflow on the way.
SELECT round(pk_norm(pk_pack('{65504,65504}', 'f16'), 'f16')::numeric) AS f16, pk_norm(pk_pack('{6e-8,6e-8}', 'f16'), 'f16') > 8e-8 AS subnormal_f16,
       round((pk_norm(pk_pack('{3e38,3e38}', 'bf16'), 'bf16') / 1e38)::numeric, 2) AS bf16, pk_norm(pk_pack('{1e-40}', 'bf16'), 'bf16') > 0 AS subnormal_bf16,
       round((pk_norm(pk_pack('{3e38,-3e38}', 'int8_scaled'), 'int8_scaled') / 1e38)::numeric, 2) AS scaled, pk_norm(pk_pack('{1e-44}', 'int8_scaled'), 'int8_scaled') > 0 AS subnormal_scaled;

-- Errors.
SELECT pk_pack('{1,2}', 'float16');
SELECT pk_pack('{1,2,70000}', 'f16');
SELECT pk_pack('{3.4e38}', 'bf16');
SELECT pk_pack('{1,200}', 'int8');
SELECT pk_pack('{1,NaN}', 'int8');
SELECT pk_pack('{1,Infinity}', 'int8_scaled');
SELECT pk_pack('{1,NULL}', 'f16');
SELECT pk_pack('{{1},{2}}', 'f16');
SELECT pk_unpack('\x010203', 'bf16');
SELECT pk_unpack('\x010203', 'int8_scaled');
SELECT pk_l2_distance('\x0000', '\x000000', 'f16');
SELECT pk_l2_distance('\x0000', '\x00000000', 'f16');
SELECT pk_cosine_distance('\x0000', '\x0000', '');
SELECT pk_inner_product('\x000080bf01', '\x0000803f01', 'int8_scaled');
SELECT pk_norm('\x0000c07f01', 'int8_scaled');
\set VERBOSITY sqlstate
SELECT pk_norm('\x01', 'f16');
SELECT pk_norm('\x01', 'f17');
SELECT pk_pack('{1e6}', 'f16');
\set VERBOSITY default
-- Lower bounds do not matter.
SELECT pk_pack('[5:7]={1,2,3}'::real[], 'int8');

-- Every way in which PostgreSQL keeps bytea: the short header, plain, compressed, out of line.
CREATE TABLE packed_stored (n int, v real[], f16 bytea, bf16 bytea, int8 bytea, scaled bytea);
ALTER TABLE packed_stored ALTER f16 SET STORAGE EXTERNAL;
-- Whole numbers from -120 to 120 are the same in every format; the scale is 1 where the largest is 127.
INSERT INTO packed_stored
SELECT n, v, pk_pack(v, 'f16'), pk_pack(v, 'bf16'), pk_pack(v, 'int8'), pk_pack(v, 'int8_scaled')
FROM unnest('{1,2,3,7,8,15,16,17,31,32,33,61,62,63,64,100,128,400,768,1000,1536,4100}'::int[]) n,
     LATERAL (SELECT array_agg((CASE WHEN i = n THEN 127 ELSE hashint4(i * 10000 + n) % 121 END)::real ORDER BY i) AS v FROM generate_series(1, n) i) r;
INSERT INTO packed_stored SELECT n, v, pk_pack(v, 'f16'), pk_pack(v, 'bf16'), pk_pack(v, 'int8'), pk_pack(v, 'int8_scaled')
FROM (SELECT 6000 AS n, array_fill(127::real, ARRAY[6000]) AS v) r;
SELECT count(*), count(*) FILTER (WHERE pk_unpack(f16, 'f16') = v AND pk_unpack(bf16, 'bf16') = v AND pk_unpack(int8, 'int8') = v AND pk_unpack(scaled, 'int8_scaled') = v) AS same,
       bool_or(pg_column_compression(int8) IS NOT NULL) AS compressed, max(pg_column_size(f16)) > 8000 AS out_of_line FROM packed_stored;
-- Sums of whole numbers are exact in bytes, and in the others up to rounding of single precision.
CREATE VIEW packed_wrong AS
SELECT n, format FROM packed_stored,
     LATERAL (SELECT array_agg(x ORDER BY i DESC) AS w FROM unnest(v) WITH ORDINALITY u(x, i)) r,
     LATERAL (VALUES ('f16', f16, 1e-6), ('bf16', bf16, 1e-6), ('int8', int8, 0), ('int8_scaled', scaled, 0)) p(format, packed, error),
     LATERAL (SELECT pk_pack(w, format) AS other, v::float8[] AS a, w::float8[] AS b) o
WHERE abs(pk_l2_squared_distance(packed, other, format) - pk_l2_squared_distance(a, b)) > error * pk_l2_squared_distance(a, b)
   OR abs(pk_l2_distance(packed, other, format) - pk_l2_distance(a, b)) > error * pk_l2_distance(a, b)
   OR abs(pk_l1_distance(packed, other, format) - pk_l1_distance(a, b)) > error * pk_l1_distance(a, b)
   OR abs(pk_inner_product(packed, other, format) - pk_inner_product(a, b)) > error * pk_norm(a) ^ 2
   OR abs(pk_norm(packed, format) - pk_norm(a)) > error * pk_norm(a)
   OR abs(pk_cosine_distance(packed, other, format) - pk_cosine_distance(a, b)) > 1e-6
   OR pk_cosine_distance(packed, packed, format) <> 0;
SELECT * FROM packed_wrong;

-- The same in every instruction set; of bytes to the last bit.
CREATE FUNCTION packed_sums(formats text[], OUT sums float8[]) LANGUAGE sql AS $$
    SELECT array_agg(s ORDER BY f, m) FROM unnest(formats) f, LATERAL (
        SELECT ARRAY[sum(pk_l2_distance(a, b, f)), sum(pk_l2_squared_distance(a, b, f)), sum(pk_inner_product(a, b, f)), sum(pk_l1_distance(a, b, f)), sum(pk_cosine_distance(a, b, f)), sum(pk_norm(a, f))] AS all_sums
        FROM generate_series(1, 150) n, LATERAL (SELECT pk_pack(array_agg((100 * abs(sin(i * n)))::real), f) AS a, pk_pack(array_agg((90 * abs(cos(i + n)))::real), f) AS b FROM generate_series(1, n) i) v) t,
        unnest(all_sums) WITH ORDINALITY u(s, m) $$;
DO $$
DECLARE
    instruction_set text;
    floats float8[]; whole float8[]; found float8[];
BEGIN
    SET LOCAL pg_perfkit.simd = scalar;
    floats := packed_sums('{f16,bf16}');
    whole := packed_sums('{int8,int8_scaled}');
    FOR instruction_set IN SELECT name FROM pk_simd() WHERE kind = 'set' AND value = 'available' LOOP
        PERFORM set_config('pg_perfkit.simd', instruction_set, true);
        IF packed_sums('{int8,int8_scaled}') <> whole OR EXISTS (SELECT FROM packed_wrong) THEN
            RAISE EXCEPTION 'differs in %', instruction_set;
        END IF;
        found := packed_sums('{f16,bf16}');
        FOR i IN 1 .. cardinality(floats) LOOP
            IF abs(found[i] / floats[i] - 1) > 1e-6 THEN
                RAISE EXCEPTION 'sum %: % in %, % in scalar', i, found[i], instruction_set, floats[i];
            END IF;
        END LOOP;
    END LOOP;
END $$;

-- The nearest rows.
CREATE TABLE packed_items AS SELECT i AS id, format, v, pk_pack(v, format) AS packed
FROM unnest('{f16,bf16,int8,int8_scaled}'::text[]) format, generate_series(1, 200) i,
     LATERAL (SELECT array_agg((sin(i * 12.9898 + j * 78.233) * 43758.5453)::numeric % 1 * 100 ORDER BY j)::real[] AS v FROM generate_series(1, 40) j) r;
ALTER TABLE packed_items SET (parallel_workers = 2);
CREATE FUNCTION packed_distance(metric text, a bytea, b bytea, format text) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE metric WHEN 'l2' THEN pk_l2_distance(a, b, format) WHEN 'inner_product' THEN -pk_inner_product(a, b, format)
                       WHEN 'cosine' THEN pk_cosine_distance(a, b, format) WHEN 'l1' THEN pk_l1_distance(a, b, format) END $$;
CREATE FUNCTION packed_differs() RETURNS TABLE (metric text, format text, query int) LANGUAGE sql AS $$
    SELECT m, q.format, q.id FROM unnest('{l2,inner_product,cosine,l1}'::text[]) m, (SELECT * FROM packed_items WHERE id IN (3, 77)) q,
         LATERAL (SELECT pk_nearest(i.id, i.packed, q.packed, 12, m, q.format) AS found FROM packed_items i WHERE i.format = q.format) n,
         LATERAL (SELECT array_agg(d ORDER BY d) AS wanted FROM (SELECT packed_distance(m, i.packed, q.packed, q.format) AS d FROM packed_items i WHERE i.format = q.format ORDER BY d LIMIT 12) s) w,
         LATERAL (SELECT array_agg(packed_distance(m, i.packed, q.packed, q.format) ORDER BY place) AS distances
                  FROM unnest(found) WITH ORDINALITY f(id, place) JOIN packed_items i ON i.id = f.id AND i.format = q.format) f
    WHERE distances IS DISTINCT FROM wanted $$;
SELECT * FROM packed_differs();
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT pk_nearest(id, packed, (SELECT packed FROM packed_items WHERE id = 7 AND format = 'int8'), 4, 'cosine', 'int8') AS by_workers FROM packed_items WHERE format = 'int8';
SET max_parallel_workers_per_gather = 0;
SELECT pk_nearest(id, packed, (SELECT packed FROM packed_items WHERE id = 7 AND format = 'int8'), 4, 'cosine', 'int8') AS alone FROM packed_items WHERE format = 'int8';
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT pk_nearest(id, v, '\x00', 2, 'l2', 'int8') AS nulls_do_not_count FROM (VALUES (1, '\x03'::bytea), (2, NULL), (NULL, '\x00'), (4, '\xff')) t(id, v);
SELECT pk_nearest(id, v, '\x00', 2, 'l2', 'f64') FROM (VALUES (1, '\x03'::bytea)) t(id, v);
SELECT pk_nearest(id, v, '\x00', 2, 'hamming', 'int8') FROM (VALUES (1, '\x03'::bytea)) t(id, v);
SELECT pk_nearest(id, v, '\x00', 2, 'l2', NULL) FROM (VALUES (1, '\x03'::bytea)) t(id, v);
SELECT pk_nearest(id, v, '\x0000', 2, 'l2', f) FROM (VALUES (1, '\x0300'::bytea, 'f16'), (2, '\x0300', 'int8')) t(id, v, f);
SELECT pk_nearest(id, v, '\x0000', 2, 'l2', 'f16') FROM (VALUES (1, '\x03'::bytea)) t(id, v);

DROP FUNCTION packed_differs, packed_distance, packed_sums;
DROP VIEW packed_wrong;
DROP TABLE packed_items, packed_stored;

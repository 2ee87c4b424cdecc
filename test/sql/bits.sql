-- Distances of bit and bit varying, the same from every instruction set.
\set SHOW_CONTEXT never
SELECT pk_hamming_distance(B'10110', B'11010') AS hamming, pk_jaccard_distance(B'10110', B'11010') AS jaccard, pk_hamming_distance(B'1011'::varbit, B'0000'::varbit) AS varying;
SELECT pk_jaccard_distance(B'101', B'101') AS same, pk_jaccard_distance(B'100', B'011') AS apart, pk_jaccard_distance(B'000', B'011') AS one_empty, pk_jaccard_distance(B'000', B'000') AS both_empty,
       pk_hamming_distance(B'', B'') AS no_bit, pk_jaccard_distance(B'', B'') AS jaccard_of_none, pk_hamming_distance(NULL, B'1') IS NULL AS null;
SELECT pk_hamming_distance(B'101', B'10');
SELECT pk_jaccard_distance(B'10101010', B'101010100');
\set VERBOSITY sqlstate
SELECT pk_hamming_distance(B'1', B'');
\set VERBOSITY default

-- Every length, in every way in which PostgreSQL keeps them, against the digits.
CREATE TABLE bits_stored (n int, a varbit, b varbit);
INSERT INTO bits_stored
SELECT n, string_agg((hashint4(i * 7 + n) & 1)::text, '' ORDER BY i)::varbit, string_agg((hashint4(i * 11 - n) % 3 = 0)::int::text, '' ORDER BY i)::varbit
FROM unnest('{1,7,8,9,63,64,65,127,128,129,255,256,257,511,512,513,768,800,960,1000,1024,1536,5000,20000}'::int[]) n, generate_series(1, n) i GROUP BY n;
INSERT INTO bits_stored SELECT n, repeat('1', n)::varbit, repeat('10', n / 2)::varbit FROM unnest('{40000,200000}'::int[]) n;
SELECT bool_or(pg_column_compression(a) IS NOT NULL) AS compressed FROM bits_stored;
CREATE VIEW bits_wrong AS
SELECT n FROM bits_stored, LATERAL (SELECT length(replace((a # b)::text, '0', '')) AS differing, length(replace((a & b)::text, '0', '')) AS in_both, length(replace((a | b)::text, '0', '')) AS in_either) c
WHERE pk_hamming_distance(a, b) <> differing OR pk_jaccard_distance(a, b) <> CASE in_both WHEN 0 THEN 1 ELSE 1 - in_both::float8 / in_either END
   OR pk_hamming_distance(a, a) <> 0;
SELECT * FROM bits_wrong;
DO $$
DECLARE instruction_set text;
BEGIN
    FOR instruction_set IN SELECT name FROM pk_simd() WHERE kind = 'set' AND value = 'available' LOOP
        PERFORM set_config('pg_perfkit.simd', instruction_set, true);
        IF EXISTS (SELECT FROM bits_wrong) THEN RAISE EXCEPTION 'wrong in %', instruction_set; END IF;
    END LOOP;
END $$;

-- The nearest rows.
CREATE TABLE bits_items AS SELECT i AS id, (i * 2654435761)::bit(64) AS b FROM generate_series(1, 300) i;
SELECT metric, count(*) FILTER (WHERE found = wanted) AS same, count(*) AS queries
FROM unnest('{hamming,jaccard}'::text[]) metric, (SELECT id, b FROM bits_items WHERE id <= 20) q,
     LATERAL (SELECT pk_nearest(i.id, i.b, q.b, 9, metric) AS ids FROM bits_items i) n,
     LATERAL (SELECT array_agg(d ORDER BY d) AS wanted FROM (SELECT CASE metric WHEN 'hamming' THEN pk_hamming_distance(i.b, q.b) ELSE pk_jaccard_distance(i.b, q.b) END AS d FROM bits_items i ORDER BY d LIMIT 9) s) w,
     LATERAL (SELECT array_agg(CASE metric WHEN 'hamming' THEN pk_hamming_distance(i.b, q.b) ELSE pk_jaccard_distance(i.b, q.b) END ORDER BY place) AS found FROM unnest(ids) WITH ORDINALITY f(id, place) JOIN bits_items i USING (id)) f
GROUP BY metric ORDER BY metric;
SELECT pk_nearest(id, v, B'1100', 2) AS by_hamming, pk_nearest(id, v, B'1100', 2, 'jaccard') AS by_jaccard FROM (VALUES (1, B'1111'), (2, B'1101'), (3, NULL), (4, B'0010')) t(id, v);
SELECT pk_nearest(id, v, B'1100', 2, 'l2') FROM (VALUES (1, B'1111')) t(id, v);
SELECT pk_nearest(id, v, B'110', 2) FROM (VALUES (1, B'1111')) t(id, v);
SELECT pk_nearest(id, v, B'1100', 2, m) FROM (VALUES (1, B'1111', 'hamming'), (2, B'1111', 'jaccard')) t(id, v, m);

DROP VIEW bits_wrong;
DROP TABLE bits_items, bits_stored;

-- What is foretold of indexes beside what is built: size, plan and cost of a query that they serve, without ANALYZE in between.
--
-- usage: psql -X -f bench/advisor/forecast.sql DATABASE
-- Makes the schema pk_forecast (about 500 MB), and drops it.
\set QUIET on
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
CREATE EXTENSION IF NOT EXISTS pg_perfkit;
SELECT setseed(0.5);
CREATE SCHEMA pk_forecast;
SET search_path = pk_forecast, public;
CREATE TABLE orders AS
SELECT i AS id, (power(random(), 3) * 50000)::int AS customer, (ARRAY['open', 'paid', 'packed', 'sent', 'returned'])[1 + (power(random(), 2) * 5)::int % 5] AS status,
       timestamptz '2025-01-01 00:00Z' + i * interval '1 minute' AS placed_at, (random() * 10000)::numeric(10, 2) AS amount, random() < 0.02 AS flagged,
       CASE WHEN random() < 0.1 THEN (random() * 1000)::int END AS coupon, md5(i::text)::uuid AS code, 'User' || (random() * 100000)::int || '@Example.org' AS email,
       chr(65 + (random() * 25)::int) || chr(65 + (random() * 25)::int) AS country, date '2025-01-01' + i / 1440 AS day, (random() * 8)::smallint AS weight, random() AS score,
       repeat(md5(random()::text), 1 + (random() * 3)::int) AS note, ARRAY['t' || (random() * 200)::int, 'k' || (random() * 20)::int] AS tags,
       jsonb_build_object('state', (ARRAY['a', 'b', 'c'])[1 + i % 3], 'n', i % 400) AS doc, to_tsvector('simple', 'w' || i % 500 || ' v' || i % 60) AS words
FROM generate_series(1, 500000) i;
VACUUM ANALYZE orders;

CREATE TABLE cases (n int GENERATED ALWAYS AS IDENTITY, kind text, index text, query text);
INSERT INTO cases (kind, index, query) VALUES
 ('btree', '(id)', 'SELECT * FROM orders WHERE id = 4711'),
 ('btree', '(customer)', 'SELECT * FROM orders WHERE customer = 4711'),
 ('btree', '(customer, placed_at)', 'SELECT * FROM orders WHERE customer = 17 ORDER BY placed_at DESC LIMIT 10'),
 ('btree', '(placed_at)', 'SELECT count(*) FROM orders WHERE placed_at BETWEEN ''2025-05-01 00:00Z'' AND ''2025-05-03 00:00Z'''),
 ('btree', '(placed_at DESC NULLS LAST)', 'SELECT * FROM orders ORDER BY placed_at DESC NULLS LAST LIMIT 20'),
 ('btree', '(amount)', 'SELECT * FROM orders WHERE amount BETWEEN 500 AND 501'),
 ('btree', '(code)', 'SELECT * FROM orders WHERE code = md5(''4711'')::uuid'),
 ('btree', '(email)', 'SELECT * FROM orders WHERE email = ''User4711@Example.org'''),
 ('btree', '(email text_pattern_ops)', 'SELECT * FROM orders WHERE email LIKE ''User471%'''),
 ('btree', '(country, status)', 'SELECT * FROM orders WHERE country = ''QA'' AND status = ''sent'''),
 ('btree', '(status, country, customer)', 'SELECT * FROM orders WHERE status = ''sent'' AND country = ''QA'' AND customer > 30000'),
 ('btree', '(coupon)', 'SELECT * FROM orders WHERE coupon = 471'),
 ('btree', '(day, customer)', 'SELECT day, count(*) FROM orders WHERE day = ''2025-06-01'' GROUP BY day'),
 ('btree', '(weight)', 'SELECT * FROM orders WHERE weight = 8 ORDER BY id LIMIT 100000'),
 ('btree', '(score)', 'SELECT max(score) FROM orders'),
 ('btree', '(note)', 'SELECT note FROM orders WHERE note > ''fff'' ORDER BY note LIMIT 50'),
 ('include', '(customer) INCLUDE (amount)', 'SELECT sum(amount) FROM orders WHERE customer = 17'),
 ('include', '(placed_at) INCLUDE (amount, status)', 'SELECT status, sum(amount) FROM orders WHERE placed_at > ''2025-11-01 00:00Z'' GROUP BY status'),
 ('include', '(email) INCLUDE (id)', 'SELECT id FROM orders WHERE email BETWEEN ''User4'' AND ''User41'''),
 ('partial', '(placed_at) WHERE flagged', 'SELECT * FROM orders WHERE flagged AND placed_at > ''2025-11-01 00:00Z'''),
 ('partial', '(customer) WHERE coupon IS NOT NULL', 'SELECT * FROM orders WHERE coupon IS NOT NULL AND customer = 17'),
 ('partial', '(placed_at) WHERE status = ''returned''', 'SELECT * FROM orders WHERE status = ''returned'' AND placed_at > ''2025-11-20 00:00Z'''),
 ('partial', '(country) WHERE amount > 9000', 'SELECT * FROM orders WHERE country = ''QA'' AND amount > 9500'),
 ('expression', '(lower(email))', 'SELECT * FROM orders WHERE lower(email) = ''user4711@example.org'''),
 ('expression', '((doc ->> ''state''), placed_at)', 'SELECT * FROM orders WHERE doc ->> ''state'' = ''a'' ORDER BY placed_at LIMIT 10'),
 ('expression', '((amount * weight))', 'SELECT * FROM orders WHERE amount * weight > 79000'),
 ('gin', 'USING gin (tags)', 'SELECT count(*) FROM orders WHERE tags @> ''{t17,k3}'''),
 ('gin', 'USING gin (doc)', 'SELECT count(*) FROM orders WHERE doc @> ''{"state": "a", "n": 17}'''),
 ('gin', 'USING gin (doc jsonb_path_ops)', 'SELECT count(*) FROM orders WHERE doc @> ''{"n": 17}'''),
 ('gin', 'USING gin (words)', 'SELECT count(*) FROM orders WHERE words @@ ''w17 & v17''::tsquery'),
 ('brin', 'USING brin (placed_at)', 'SELECT count(*) FROM orders WHERE placed_at BETWEEN ''2025-05-01 00:00Z'' AND ''2025-05-03 00:00Z'''),
 ('brin', 'USING brin (placed_at) WITH (pages_per_range = 8)', 'SELECT count(*) FROM orders WHERE placed_at BETWEEN ''2025-05-01 00:00Z'' AND ''2025-05-03 00:00Z'''),
 ('brin', 'USING brin (id) WITH (pages_per_range = 32)', 'SELECT count(*) FROM orders WHERE id BETWEEN 100000 AND 110000'),
 ('hash', 'USING hash (code)', 'SELECT * FROM orders WHERE code = md5(''4711'')::uuid'),
 ('hash', 'USING hash (email)', 'SELECT * FROM orders WHERE email = ''User4711@Example.org''');

-- A plan without figures, and without what the index is called.
CREATE FUNCTION shape(plan text) RETURNS text LANGUAGE sql RETURN
    regexp_replace(regexp_replace(plan, '  \(cost=[^)]*\)', '', 'g'), '"?forecast_[0-9]+( \(hypothetical\)"?)?', 'INDEX', 'g');
CREATE TABLE results (n int, given float8, built float8, cost_given float8, cost_built float8, shape_given text, shape_built text);
CREATE FUNCTION measure(c cases) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text := 'forecast_' || c.n;
        ddl text := format('CREATE INDEX %s ON pk_forecast.orders %s', name, c.index);
        r results;
BEGIN
    r.n := c.n;
    SELECT est_size_bytes INTO r.given FROM pk_whatif_create(ddl);
    PERFORM pk_whatif_reset();
    SELECT total_cost, shape(plan) INTO r.cost_given, r.shape_given FROM pk_explain(c.query, ARRAY[ddl]) WHERE variant = 'what if';
    EXECUTE ddl;
    r.built := pg_relation_size(name::regclass);
    SELECT total_cost, shape(plan) INTO r.cost_built, r.shape_built FROM pk_explain(c.query) WHERE variant = 'as it is';
    EXECUTE 'DROP INDEX ' || name;
    INSERT INTO results VALUES (r.*);
END $$;
\o /dev/null
SELECT measure(c) FROM cases c ORDER BY n;
\o
\pset footer off
SELECT kind, index, round(built / 8192) AS pages, round((given / built)::numeric, 3) AS size, round((cost_given / cost_built)::numeric, 3) AS cost,
       shape_given = shape_built AS same_plan, shape_built LIKE '%INDEX%' AS used
FROM cases JOIN results USING (n) ORDER BY n;
SELECT kind, count(*) AS indexes, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(given / built - 1))::numeric * 100, 1) AS median_size_error,
       round(max(abs(given / built - 1))::numeric * 100, 1) AS largest_size_error,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(cost_given / cost_built - 1))::numeric * 100, 1) AS median_cost_error,
       round(max(abs(cost_given / cost_built - 1))::numeric * 100, 1) AS largest_cost_error, count(*) FILTER (WHERE shape_given = shape_built) AS same_plan
FROM cases JOIN results USING (n) GROUP BY GROUPING SETS ((kind), ()) ORDER BY min(n), kind;
DROP SCHEMA pk_forecast CASCADE;

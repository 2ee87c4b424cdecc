-- Advice on queries of one's own; figures are left out, since they depend on the server's settings.
SET max_parallel_workers_per_gather = 0;
CREATE TABLE advisor_orders (
    id bigint PRIMARY KEY, customer int, status text, placed_at timestamptz, shipped_at timestamptz, total numeric, note text);
INSERT INTO advisor_orders
SELECT i, i % 2000, (ARRAY['open', 'paid', 'sent', 'void'])[1 + i % 4], timestamptz '2026-01-01 00:00Z' + i * interval '1 minute',
       CASE WHEN i % 50 > 0 THEN timestamptz '2026-01-02 00:00Z' + i * interval '1 minute' END, i % 997, repeat('n', 40)
FROM generate_series(1, 20000) i;
CREATE TABLE advisor_customers (id int PRIMARY KEY, name text, active bool);
INSERT INTO advisor_customers SELECT i, 'customer ' || i, i % 3 > 0 FROM generate_series(0, 1999) i;
VACUUM ANALYZE advisor_orders, advisor_customers;

CREATE FUNCTION advice(VARIADIC queries text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT ddl FROM pk_suggest_indexes(queries => queries, include_drops => false) ORDER BY rank
$$;
-- Equality, then order.
SELECT advice('SELECT id FROM advisor_orders WHERE customer = 7 ORDER BY placed_at DESC LIMIT 5');
-- A query that no index helps.
SELECT advice('SELECT sum(total) FROM advisor_orders');
SELECT status, reason FROM pk_advisor_queries(ARRAY['SELECT * FROM advisor_orders', 'SELECT 1 FROM no_such_table', 'VACUUM', 'SELECT 1; SELECT 2']);
-- Near twins become one index: two queries that compare the same column and read others, and one that goes on from there.
CREATE TABLE advisor_twins (day int, a int, b int, c int, filler text);
INSERT INTO advisor_twins SELECT i * 7919 % 1000, i, i, i, repeat('f', 300) FROM generate_series(1, 30000) i;
VACUUM ANALYZE advisor_twins;
SELECT advice('SELECT sum(a) FROM advisor_twins WHERE day < 50');
SELECT advice('SELECT sum(b) FROM advisor_twins WHERE day < 60');
SELECT advice('SELECT sum(a) FROM advisor_twins WHERE day < 50', 'SELECT sum(b) FROM advisor_twins WHERE day < 60');
SELECT advice('SELECT sum(a) FROM advisor_twins WHERE day < 50', 'SELECT sum(b) FROM advisor_twins WHERE day = 6 AND c < 20000');
-- What is to do where everything is cached: less, and so it is along an index from which nothing is looked up.
SELECT query ->> 'number' AS query, (query ->> 'cached_after')::float8 < (query ->> 'cached_before')::float8 AS less_to_do,
       warning, evidence -> 'workload' -> 'slower_when_cached' AS slower
FROM pk_suggest_indexes(ARRAY['SELECT id FROM advisor_orders WHERE customer = 7', 'SELECT sum(c) FROM advisor_twins WHERE c < 9000'],
                        include_drops => false), jsonb_array_elements(evidence -> 'queries') query ORDER BY 1;
DROP FUNCTION advice;
DROP TABLE advisor_orders, advisor_customers, advisor_twins;

-- Advice on expressions that queries compare; figures are left out, since they depend on the server's settings.
SET max_parallel_workers_per_gather = 0;
CREATE SCHEMA pk_expressions;
CREATE TABLE pk_expressions.users (id int PRIMARY KEY, email varchar(80), kind text, doc jsonb, a int, b int, seen timestamp, filler text);
INSERT INTO pk_expressions.users
SELECT i, 'User' || i || '@Example.com', 'kind ' || i % 10, jsonb_build_object('k', i * 7919 % 211), i % 1000, i % 77,
       timestamp '2026-01-01' + i * interval '1 min', repeat('x', 100)
FROM generate_series(1, 20000) i;
CREATE FUNCTION pk_expressions.folded(value text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE 'run'; END $$;
CREATE FUNCTION pk_expressions.lower(value varchar) RETURNS text IMMUTABLE LANGUAGE internal AS 'initcap';
VACUUM ANALYZE pk_expressions.users;
CREATE FUNCTION pk_expressions.advice(VARIADIC queries text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(ddl, '^.*pk_expressions.users USING ', '') FROM pk_suggest_indexes(queries => queries, include_drops => false) ORDER BY rank
$$;
-- Alone, with columns, from either side of the operator, with a parameter for a value.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE lower(email) = ''user7@example.com''');
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE kind = $1 AND $2 = doc ->> ''k''');
SELECT pk_expressions.advice('SELECT a FROM pk_expressions.users WHERE date_trunc(''day'', seen) = $1 ORDER BY id LIMIT 1');
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE abs(a - b) > 998');
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE lower(email) IN (''user7@example.com'', ''user8@example.com'')');
-- One expression, however it is written, and one index for two queries.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE lower(email) = $1', 'SELECT * FROM pk_expressions.users u WHERE lower(u.email::text) = $1 AND kind = $2');
-- What an index cannot have: what is not immutable, depends on parameters, on other tables, on the row's place or on nothing.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE random() * a = 7', 'SELECT * FROM pk_expressions.users WHERE to_char(seen, ''DD'') = ''07''',
    'SELECT * FROM pk_expressions.users WHERE doc ->> $1 = ''7''', 'SELECT * FROM pk_expressions.users u, pk_expressions.users v WHERE u.a + v.a = 7',
    'SELECT * FROM pk_expressions.users u WHERE (SELECT count(*) FROM generate_series(1, u.b)) + a = 7',
    'SELECT * FROM pk_expressions.users WHERE ctid::text = ''(0,7)''', 'SELECT * FROM pk_expressions.users WHERE pi() = $1');
-- A collation that the expression does not have by itself, within and around.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE lower(email COLLATE "C") = ''7''', 'SELECT * FROM pk_expressions.users WHERE lower(email) COLLATE "C" = ''7''');
-- Somebody's function is not run for it; names say which one is meant.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE pk_expressions.folded(email) = ''user7@example.com''');
SET search_path = pk_expressions, pg_catalog, public;
SELECT pk_expressions.advice('SELECT * FROM users WHERE lower(email) = ''7''');
RESET search_path;
-- What the planner would guess at is told from the rows that are there, where the caller may see all of them.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE length(kind) = 6');
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE length(kind) = 7');
CREATE FUNCTION pk_expressions.sampled(query text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT regexp_replace(ddl, '^.*pk_expressions.users USING ', '') || ': ' || (evidence #>> '{expressions,0,sampled_rows}')
    FROM pk_suggest_indexes(ARRAY[query], include_drops => false)
$$;
SELECT pk_expressions.sampled('SELECT * FROM pk_expressions.users WHERE lower(email) = $1') ~ ': [1-9]\d{3,}$' AS sampled;
SELECT pk_expressions.sampled('SELECT * FROM pk_expressions.users WHERE pk_expressions.folded(email) = $1');
ALTER TABLE pk_expressions.users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY half ON pk_expressions.users USING (id % 2 = 0);
CREATE ROLE pk_expressions_reader;
GRANT USAGE ON SCHEMA pk_expressions TO pk_expressions_reader;
GRANT SELECT ON pk_expressions.users TO pk_expressions_reader;
GRANT pg_monitor TO pk_expressions_reader;
SET ROLE pk_expressions_reader;
SELECT pk_expressions.sampled('SELECT * FROM pk_expressions.users WHERE abs(a - b) = $1');
RESET ROLE;
ALTER TABLE pk_expressions.users DISABLE ROW LEVEL SECURITY;
SET ROLE pk_expressions_reader;
SELECT pk_expressions.sampled('SELECT * FROM pk_expressions.users WHERE abs(a - b) = $1') ~ ': [1-9]\d{3,}$' AS sampled;
RESET ROLE;
DROP OWNED BY pk_expressions_reader;
DROP ROLE pk_expressions_reader;
-- No index can be built where the expression fails for a row.
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE 1 / (a - 5) = 1', 'SELECT * FROM pk_expressions.users WHERE kind::int = 4');
-- The advice can be carried out, and is not given again; the index is told not to have statistics yet.
SELECT ddl AS statement, index_name, warning, jsonb_path_query_array(evidence, '$.expressions[*].expression') FROM pk_suggest_indexes(
    ARRAY['SELECT * FROM pk_expressions.users WHERE lower(email) = ''user7@example.com'''], include_drops => false) \gset
SELECT :'index_name', :'warning';
:statement;
ANALYZE pk_expressions.users;
SELECT pk_expressions.advice('SELECT * FROM pk_expressions.users WHERE lower(email) = ''user7@example.com''');
EXPLAIN (COSTS OFF) SELECT * FROM pk_expressions.users WHERE lower(email) = 'user7@example.com';
-- An existing index whose work an advised one does, by its expression.
CREATE INDEX users_hundred ON pk_expressions.users ((a % 100));
ANALYZE pk_expressions.users;
SELECT action, index_name FROM pk_suggest_indexes(ARRAY['SELECT * FROM pk_expressions.users WHERE a % 100 = $1 AND b = $2']);
SET client_min_messages = warning;
DROP SCHEMA pk_expressions CASCADE;

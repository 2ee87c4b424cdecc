-- Planning folds functions.  Nobody may have his run by whoever asks for advice.
SET client_min_messages = warning;
CREATE TABLE pk_sec_trace (who text, what text);
CREATE SEQUENCE pk_sec_counter;
CREATE TABLE pk_sec (a int, b int, note text);
INSERT INTO pk_sec SELECT i, i % 100, 'n' || i FROM generate_series(1, 5000) i;
ANALYZE pk_sec;
-- It leaves a trace even in a transaction that is rolled back.
CREATE FUNCTION pk_sec_f(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM nextval('public.pk_sec_counter');
    RAISE WARNING 'pk_sec_f ran as %', current_user;
    RETURN x;
END $$;
CREATE FUNCTION pk_sec_stable() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN public.pk_sec_f(7); END';
CREATE FUNCTION pk_sec_definer(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET work_mem = '1MB' AS 'BEGIN RETURN public.pk_sec_f(x); END';
CREATE FUNCTION pk_sec_sql(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT public.pk_sec_f(x)';
CREATE FUNCTION pk_sec_equal(a int, b text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.pk_sec_f(a); RETURN a::text = b; END';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = pk_sec_equal, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE FUNCTION pk_sec_check(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.pk_sec_f($1); RETURN $1 > 0; END';
CREATE DOMAIN pk_sec_domain AS int CHECK (pk_sec_check(VALUE));
CREATE FUNCTION pk_sec_diff(a int, b int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.pk_sec_f(a); RETURN a - b; END';
CREATE TYPE pk_sec_range AS RANGE (subtype = int, subtype_diff = pk_sec_diff);
CREATE FUNCTION pk_sec_cast(text) RETURNS point LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM public.pk_sec_f(1); RETURN point(0, 0); END';
CREATE CAST (text AS point) WITH FUNCTION pk_sec_cast(text);
CREATE VIEW pk_sec_view AS SELECT * FROM pk_sec WHERE a = pk_sec_f(3) AND b < pk_sec_stable();
CREATE VIEW pk_sec_xml AS SELECT * FROM pk_sec WHERE note = (query_to_xml('SELECT pk_sec_f(5)', true, false, ''))::text;
CREATE TABLE pk_sec_checked (a int, CHECK (a > pk_sec_f(10)));
CREATE TABLE pk_sec_ranges (r pk_sec_range);
INSERT INTO pk_sec_ranges SELECT pk_sec_range(1, 2 + i) FROM generate_series(1, 3) i;
CREATE TABLE pk_sec_parted (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE pk_sec_part PARTITION OF pk_sec_parted FOR VALUES FROM (0) TO (1000);
CREATE TABLE pk_sec_indexed (a int, b int);
SET client_min_messages = error;
CREATE INDEX pk_sec_expression ON pk_sec_indexed ((a + pk_sec_definer(1)));
CREATE INDEX pk_sec_partial ON pk_sec_indexed (b) WHERE a > pk_sec_sql(2);
SET client_min_messages = warning;
CREATE TABLE pk_sec_policy (a int, owner int);
ALTER TABLE pk_sec_policy ENABLE ROW LEVEL SECURITY;
ALTER TABLE pk_sec_policy FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON pk_sec_policy USING (owner = pk_sec_f(1) AND a > pk_sec_stable());
SET client_min_messages = error;
INSERT INTO pk_sec_indexed SELECT i, i FROM generate_series(1, 5) i;
-- So far it ran; what counts is that planning adds nothing.
SELECT setval('pk_sec_counter', 1);
SET client_min_messages = notice;

CREATE TABLE pk_sec_queries (n serial, q text);
INSERT INTO pk_sec_queries (q) VALUES
    ('SELECT * FROM pk_sec WHERE a = pk_sec_f(1)'),
    ('SELECT * FROM pk_sec WHERE a = pk_sec_f(1) + pk_sec_f(1) AND b = pk_sec_stable()'),
    ('SELECT pk_sec_f(1), count(*) FROM pk_sec WHERE a = 3 GROUP BY pk_sec_f(1) HAVING pk_sec_f(1) > 0'),
    ('SELECT * FROM pk_sec WHERE a = pk_sec_definer(1)'),
    ('SELECT * FROM pk_sec WHERE a = pk_sec_sql(1)'),
    ('SELECT * FROM pk_sec WHERE a === ''5'''),
    ('SELECT * FROM pk_sec x JOIN pk_sec y ON x.a === y.note'),
    ('SELECT * FROM pk_sec WHERE a = 5::pk_sec_domain'),
    ('SELECT * FROM pk_sec WHERE a = ANY (''{1,2}''::pk_sec_domain[])'),
    ('SELECT * FROM pk_sec_ranges WHERE r && ''[1,5)''::pk_sec_range'),
    ('SELECT * FROM pk_sec WHERE point(a, b) <@ box(point ''(0,0)'', text ''1''::point)'),
    ('SELECT * FROM pk_sec_view'),
    ('SELECT * FROM pk_sec_xml'),
    ('SELECT * FROM pk_sec WHERE note = query_to_xml(''SELECT pk_sec_f(6)'', true, false, '''')::text'),
    ('SELECT * FROM pk_sec_checked WHERE a = 5'),
    ('SELECT * FROM pk_sec_parted WHERE a = pk_sec_f(5)'),
    ('SELECT * FROM pk_sec_indexed WHERE a + pk_sec_definer(1) = 3'),
    ('SELECT * FROM pk_sec_indexed WHERE b = 3 AND a > 2'),
    ('SELECT * FROM pk_sec_policy WHERE a = 3'),
    ('SELECT * FROM pk_sec TABLESAMPLE system (pk_sec_f(1))'),
    ('SELECT * FROM pk_sec LIMIT pk_sec_f(2)'),
    ('SELECT * FROM pk_sec, pk_sec_f(2) f WHERE a = f'),
    ('WITH w AS (INSERT INTO pk_sec_trace SELECT pk_sec_f(1)::text, note FROM pk_sec WHERE a = pk_sec_f(2) RETURNING *) SELECT * FROM w'),
    ('UPDATE pk_sec SET b = pk_sec_f(1) WHERE a = pk_sec_f(2)');
-- EXPLAIN runs it, most of the time.
SET client_min_messages = error;
CREATE FUNCTION pk_sec_explain(q text) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE before bigint := (SELECT last_value FROM pk_sec_counter);
BEGIN
    EXECUTE 'EXPLAIN ' || q;
    RETURN (SELECT last_value FROM pk_sec_counter) > before;
EXCEPTION WHEN OTHERS THEN
    RETURN (SELECT last_value FROM pk_sec_counter) > before;
END $$;
SELECT count(*) FILTER (WHERE pk_sec_explain(q)) > 10 AS explain_runs_it FROM pk_sec_queries;
SELECT setval('pk_sec_counter', 1);
-- As a superuser, who could become anyone; in a new session, which has to read the catalogs first.
\c -
SELECT n, status, CASE WHEN status = 'skipped' THEN reason END AS skipped
FROM (SELECT array_agg(q ORDER BY n) AS queries FROM pk_sec_queries) x, pk_advisor_queries(queries) WITH ORDINALITY a(queryid, user_name, calls, total_ms, share, status, reason, cost_before, cost_after, saved, ids, query, n) ORDER BY n;
SELECT last_value AS still_one, (SELECT count(*) FROM pk_sec_trace) AS traces FROM pk_sec_counter;

-- With the range type's functions known to the session already.
SET client_min_messages = error;
SELECT count(*) FROM pk_sec_ranges WHERE r && '[1,5)'::pk_sec_range;
SELECT setval('pk_sec_counter', 1);
SET client_min_messages = notice;
SELECT status, reason FROM pk_advisor_queries(ARRAY['SELECT * FROM pk_sec_ranges WHERE r && ''[1,5)''::pk_sec_range']);
SELECT last_value AS still_one FROM pk_sec_counter;

CREATE DOMAIN pk_sec_of_range AS pk_sec_range;
SELECT status, reason FROM pk_advisor_queries(ARRAY['SELECT * FROM pk_sec_ranges WHERE r && (current_setting(''x'')::pk_sec_of_range)',
    'SELECT * FROM pk_sec_ranges WHERE r && current_setting(''x'')::pk_sec_range', 'SELECT * FROM pk_sec_ranges WHERE r = ANY (''{}''::pk_sec_range[])']);
SELECT last_value AS still_one FROM pk_sec_counter;
DROP DOMAIN pk_sec_of_range;

-- The conditions of existing indexes are read, and not computed: here to find that the second does the first one's work.
CREATE TABLE pk_sec_twice (a int);
CREATE INDEX pk_sec_twice_1 ON pk_sec_twice (a);
CREATE INDEX pk_sec_twice_2 ON pk_sec_twice (a);
SET client_min_messages = error;
CREATE INDEX pk_sec_twice_3 ON pk_sec_twice (a) WHERE pk_sec_f(1) = 1;
SELECT setval('pk_sec_counter', 1);
\c -
SELECT action, index_name FROM pk_suggest_indexes(ARRAY['SELECT FROM pk_sec_twice'], tables => ARRAY['pk_sec_twice'::regclass]);
SELECT last_value AS still_one FROM pk_sec_counter;
DROP TABLE pk_sec_twice;

-- A caller's own queries need the rights that EXPLAIN would ask for; without them they tell nothing.
CREATE ROLE pk_sec_monitor IN ROLE pg_monitor;
SET ROLE pk_sec_monitor;
SELECT status, reason, cost_before FROM pk_advisor_queries(ARRAY['SELECT * FROM pk_sec WHERE a = 1']);
RESET ROLE;
GRANT SELECT ON pk_sec TO pk_sec_monitor;
SET ROLE pk_sec_monitor;
SELECT ddl FROM pk_suggest_indexes(ARRAY['SELECT * FROM pk_sec WHERE a = 1'], include_drops => false, covering => false);
RESET ROLE;
-- Whoever is not of pg_monitor may not ask.
CREATE ROLE pk_sec_nobody;
SET ROLE pk_sec_nobody;
SELECT * FROM pk_suggest_indexes(ARRAY['SELECT 1']);
RESET ROLE;
-- Afterwards everything is as before.
SET client_min_messages = error;
SELECT pk_sec_f(1);
SET client_min_messages = warning;
DROP TABLE pk_sec, pk_sec_trace, pk_sec_queries, pk_sec_checked, pk_sec_ranges, pk_sec_parted, pk_sec_indexed, pk_sec_policy CASCADE;
DROP SEQUENCE pk_sec_counter;
DROP DOMAIN pk_sec_domain;
DROP TYPE pk_sec_range;
DROP CAST (text AS point);
DROP OPERATOR === (int, text);
DROP FUNCTION pk_sec_f, pk_sec_stable, pk_sec_definer, pk_sec_sql, pk_sec_equal, pk_sec_check, pk_sec_diff, pk_sec_cast, pk_sec_explain;
DROP ROLE pk_sec_monitor, pk_sec_nobody;

-- Which statistics the planner lacks, as far as it holds with and without preload.  Advice from estimates: test/system/statistics.pl.
SET client_min_messages = warning;
SELECT state = 'on' AS captured FROM pk_workload_info() \gset
SET pg_perfkit.predicate_rate = 0;
CREATE SCHEMA pk_statistics_test;
SET search_path = pk_statistics_test, public;
\set fixed 'autovacuum_enabled = off, autovacuum_analyze_threshold = 100, autovacuum_analyze_scale_factor = 0'
CREATE TABLE never (id int) WITH (:fixed);
INSERT INTO never SELECT generate_series(1, 20000);
VACUUM never;
CREATE TABLE unknown (id int) WITH (autovacuum_enabled = off, autovacuum_analyze_threshold = 1000000);
INSERT INTO unknown SELECT generate_series(1, 20000);
CREATE TABLE "Un""i; --" ("a b" int, "c""d" int) WITH (:fixed);
INSERT INTO "Un""i; --" SELECT i % 1000 / 10, i % 1000 FROM generate_series(1, 20000) i;
CREATE TABLE parent (id int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parent DEFAULT WITH (:fixed);
INSERT INTO parent SELECT generate_series(1, 20000);
CREATE TABLE small (id int) WITH (:fixed);
INSERT INTO small SELECT generate_series(1, 500);
CREATE TEMP TABLE temporary AS SELECT generate_series(1, 20000) AS id;
SELECT pg_stat_force_next_flush();
ANALYZE "Un""i; --", part;
CREATE FUNCTION advice(VARIADIC tables regclass[] DEFAULT NULL) RETURNS TABLE(kind text, table_name text, columns text[], ddl text, followed_by text, reason text)
    LANGUAGE sql AS $$ SELECT kind, table_name, columns, ddl, followed_by, reason FROM pk_suggest_statistics(tables => tables) WHERE schema_name = 'pk_statistics_test' ORDER BY rank $$;
SELECT * FROM advice();
INSERT INTO "Un""i; --" SELECT 1, 1 FROM generate_series(1, 101);
SELECT pg_stat_force_next_flush();
SELECT * FROM advice('"Un""i; --"', 'small');
SELECT * FROM advice('parent');
SELECT evidence -> 'reasons' -> 0 ->> 'changes_since_analyze' AS changes FROM pk_suggest_statistics(min_rows => 400) WHERE table_name = 'small' AND schema_name = 'pk_statistics_test';
CREATE STATISTICS unmade ON "a b", "c""d" FROM "Un""i; --";
SELECT ddl, reason FROM advice('"Un""i; --"');
SELECT count(*) FROM pk_suggest_statistics() WHERE table_name = 'temporary' OR schema_name IN ('pg_catalog', 'information_schema', 'pg_toast');
SELECT ddl FROM pk_suggest_statistics(min_rows => 400) WHERE schema_name = 'pk_statistics_test' ORDER BY rank \gexec
SELECT * FROM pk_suggest_statistics(min_rows => 400) WHERE schema_name = 'pk_statistics_test';
DROP STATISTICS unmade;

-- From estimates to advice, where they are captured.
SET pg_perfkit.predicate_rate = 1000000;
SELECT count(*) FROM "Un""i; --" WHERE "a b" = 5 AND "c""d" = 55;
SELECT count(*) FROM "Un""i; --" WHERE "c""d" = 777 AND "a b" = 77;
SET pg_perfkit.predicate_rate = 0;
SELECT kind, predicate, executions, comparisons, clause_columns, table_rows FROM pk_estimates WHERE relation = '"Un""i; --"'::regclass AND NOT :'captured';
SELECT NOT :'captured' OR (kind = 'filter' AND predicate = '(("a b" = ?) AND ("c""d" = ?))' AND comparisons = 2 AND clause_columns = '{1,2}' AND table_rows = 20101 AND actual_rows = 20
    AND estimated_rows < 3 AND round(observed_selectivity::numeric, 4) = 0.0010) AS estimates
FROM pk_estimates WHERE relation = '"Un""i; --"'::regclass UNION ALL SELECT true WHERE NOT :'captured';

-- What is known of columns.
SELECT * FROM pk_selectivity('never');
SELECT kind, columns, distinct_values, null_share, most_common_share > 0.001 AS common FROM pk_selectivity('"Un""i; --"') WHERE kind = 'column';
SELECT count(*) FROM pk_selectivity('pg_class_oid_index');
SELECT count(*) FROM pk_selectivity(NULL);
CREATE ROLE pk_statistics_nobody;
GRANT USAGE ON SCHEMA pk_statistics_test TO pk_statistics_nobody;
GRANT SELECT ("a b") ON "Un""i; --" TO pk_statistics_nobody;
SET ROLE pk_statistics_nobody;
SELECT columns, distinct_values FROM pk_selectivity('"Un""i; --"');
RESET ROLE;

SELECT pk_suggest_statistics(min_factor => 0);
SELECT pk_suggest_statistics(min_factor => 'NaN');
SELECT pk_suggest_statistics(min_executions => 9);
SELECT pk_suggest_statistics(min_rows => NULL);
RESET search_path;
DROP SCHEMA pk_statistics_test CASCADE;
DROP TABLE temporary;
DROP ROLE pk_statistics_nobody;
RESET pg_perfkit.predicate_rate;

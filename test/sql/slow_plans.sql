-- Plans of slow executions, as far as it holds with and without preload; test/system/slow_plans.pl has the rest.
SET client_min_messages = warning;
SELECT state = 'on' AS captured FROM pk_workload_info() \gset
SET pg_perfkit.slow_plan_ms = -1;
SET pg_perfkit.predicate_rate = 0;  -- it instruments
CREATE TABLE slow_plans_test (a int PRIMARY KEY, b text);
INSERT INTO slow_plans_test SELECT i, 'x' || i FROM generate_series(1, 1000) i;
ANALYZE slow_plans_test;
CREATE TABLE slow_plans_parts (a int, b int) PARTITION BY LIST (a);
CREATE TABLE slow_plans_part_1 PARTITION OF slow_plans_parts FOR VALUES IN (1);
CREATE TABLE slow_plans_part_2 PARTITION OF slow_plans_parts FOR VALUES IN (2);
CREATE INDEX ON slow_plans_parts (b);
CREATE VIEW slow_plan AS SELECT * FROM pk_slow_plans WHERE outline LIKE '%slow\_plans\_%' AND role = current_user;

-- A statement whose plan flips, and flips back.
SET plan_cache_mode = force_custom_plan;
SET enable_bitmapscan = off;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SET pg_perfkit.slow_plan_ms = 0;
SELECT b FROM slow_plans_test WHERE a = 7;
SET enable_indexscan = on;
SET enable_seqscan = off;
SELECT b FROM slow_plans_test WHERE a = 8;
SELECT b FROM slow_plans_test WHERE a = 9;
SET pg_perfkit.slow_plan_ms = -1;
SELECT NOT :'captured' OR array_agg(format('%s: %s, %s changes, current %s, actual %s', outline, executions, changes, current, actual) ORDER BY first_seen)
    = '{"Seq Scan on slow_plans_test: 1, 0 changes, current f, actual f","Index Scan using slow_plans_test_pkey on slow_plans_test: 2, 1 changes, current t, actual f"}' AS shapes
FROM slow_plan WHERE toplevel;
SELECT NOT :'captured' OR array_agg(format('%s -> %s', previous_outline, outline))
    = '{"Seq Scan on slow_plans_test -> Index Scan using slow_plans_test_pkey on slow_plans_test"}' AS change
FROM pk_plan_changes WHERE outline LIKE '%slow\_plans\_test' AND role = current_user AND current AND mean_ms > 0 AND previous_mean_ms > 0;
SET enable_seqscan = on;
SET enable_indexscan = off;
SET pg_perfkit.slow_plan_ms = 0;
SELECT b FROM slow_plans_test WHERE a = 10;
SET pg_perfkit.slow_plan_ms = -1;
SELECT NOT :'captured' OR array_agg(format('%s %s %s', left(outline, 3), executions, current) ORDER BY first_seen) = '{"Seq 2 t","Ind 2 f"}' AS back FROM slow_plan WHERE toplevel;
SELECT NOT :'captured' OR count(*) = 2 AS both_directions FROM pk_plan_changes WHERE outline LIKE '%slow\_plans\_test' AND role = current_user;
SELECT NOT :'captured' OR count(*) = 1 AS plan FROM slow_plan WHERE plan #>> '{0,Plan,Node Type}' = 'Seq Scan' AND plan #>> '{0,Plan,Filter}' ~ '\(a = (7|10)\)'
    AND plan #>> '{0,Settings,enable_indexscan}' = 'off' AND NOT truncated AND NOT redacted
    AND min_ms <= mean_ms AND mean_ms <= max_ms AND plan_of_ms BETWEEN min_ms AND max_ms AND first_seen <= last_seen;

-- Which partition a constant leaves over is no change of the plan.  What was instrumented has actual rows.
SET pg_perfkit.slow_plan_ms = 0;
SELECT a FROM slow_plans_parts WHERE a = 1;
SELECT a FROM slow_plans_parts WHERE a = 2;
SET pg_perfkit.slow_plan_ms = -1;
SELECT NOT :'captured' OR array_agg(outline || ' ' || executions) = '{"Seq Scan on slow_plans_parts 2"}' AS partitions FROM slow_plan WHERE outline LIKE '%parts%';
SET pg_perfkit.slow_plan_ms = 0;
DO $$ DECLARE r text; BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING off) SELECT count(*) FROM slow_plans_test WHERE a > 900' INTO r;
    EXECUTE 'EXPLAIN SELECT max(b) FROM slow_plans_test WHERE a > 900' INTO r;
END $$;
SET pg_perfkit.slow_plan_ms = -1;
SELECT NOT :'captured' OR array_agg(format('%s %s %s', outline, actual, (plan #>> '{0,Plan,Plans,0,Actual Rows}')::float)) = '{"Aggregate(Seq Scan on slow_plans_test) t 100"}' AS actual
FROM slow_plan WHERE NOT toplevel;

-- Constants, and who may see them.
SET pg_perfkit.sample_parameters = off;
SET pg_perfkit.slow_plan_ms = 0;
SELECT a FROM slow_plans_test WHERE b = 'unwanted' AND a < 31337;
SET pg_perfkit.slow_plan_ms = -1;
RESET pg_perfkit.sample_parameters;
SELECT NOT :'captured' OR count(*) = 1 AS redacted FROM slow_plan WHERE redacted AND plan #>> '{0,Plan,Filter}' = '((a < ?) AND (b = ''***''::text))';
CREATE VIEW slow_plans_logins AS SELECT a, b AS password FROM slow_plans_test;
SET pg_perfkit.slow_plan_ms = 0;
SELECT a FROM slow_plans_logins WHERE password = 'hunter2' ORDER BY a;
SET pg_perfkit.slow_plan_ms = -1;
SELECT NOT :'captured' OR count(*) = 1 AS secret FROM slow_plan WHERE redacted AND plan::text ~ '"Filter": *"\(b = ''\*\*\*' AND plan::text !~ 'hunter2';
CREATE ROLE slow_plans_role;
SET ROLE slow_plans_role;
SELECT count(*) AS of_others FROM pk_slow_plans WHERE role <> current_user;
RESET ROLE;
GRANT pg_read_all_stats TO slow_plans_role;
SET ROLE slow_plans_role;
SELECT NOT :'captured' OR count(*) > 3 AS plans, count(*) FILTER (WHERE plan::text ~ '[=<>] (\d|''[^*])') AS constants
FROM pk_slow_plans WHERE outline LIKE '%slow\_plans\_test%' AND role <> current_user;
SELECT NOT :'captured' OR count(*) = 1 AS without FROM pk_slow_plans WHERE outline = 'Seq Scan on slow_plans_test' AND plan #>> '{0,Plan,Filter}' = '(a = ?)' AND role <> current_user;
RESET ROLE;
SET pg_perfkit.sample_readers = 'slow_plans_role';
SET ROLE slow_plans_role;
SELECT NOT :'captured' OR count(*) = 1 AS with_constants FROM pk_slow_plans WHERE outline = 'Seq Scan on slow_plans_test' AND plan #>> '{0,Plan,Filter}' ~ '\(a = (7|10)\)' AND role <> current_user;
SET pg_perfkit.slow_plan_ms = 5;
RESET ROLE;
RESET pg_perfkit.sample_readers;
RESET pg_perfkit.slow_plan_ms;
DROP VIEW slow_plan, slow_plans_logins;
DROP TABLE slow_plans_test, slow_plans_parts;
DROP ROLE slow_plans_role;

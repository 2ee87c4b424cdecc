-- What capture counts, as far as it holds with and without preload; test/system/workload.pl has the rest.
SET client_min_messages = warning;
SET pg_perfkit.sample_rate = 10000;
SELECT state = 'on' AS captured, state LIKE 'off: %' AS not_captured, state = 'on' AND current_setting('pg_perfkit.workload_samples')::bool AS sampled FROM pk_workload_info() \gset
SELECT :'captured' OR :'not_captured' AS state_is_told;

-- Every column that the view has, without preload too.
SELECT count(*) >= 0 AS readable FROM (SELECT w.* FROM pk_workload w) rows;

CREATE TABLE workload_test (a int PRIMARY KEY, b text);
INSERT INTO workload_test SELECT i, 'x' FROM generate_series(1, 100) i;
DO $$
BEGIN
    FOR i IN 1..20 LOOP
        PERFORM b FROM workload_test WHERE a = i;
    END LOOP;
    BEGIN
        PERFORM 1 / (a - 50) FROM workload_test;
    EXCEPTION WHEN division_by_zero THEN NULL;
    END;
END $$;

CREATE FUNCTION workload_statement() RETURNS SETOF pk_workload LANGUAGE sql AS $$
    SELECT * FROM pk_workload WHERE database = current_database() AND role = current_user AND NOT toplevel
$$;
SELECT NOT :'captured' OR EXISTS (SELECT FROM workload_statement() WHERE calls = 20 AND rows = 20 AND p50_ms > 0
    AND min_ms <= p50_ms AND p50_ms <= p95_ms AND p95_ms <= p99_ms AND p99_ms <= max_ms
    AND abs(mean_ms * calls - total_ms) < 0.001 AND shared_blks_hit >= 20 AND last_seen >= first_seen
    AND (SELECT sum(b.calls) FROM pk_latency_buckets(latency) b) = calls) AS counted;
SELECT NOT :'captured' OR EXISTS (SELECT FROM workload_statement() WHERE calls = 0 AND failed = 1) AS failure_counted;

-- Off at run time.
SET pg_perfkit.workload = off;
SELECT state LIKE 'off: %' AS off FROM pk_workload_info();
SELECT coalesce(sum(calls), 0) AS before FROM pk_workload WHERE database = current_database() \gset
SELECT count(*) > 5 AS uncounted FROM workload_test;
SELECT NOT :'captured' OR sum(calls) = :before AS nothing_counted FROM pk_workload WHERE database = current_database();
RESET pg_perfkit.workload;

-- Samples: what was sent, with what it takes to plan it again.
CREATE VIEW workload_sample AS SELECT * FROM pk_workload_samples WHERE query LIKE '%workload\_test%' AND query NOT LIKE '%workload\_sample%';
SET work_mem = '5MB';
SELECT count(*) FROM workload_test WHERE b = 'sampled' AND a < 7;
RESET work_mem;
PREPARE workload_statement (int, text, date, int[], uuid) AS
    SELECT a FROM workload_test WHERE a = $1 AND b = $2 AND now() > $3 AND a = ANY ($4) AND $5 IS NULL;
EXECUTE workload_statement(7, E'a"b\\c', '2020-02-03', '{7,NULL}', NULL);
DO $$ DECLARE x int := 8; r workload_test; BEGIN SELECT * INTO r FROM workload_test WHERE a = x; x := (SELECT count(*) FROM workload_test t WHERE t.b = r.b) + 1; END $$;
SELECT a FROM workload_test WHERE b = 'password=hunter2' AND a = 3;
SET pg_perfkit.sample_parameters = off;
SELECT a, b FROM workload_test WHERE b = 'unwanted' AND a = 3;
RESET pg_perfkit.sample_parameters;
SELECT NOT :'sampled' OR EXISTS (SELECT FROM workload_sample WHERE plannable AND toplevel AND kind = 'reservoir' AND role = current_user
    AND query = 'SELECT count(*) FROM workload_test WHERE b = ''sampled'' AND a < 7' AND 'work_mem=5MB' = ANY (settings)
    AND search_path = current_setting('search_path') AND parameters = '{}') AS literal;
SELECT NOT :'sampled' OR EXISTS (SELECT FROM workload_sample WHERE plannable AND query LIKE 'SELECT a FROM workload\_test WHERE a = $1%'
    AND parameters = ARRAY['7', E'a"b\\c', '2020-02-03', '{"7",NULL}', NULL] AND parameter_states = '{value,value,value,value,"null"}'
    AND parameter_types = '{int,text,date,int[],uuid}'::regtype[]) AS bound;
SELECT NOT :'sampled' OR array_agg(format('%s %s', regexp_replace(query, '\s+', ' ', 'g'), parameters) ORDER BY query COLLATE "C")
    = '{"SELECT (SELECT count(*) FROM workload_test t WHERE t.b = $1) + 1 {x}","SELECT * FROM workload_test WHERE a = $1 {8}"}' AS in_function
FROM workload_sample WHERE NOT toplevel AND plannable AND (query LIKE '%t.b%' OR query LIKE 'SELECT *%a = $1');
SELECT NOT :'sampled' OR count(*) = 2 AS redacted FROM workload_sample WHERE redacted AND NOT plannable
    AND query ~ 'WHERE b = ''\*\*\*'' AND a = \?$';
SELECT count(*) AS secrets FROM pk_workload_samples WHERE query LIKE '%hunter2%' AND query NOT LIKE '%workload\_sample%' AND query NOT LIKE '%secrets%';
SELECT NOT :'sampled' OR count(*) = 1 AS text_of_counters FROM pk_workload
    WHERE query = 'SELECT count(*) FROM workload_test WHERE b = ''***'' AND a < ?' AND database = current_database() AND role = current_user;
DEALLOCATE workload_statement;

-- Reset needs the right to it.
CREATE ROLE workload_test_role;
SET ROLE workload_test_role;
SELECT pk_workload_reset();
-- Others' samples are not shown; with pg_read_all_stats their texts are, without constants.
SELECT count(*) AS of_others FROM pk_workload_samples WHERE role <> current_user;
RESET ROLE;
GRANT pg_read_all_stats TO workload_test_role;
SET ROLE workload_test_role;
SELECT NOT :'sampled' OR count(*) > 3 AS texts, count(*) FILTER (WHERE query LIKE '%sampled%' OR plannable OR parameters <> array_fill(NULL::text, ARRAY[cardinality(parameters)])) AS constants
FROM pk_workload_samples WHERE query LIKE '%workload\_test%' AND role <> current_user;
RESET ROLE;
SET pg_perfkit.sample_readers = 'workload_test_role';
SET ROLE workload_test_role;
SELECT NOT :'sampled' OR count(*) > 0 AS constants FROM pk_workload_samples WHERE query LIKE '%sampled%' AND plannable AND role <> current_user;
RESET ROLE;
RESET pg_perfkit.sample_readers;
DROP VIEW workload_sample;
DROP TABLE workload_test;
DROP FUNCTION workload_statement();
DROP ROLE workload_test_role;


-- advisor: which indexes would save the workload the most time

CREATE FUNCTION pk_suggest_indexes(
    queries text[] DEFAULT NULL, weights float8[] DEFAULT NULL, budget text DEFAULT NULL, max_indexes int DEFAULT NULL,
    min_gain float8 DEFAULT 0.001, time_limit interval DEFAULT '30 seconds', methods text[] DEFAULT NULL,
    covering bool DEFAULT true, partial bool DEFAULT true, tables regclass[] DEFAULT NULL, exclude regclass[] DEFAULT NULL,
    include_drops bool DEFAULT true, import text DEFAULT NULL)
    RETURNS TABLE(rank int, advice_id text, action text, schema_name text, table_name text, index_name text, ddl text,
                  reason text, warning text, est_size_bytes bigint, cost_before float8, cost_after float8,
                  saved_ms_per_hour float8, queries_helped int, write_cost float8, computed_at timestamptz, evidence jsonb)
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 20;
COMMENT ON FUNCTION pk_suggest_indexes(text[], float8[], text, int, float8, interval, text[], bool, bool, regclass[], regclass[], bool, text) IS
'The indexes that would save the workload the most time, as the planner tells when they are put before it hypothetically. Runs none of the queries and changes nothing. The workload is what pk_workload has of this database, planned from pk_workload_samples where the caller may see their constants; where that is empty, off, or much younger, what pg_stat_statements has, with a NOTICE; or the queries given; or an import. pk_advisor_queries() says what became of each query. ERROR 55000 where there is no workload, 22023 for an argument out of range or an import that is not there, 42501 without EXECUTE, which pg_monitor has. docs/advisor.md
queries: a workload of one''s own, planned as by EXPLAIN with the caller''s rights; NULL for what was observed
weights: how often each of queries runs; NULL: equally often
budget: most bytes that the new indexes may take, such as ''500MB''; NULL for no limit
max_indexes: most indexes to advise; NULL for no limit
min_gain: least share of the workload''s time that an index has to save, its upkeep deducted
time_limit: when to stop looking for better sets; NULL for no limit
methods: index methods to consider, of btree, hash, gin and brin; NULL for all
covering: whether to consider INCLUDE columns
partial: whether to consider partial indexes (on IS NULL, IS NOT NULL, boolean columns, and constants that recur)
tables: advise on these tables only; NULL for all
exclude: advise on no index of these tables
include_drops: also advise which existing indexes to drop
import: the workload of another server that pk_workload_import has read under this name, planned as by EXPLAIN with the caller''s rights
rank: 1 for what to do first
advice_id: the same as long as the advice stands
action: create or drop
schema_name: schema of the table
table_name: the table
index_name: the index
ddl: the statement to run, on its own and outside a transaction block
reason: why
warning: what to know before running it
est_size_bytes: of the index once built; of an existing index its size
cost_before: planner''s cost of the queries helped, each run once, without the advised indexes
cost_after: the same with all of them
saved_ms_per_hour: execution time saved in an hour like those observed; NULL where nothing was observed
queries_helped: queries whose plan uses it
write_cost: milliseconds per hour that the writes observed would spend on it; NULL where nothing was observed
computed_at: when this was worked out
evidence: the workload''s source and window, the queries with their costs and the number of different samples that each was planned from (0: text without constants), the writes, what building it would read, write and lock, the assumptions';
REVOKE ALL ON FUNCTION pk_suggest_indexes(text[], float8[], text, int, float8, interval, text[], bool, bool, regclass[], regclass[], bool, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_suggest_indexes(text[], float8[], text, int, float8, interval, text[], bool, bool, regclass[], regclass[], bool, text) TO pg_monitor;

CREATE FUNCTION pk_advisor_queries(
    queries text[] DEFAULT NULL, weights float8[] DEFAULT NULL, budget text DEFAULT NULL, max_indexes int DEFAULT NULL,
    min_gain float8 DEFAULT 0.001, time_limit interval DEFAULT '30 seconds', methods text[] DEFAULT NULL,
    covering bool DEFAULT true, partial bool DEFAULT true, tables regclass[] DEFAULT NULL, exclude regclass[] DEFAULT NULL,
    import text DEFAULT NULL)
    RETURNS TABLE(queryid bigint, user_name text, calls float8, total_ms float8, share float8, status text, reason text,
                  cost_before float8, cost_after float8, saved_ms_per_hour float8, advice_ids text[], query text)
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 100;
COMMENT ON FUNCTION pk_advisor_queries(text[], float8[], text, int, float8, interval, text[], bool, bool, regclass[], regclass[], text) IS
'What pk_suggest_indexes() with the same arguments makes of each query of the workload: which ones its indexes help, which ones no index helps, and which ones had to be skipped, and why. Works the advice out anew. Errors and arguments as there.
queries: a workload of one''s own, planned as by EXPLAIN with the caller''s rights; NULL for what was observed
weights: how often each of queries runs; NULL: equally often
budget: most bytes that the new indexes may take, such as ''500MB''; NULL for no limit
max_indexes: most indexes to advise; NULL for no limit
min_gain: least share of the workload''s time that an index has to save, its upkeep deducted
time_limit: when to stop looking for better sets; NULL for no limit
methods: index methods to consider, of btree, hash, gin and brin; NULL for all
covering: whether to consider INCLUDE columns
partial: whether to consider partial indexes (on IS NULL, IS NOT NULL, boolean columns, and constants that recur)
tables: advise on these tables only; NULL for all
exclude: advise on no index of these tables
import: the workload of another server that pk_workload_import has read under this name, planned as by EXPLAIN with the caller''s rights
queryid: as in pk_workload; the place of the query in queries where they were given
user_name: who ran it; NULL where the queries were given
calls: number of executions; the weight where the queries were given
total_ms: time that they took; NULL where the queries were given
share: share of the time of all queries, 0 to 1; NULL where the queries were given
status: helped, not helped or skipped
reason: what the indexes save, why no index helps, or why the query was skipped
cost_before: planner''s cost without the advised indexes
cost_after: the same with all of them
saved_ms_per_hour: execution time saved in an hour like those observed; NULL where nothing was observed
advice_ids: the advice that helps it
query: its text';
REVOKE ALL ON FUNCTION pk_advisor_queries(text[], float8[], text, int, float8, interval, text[], bool, bool, regclass[], regclass[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_advisor_queries(text[], float8[], text, int, float8, interval, text[], bool, bool, regclass[], regclass[], text) TO pg_monitor;

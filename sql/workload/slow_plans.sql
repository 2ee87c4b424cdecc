
-- workload: plans of slow executions

CREATE FUNCTION pk_slow_plans_read(
    OUT userid oid, OUT toplevel boolean, OUT queryid bigint, OUT shape bigint, OUT outline text, OUT plan json, OUT actual boolean,
    OUT executions bigint, OUT min_ms float8, OUT mean_ms float8, OUT max_ms float8, OUT plan_of_ms float8,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT current boolean,
    OUT changes bigint, OUT changed timestamptz, OUT previous_shape bigint,
    OUT truncated boolean, OUT redacted boolean, OUT query text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 128;
COMMENT ON FUNCTION pk_slow_plans_read() IS
'What the view pk_slow_plans shows, roles by oid; no rows without preload.
userid: the role whose rights the statement ran with, by oid
toplevel: true: sent by the client; false: run inside another statement
queryid: as in pk_workload
shape: hash of outline: plans that differ in costs, constants or the choice of partitions only have the same
outline: kinds of nodes, relations and indexes in their order; at most 4 kB
plan: as EXPLAIN (FORMAT JSON), of the slowest execution; one that was instrumented goes before one that was not. NULL where truncated. Without constants where redacted, and for those who may not see them
actual: true: the execution was instrumented (EXPLAIN ANALYZE, auto_explain.log_analyze) and plan has actual rows; false: estimates only
executions: executions with this shape that took pg_perfkit.slow_plan_ms or longer and ended normally
min_ms: the fastest of these
mean_ms: their mean
max_ms: the slowest
plan_of_ms: how long the execution took of which plan is
first_seen: start of the client statement with which the shape was first seen
last_seen: start of the client statement with which it was last seen
current: the statement''s latest slow execution had this shape
changes: how often it came after an execution of another shape
changed: when it last did; NULL for never
previous_shape: which shape came before, then
truncated: the plan is longer than pg_perfkit.slow_plan_length
redacted: constants were taken out, since the plan speaks of secrets or pg_perfkit.sample_parameters was off
query: the statement without constants, from a sample; NULL where there is none';

CREATE VIEW pk_slow_plans AS
SELECT r.rolname AS role, p.*
FROM @extschema@.pk_slow_plans_read() p
LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) p.userid;
COMMENT ON VIEW pk_slow_plans IS
    'Plans of executions in this database that took pg_perfkit.slow_plan_ms or longer: a row per role, statement and shape of the plan. Constants are shown to superusers, to members of the role pg_perfkit.sample_readers, and to whose statement it is; the plans without them also to members of pg_read_all_stats';
COMMENT ON COLUMN pk_slow_plans.role IS 'name of the role whose rights the statement ran with; NULL where it has been dropped';
GRANT SELECT ON pk_slow_plans TO PUBLIC;

CREATE VIEW pk_plan_changes AS
WITH plans AS MATERIALIZED (SELECT * FROM @extschema@.pk_slow_plans)
SELECT now.role, now.userid, now.toplevel, now.queryid, now.query, now.changed, now.changes, now.current,
       now.previous_shape, before.outline AS previous_outline, before.mean_ms AS previous_mean_ms, now.shape, now.outline, now.mean_ms
FROM plans now
LEFT JOIN plans before ON before.userid OPERATOR(pg_catalog.=) now.userid AND before.toplevel OPERATOR(pg_catalog.=) now.toplevel
     AND before.queryid OPERATOR(pg_catalog.=) now.queryid AND before.shape OPERATOR(pg_catalog.=) now.previous_shape
WHERE now.previous_shape IS NOT NULL;
COMMENT ON VIEW pk_plan_changes IS
    'Statements whose slow executions changed their plan: a row for each shape that came after another one, with both. Rights as for pk_slow_plans. Executions faster than pg_perfkit.slow_plan_ms are not seen';
COMMENT ON COLUMN pk_plan_changes.role IS 'name of the role whose rights the statement ran with; NULL where it has been dropped';
COMMENT ON COLUMN pk_plan_changes.userid IS 'the role by oid';
COMMENT ON COLUMN pk_plan_changes.toplevel IS 'true: sent by the client; false: run inside another statement';
COMMENT ON COLUMN pk_plan_changes.queryid IS 'as in pk_workload';
COMMENT ON COLUMN pk_plan_changes.query IS 'the statement without constants, from a sample; NULL where there is none';
COMMENT ON COLUMN pk_plan_changes.changed IS 'start of the client statement in which shape last came after another one';
COMMENT ON COLUMN pk_plan_changes.changes IS 'how often it did';
COMMENT ON COLUMN pk_plan_changes.current IS 'the statement''s latest slow execution had this shape';
COMMENT ON COLUMN pk_plan_changes.previous_shape IS 'the shape that came before the last change';
COMMENT ON COLUMN pk_plan_changes.previous_outline IS 'its outline; NULL where it had to make room';
COMMENT ON COLUMN pk_plan_changes.previous_mean_ms IS 'mean time of all slow executions with the previous shape; NULL where it had to make room';
COMMENT ON COLUMN pk_plan_changes.shape IS 'the shape that came then';
COMMENT ON COLUMN pk_plan_changes.outline IS 'its outline: kinds of nodes, relations and indexes in their order';
COMMENT ON COLUMN pk_plan_changes.mean_ms IS 'mean time of all slow executions with the shape';
GRANT SELECT ON pk_plan_changes TO PUBLIC;

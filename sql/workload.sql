
-- workload: what every statement of the cluster cost

CREATE FUNCTION pk_workload_counters(
    OUT dbid oid, OUT userid oid, OUT toplevel boolean, OUT queryid bigint,
    OUT calls bigint, OUT failed bigint, OUT cancelled bigint,
    OUT total_ms float8, OUT min_ms float8, OUT mean_ms float8, OUT max_ms float8, OUT stddev_ms float8,
    OUT p50_ms float8, OUT p95_ms float8, OUT p99_ms float8, OUT latency bigint[], OUT lost_ms float8,
    OUT rows bigint, OUT plans bigint, OUT plan_ms float8, OUT plan_min_ms float8, OUT plan_max_ms float8,
    OUT shared_blks_hit bigint, OUT shared_blks_read bigint, OUT shared_blks_dirtied bigint, OUT shared_blks_written bigint,
    OUT local_blks_hit bigint, OUT local_blks_read bigint, OUT local_blks_dirtied bigint, OUT local_blks_written bigint,
    OUT temp_blks_read bigint, OUT temp_blks_written bigint,
    OUT read_ms float8, OUT write_ms float8, OUT temp_read_ms float8, OUT temp_write_ms float8,
    OUT wal_records bigint, OUT wal_fpi bigint, OUT wal_bytes bigint,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT query text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION pk_workload_counters() IS
'What the view pk_workload shows, databases and roles by oid. Rows of all roles, but queryid is NULL in those of others unless the caller has the rights of pg_read_all_stats. Without preload what pg_stat_statements has, and a NOTICE.
dbid: the database, by oid
userid: the role whose rights the statement ran with, by oid
toplevel: true: sent by the client; false: run inside another statement (function, EXPLAIN, COPY, CREATE TABLE AS...)
queryid: the server''s query identifier, as in pg_stat_statements and pg_stat_activity
calls: executions that ended normally
failed: executions and plannings that an error ended
cancelled: executions and plannings that a cancel or statement_timeout ended (SQLSTATE 57014)
total_ms: time of all calls, without planning
min_ms: shortest call
mean_ms: mean of the calls
max_ms: longest call
stddev_ms: standard deviation of the calls'' times, of the population
p50_ms: median time of a call, within 4.5 %
p95_ms: 95 % of the calls took no longer, within 4.5 %
p99_ms: 99 % of the calls took no longer, within 4.5 %
latency: histogram of the calls'' times, for pk_latency_percentile, pk_latency_sum, pk_latency_since, pk_latency_within
lost_ms: time spent in executions that failed or were cancelled
rows: rows returned or changed, over all fetches of a cursor
plans: how often it was planned (pg_perfkit.workload_planning)
plan_ms: time of all plannings
plan_min_ms: shortest planning
plan_max_ms: longest planning
shared_blks_hit: blocks of tables and indexes found in shared_buffers
shared_blks_read: blocks of tables and indexes that had to be read
shared_blks_dirtied: blocks of tables and indexes that it was the first to change
shared_blks_written: blocks of tables and indexes that it had to write itself
local_blks_hit: blocks of temporary tables found in temp_buffers
local_blks_read: blocks of temporary tables that had to be read
local_blks_dirtied: blocks of temporary tables that it was the first to change
local_blks_written: blocks of temporary tables written
temp_blks_read: blocks of temporary files read (sorts, hashes and the like beyond work_mem)
temp_blks_written: blocks of temporary files written
read_ms: time reading blocks of tables and indexes (track_io_timing)
write_ms: time writing blocks of tables and indexes (track_io_timing)
temp_read_ms: time reading temporary files (track_io_timing)
temp_write_ms: time writing temporary files (track_io_timing)
wal_records: WAL records
wal_fpi: full page images in the WAL
wal_bytes: bytes of WAL
first_seen: start of the client statement with which it was first seen
last_seen: start of the client statement with which it was last seen
query: its text without constants, from a sample; NULL where there is none, for statements of other databases, and without the right to see it';

CREATE VIEW pk_workload AS
SELECT d.datname AS database, r.rolname AS role, w.*
FROM @extschema@.pk_workload_counters() w
LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) w.dbid
LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) w.userid;
COMMENT ON VIEW pk_workload IS
    'Every statement since the last reset, a row per database, role, queryid and whether the client sent it (toplevel) or it ran inside another; all times in ms. Without preload: from pg_stat_statements where it is there, with a NOTICE of what is missing';
COMMENT ON COLUMN pk_workload.database IS 'name of the database; NULL where it has been dropped';
COMMENT ON COLUMN pk_workload.role IS 'name of the role whose rights the statement ran with; NULL where it has been dropped';
GRANT SELECT ON pk_workload TO PUBLIC;

CREATE FUNCTION pk_workload_total(
    OUT toplevel boolean, OUT calls bigint, OUT failed bigint, OUT cancelled bigint,
    OUT total_ms float8, OUT max_ms float8, OUT p50_ms float8, OUT p95_ms float8, OUT p99_ms float8,
    OUT latency bigint[], OUT lost_ms float8, OUT rows bigint, OUT plans bigint, OUT plan_ms float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 2;
COMMENT ON FUNCTION pk_workload_total() IS
'The whole cluster since the last reset of everything, statements that had to be evicted included: a row for what clients sent, a row for what ran inside that. Counters never fall, as metrics need. ERROR 55000 without preload.
toplevel: true: what clients sent; false: what ran inside other statements
calls: executions that ended normally
failed: executions and plannings that an error ended
cancelled: executions and plannings that a cancel or statement_timeout ended
total_ms: time of all calls, without planning
max_ms: longest call
p50_ms: median time of a call, within 4.5 %
p95_ms: 95 % of the calls took no longer, within 4.5 %
p99_ms: 99 % of the calls took no longer, within 4.5 %
latency: histogram of the calls'' times, for the pk_latency_* functions
lost_ms: time spent in executions that failed or were cancelled
rows: rows returned or changed
plans: plannings
plan_ms: time of all plannings';

CREATE FUNCTION pk_workload_info(
    OUT state text, OUT since timestamptz, OUT entries bigint, OUT max_entries bigint, OUT evictions bigint,
    OUT lost_events bigint, OUT flushes bigint, OUT damaged bigint, OUT memory_bytes bigint,
    OUT sampled bigint, OUT sample_bytes_free bigint, OUT slow_plans bigint,
    OUT predicates bigint, OUT predicate_evictions bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 1;
COMMENT ON FUNCTION pk_workload_info() IS
'Capture itself, in one row; everything but state is NULL without preload.
state: on, or what keeps this session''s statements from being captured
since: when counting began: the last reset of everything, or the start of the server, where nothing was kept over it
entries: rows of pk_workload
max_entries: most rows (pg_perfkit.workload_max)
evictions: rows that had to go for others; their counts remain in pk_workload_total()
lost_events: executions that could not be counted, for want of memory
flushes: how often a session took the lock of the table
damaged: sessions'' buffers that were found inconsistent, and emptied
memory_bytes: shared memory in use
sampled: statements of which there are samples
sample_bytes_free: room for further samples, before the statements go that were executed least
slow_plans: rows of pk_slow_plans, over all databases
predicates: rows of pk_predicates, over all databases
predicate_evictions: predicates that had to go for others';

CREATE FUNCTION pk_workload_reset(database name DEFAULT NULL, role name DEFAULT NULL, queryid bigint DEFAULT NULL)
    RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_workload_reset(name, name, bigint) IS
'Forgets the counters, samples, slow plans and predicates of a database, a role, a query, or their combination; without arguments everything, pk_workload_total() included. Returns the number of rows removed. For superusers, who can grant it. ERROR 3D000 or 42704 for an unknown database or role, 55000 without preload.
database: only of this database
role: only of this role
queryid: only of this query';
REVOKE ALL ON FUNCTION pk_workload_reset(name, name, bigint) FROM PUBLIC;

CREATE FUNCTION pk_workload_samples_read(
    OUT userid oid, OUT toplevel boolean, OUT queryid bigint, OUT kind text, OUT taken timestamptz, OUT ms float8,
    OUT query text, OUT parameter_types regtype[], OUT parameters text[], OUT parameter_states text[],
    OUT search_path text, OUT settings text[], OUT application_name text,
    OUT truncated boolean, OUT redacted boolean, OUT plannable boolean, OUT tags jsonb)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION pk_workload_samples_read() IS
'What the view pk_workload_samples shows, roles by oid; no rows without preload.
userid: the role whose rights the statement ran with, by oid
toplevel: true: sent by the client; false: run inside another statement
queryid: as in pk_workload
kind: reservoir: one of up to three, each execution that was offered as likely as the other; slowest: the slowest that was noticed, or that a cancel or timeout ended
taken: start of the client statement
ms: how long it took, or had taken when it was cancelled; NULL for those of the reservoir, which are taken as executions begin
query: its text with its constants; variables of functions are parameters; without constants for those who may not see them
parameter_types: types of $1, $2...
parameters: their values in text form; NULL where parameter_states is not value or truncated
parameter_states: value, null, truncated (longer than 1 kB), redacted, omitted (a type whose text form needs the catalogs, or sample_parameters was off), hidden (no right to see it)
search_path: as it was set
settings: settings that bear on plans and were not the default, as name=value
application_name: of the session
truncated: the text is longer than pg_perfkit.sample_length, or search_path or a setting longer than 1 kB
redacted: constants were taken out of the text, since it speaks of secrets or pg_perfkit.sample_parameters was off
plannable: whether query, with parameters, can be planned as it was
tags: of its comments, as the specification of sqlcommenter has them: an object; for those who may see its constants; NULL where there are none';

CREATE VIEW pk_workload_samples AS
SELECT r.rolname AS role, s.*
FROM @extschema@.pk_workload_samples_read() s
LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.userid;
COMMENT ON VIEW pk_workload_samples IS
    'Executions in this database as they were sent, with constants, parameters, search_path and settings: up to four for each statement. Constants are shown to superusers, to members of the role pg_perfkit.sample_readers, and to whose statement it is; the texts without them also to members of pg_read_all_stats';
COMMENT ON COLUMN pk_workload_samples.role IS 'name of the role whose rights the statement ran with; NULL where it has been dropped';
GRANT SELECT ON pk_workload_samples TO PUBLIC;

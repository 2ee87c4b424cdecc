
-- history: readings of the counters, in tables that only C code writes

-- Nothing is ever changed or deleted there; a table is emptied as a whole.
CREATE TABLE pk_history_0 (kind "char" NOT NULL, since timestamptz, taken timestamptz NOT NULL, data bytea NOT NULL)
    WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
COMMENT ON COLUMN pk_history_0.kind IS 'q: queries, r: relations, d: database, w: waits, s: server';
COMMENT ON COLUMN pk_history_0.since IS 'the reading before; NULL where there was none to compare with';
COMMENT ON COLUMN pk_history_0.taken IS 'time of the reading';
COMMENT ON COLUMN pk_history_0.data IS 'what the counters gained since then, in a form of its own';
CREATE TABLE pk_history_1 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
CREATE TABLE pk_history_2 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
CREATE TABLE pk_history_3 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
CREATE TABLE pk_history_4 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
CREATE TABLE pk_history_5 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
CREATE TABLE pk_history_6 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
CREATE TABLE pk_history_7 (LIKE pk_history_0 INCLUDING COMMENTS) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
COMMENT ON TABLE pk_history_0 IS 'About an eighth of the history, for pk_history_totals and what is built on it. Its rows are not dumped.';
COMMENT ON TABLE pk_history_1 IS 'As pk_history_0.';
COMMENT ON TABLE pk_history_2 IS 'As pk_history_0.';
COMMENT ON TABLE pk_history_3 IS 'As pk_history_0.';
COMMENT ON TABLE pk_history_4 IS 'As pk_history_0.';
COMMENT ON TABLE pk_history_5 IS 'As pk_history_0.';
COMMENT ON TABLE pk_history_6 IS 'As pk_history_0.';
COMMENT ON TABLE pk_history_7 IS 'As pk_history_0.';

CREATE FUNCTION pk_history_info(
    OUT state text, OUT interval_s bigint, OUT retention_s bigint, OUT snapshots bigint, OUT oldest timestamptz, OUT newest timestamptz,
    OUT bytes bigint, OUT bytes_per_day bigint, OUT last_try timestamptz, OUT last_success timestamptz, OUT overdue_s float8,
    OUT last_error text, OUT resets bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION pk_history_info() IS
'The history of this database, in one row.
state: on, trouble (see last_error), dead (the launcher is not running), or off and why
interval_s: time between two snapshots, in seconds (pg_perfkit.history_interval)
retention_s: how long they are kept, in seconds (pg_perfkit.history_retention)
snapshots: how many there are; where nothing happens none is written for up to an hour; NULL, as what follows, while one of its tables is locked
oldest: time of the first of them
newest: time of the last of them
bytes: size of all of them
bytes_per_day: the same for each day between oldest and newest; NULL where they are less than an hour apart
last_try: when a worker was last started for this database, since the server started
last_success: when one last came to its end
overdue_s: seconds since then, or since the launcher started; NULL where history is off
last_error: what kept the last one from its end; NULL where nothing did, and without the rights of pg_read_all_stats
resets: how often counters were found to have begun anew (a reset, or a statement that had been evicted), since the server started; NULL without preload';

CREATE FUNCTION pk_history_snapshot() RETURNS timestamptz
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_history_snapshot() IS
'Has a snapshot of this database taken at once, also where pg_perfkit.history_interval is 0, and returns its time: before and after a change, so that pk_compare has clean edges. For superusers, who can grant it. ERROR 55000 without preload and where none could be taken.';
REVOKE EXECUTE ON FUNCTION pk_history_snapshot() FROM PUBLIC;

CREATE FUNCTION pk_history_totals(kind text, "from" timestamptz, "to" timestamptz,
    OUT id1 bigint, OUT id2 bigint, OUT id3 bigint, OUT counters bigint[], OUT first_gauges bigint[], OUT last_gauges bigint[],
    OUT latency bigint[], OUT snapshots bigint, OUT seconds float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION pk_history_totals(text, timestamptz, timestamptz) IS
'What each object gained in a window of time, from the snapshots taken in it (from excluded, to included); what the functions below are made from. What they count, in order: queries (queryid, role, toplevel): calls, failed and cancelled ones, time in µs, rows, shared blocks hit, read, dirtied, temporary blocks read, written, read time in µs, bytes of WAL. relations (oid): scans, rows returned, rows fetched, inserted, updated, deleted, HOT updated, blocks read, hit; gauges bytes, live rows, dead rows. database: commits, rollbacks, blocks read, hit, rows returned, fetched, inserted, updated, deleted, temporary bytes, deadlocks, sessions; gauge connections. waits (event): sightings; event -1: looks. server: bytes of WAL, its records, page images, checkpoints timed, requested, buffers written by checkpoints, by the background writer, buffers allocated. ERROR 22023 for another kind.
id1: first part of what identifies the object; NULL for a statement of another role, unless the caller has the rights of pg_read_all_stats
id2: second part
id3: third part
counters: what they gained, never less than 0
first_gauges: how gauges stood as the window began, or were first known
last_gauges: how they stood as it ended
latency: of queries, histogram of the calls'' times
snapshots: in how many of them the object gained something
seconds: the time that the snapshots in the window cover';
REVOKE EXECUTE ON FUNCTION pk_history_totals(text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_history_totals(text, timestamptz, timestamptz) TO pg_monitor;

CREATE FUNCTION pk_history_points(kind text, "from" timestamptz, "to" timestamptz,
    OUT since timestamptz, OUT taken timestamptz, OUT counters bigint[], OUT gauges bigint[], OUT latency bigint[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION pk_history_points(text, timestamptz, timestamptz) IS
'Each snapshot in a window of time, summed over all objects of a kind; see pk_history_totals. Of waits the counters are sessions seen running, waiting, and how often somebody looked. ERROR 22023 for another kind.
since: the snapshot before; NULL where there was none to compare with
taken: time of this one
counters: what they gained between the two
gauges: how they stood at this one
latency: of queries, histogram of the calls'' times';
REVOKE EXECUTE ON FUNCTION pk_history_points(text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_history_points(text, timestamptz, timestamptz) TO pg_monitor;

CREATE FUNCTION pk_wait_event_name(event bigint) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_wait_event_name(bigint) IS
'Kind and name of a wait event by the number that the history has; CPU for 0, a process that did not wait; NULL for what is no such number.';

-- history: the launcher learns that this database has the extension now

DO $$ BEGIN PERFORM @extschema@.pk_history_info(); END $$;

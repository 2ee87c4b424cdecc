
-- apply: carries advice out, and tells afterwards whether it was any good

-- Only the library writes to it, and what it has comes from the library: nothing is ever run from here.
CREATE TABLE pk_applied_records (
    id uuid PRIMARY KEY DEFAULT @extschema@.pk_uuidv7(),
    advice_id text NOT NULL,
    action text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    index_name text NOT NULL,
    definition text NOT NULL,
    ddl text NOT NULL,
    undo_ddl text,
    requested_by name NOT NULL,
    requested timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    started timestamptz,
    finished timestamptz,
    state text NOT NULL DEFAULT 'queued',
    attempts int NOT NULL DEFAULT 0,
    error text,
    left_invalid boolean NOT NULL DEFAULT false,
    forecast_bytes bigint,
    forecast_ms_per_hour float8,
    size_bytes bigint,
    queries jsonb NOT NULL);
COMMENT ON TABLE pk_applied_records IS
    'What the view pk_applied shows. Only its owner has access; dumps have its rows';
COMMENT ON COLUMN pk_applied_records.id IS 'as pk_apply() gave it';
COMMENT ON COLUMN pk_applied_records.advice_id IS 'as in pk_suggest_indexes()';
COMMENT ON COLUMN pk_applied_records.action IS 'create or drop';
COMMENT ON COLUMN pk_applied_records.schema_name IS 'schema of the table and the index';
COMMENT ON COLUMN pk_applied_records.table_name IS 'the table';
COMMENT ON COLUMN pk_applied_records.index_name IS 'the index';
COMMENT ON COLUMN pk_applied_records.definition IS 'of an index to create: USING method (keys) ...; of one to drop its name';
COMMENT ON COLUMN pk_applied_records.ddl IS 'the statement';
COMMENT ON COLUMN pk_applied_records.undo_ddl IS 'the statement that takes it back';
COMMENT ON COLUMN pk_applied_records.requested_by IS 'role with whose rights it runs';
COMMENT ON COLUMN pk_applied_records.requested IS 'when pk_apply() was called';
COMMENT ON COLUMN pk_applied_records.started IS 'when the first attempt began';
COMMENT ON COLUMN pk_applied_records.finished IS 'when the last attempt ended';
COMMENT ON COLUMN pk_applied_records.state IS 'queued, running, done or failed';
COMMENT ON COLUMN pk_applied_records.attempts IS 'how often the statement was begun';
COMMENT ON COLUMN pk_applied_records.error IS 'why it failed';
COMMENT ON COLUMN pk_applied_records.left_invalid IS 'it may have left its index invalid';
COMMENT ON COLUMN pk_applied_records.forecast_bytes IS 'size that the advice forecast';
COMMENT ON COLUMN pk_applied_records.forecast_ms_per_hour IS 'execution time per hour that the advice said it would save';
COMMENT ON COLUMN pk_applied_records.size_bytes IS 'size when it was built, or dropped';
COMMENT ON COLUMN pk_applied_records.queries IS 'the queries that read or write the table, as in pk_applied';
REVOKE ALL ON pk_applied_records FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.pk_applied_records', '');

CREATE FUNCTION pk_applied_state(applied uuid) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_applied_state(uuid) IS
'The state that pk_applied shows, as it is at this moment: queued, running, done, failed or lost. NULL where the caller may not see it, or there is none.';

CREATE VIEW pk_applied WITH (security_barrier) AS
SELECT r.id, r.advice_id, r.action, r.schema_name, r.table_name, r.index_name, r.ddl, r.undo_ddl, r.requested_by, r.requested,
       r.started, r.finished,
       r.current_state AS state, r.attempts, r.error,
       CASE WHEN (r.left_invalid OR r.current_state OPERATOR(pg_catalog.=) 'lost')
             AND EXISTS (SELECT FROM pg_catalog.pg_index i
                         JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
                         JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) i.indrelid
                         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                         WHERE NOT i.indisvalid AND n.nspname OPERATOR(pg_catalog.=) r.schema_name
                           AND c.relname OPERATOR(pg_catalog.=) r.index_name AND t.relname OPERATOR(pg_catalog.=) r.table_name)
            THEN pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', r.schema_name, r.index_name) END AS cleanup_ddl,
       r.forecast_bytes, r.forecast_ms_per_hour, r.size_bytes,
       1000 OPERATOR(pg_catalog.*) EXTRACT(epoch FROM r.finished OPERATOR(pg_catalog.-) r.started)::float8 AS took_ms, r.queries
FROM (SELECT a.*, CASE WHEN a.state OPERATOR(pg_catalog.=) ANY ('{queued,running}') THEN @extschema@.pk_applied_state(a.id) ELSE a.state END AS current_state
      FROM @extschema@.pk_applied_records a
      WHERE a.requested_by OPERATOR(pg_catalog.=) CURRENT_USER
         OR pg_catalog.pg_has_role(CURRENT_USER, 'pg_read_all_stats', 'USAGE')) r;
GRANT SELECT ON pk_applied TO PUBLIC;
COMMENT ON VIEW pk_applied IS
    'What pk_apply() and perfkit apply have carried out, and are carrying out: of the caller''s, or for members of pg_read_all_stats of all';
COMMENT ON COLUMN pk_applied.id IS 'as pk_apply() gave it';
COMMENT ON COLUMN pk_applied.advice_id IS 'as in pk_suggest_indexes()';
COMMENT ON COLUMN pk_applied.action IS 'create or drop';
COMMENT ON COLUMN pk_applied.schema_name IS 'schema of the table and the index';
COMMENT ON COLUMN pk_applied.table_name IS 'the table';
COMMENT ON COLUMN pk_applied.index_name IS 'the index';
COMMENT ON COLUMN pk_applied.ddl IS 'the statement';
COMMENT ON COLUMN pk_applied.undo_ddl IS 'the statement that takes it back; NULL where there is none';
COMMENT ON COLUMN pk_applied.requested_by IS 'role with whose rights it runs';
COMMENT ON COLUMN pk_applied.requested IS 'when pk_apply() was called';
COMMENT ON COLUMN pk_applied.started IS 'when the first attempt began';
COMMENT ON COLUMN pk_applied.finished IS 'when the last attempt ended';
COMMENT ON COLUMN pk_applied.state IS 'queued; running; done; failed, see error; lost: its process was killed or could not start, pk_apply() again cleans up';
COMMENT ON COLUMN pk_applied.attempts IS 'how often the statement was begun';
COMMENT ON COLUMN pk_applied.error IS 'why it failed';
COMMENT ON COLUMN pk_applied.cleanup_ddl IS 'drops the invalid index that it has left, as does the next pk_apply() for the table; NULL where there is none';
COMMENT ON COLUMN pk_applied.forecast_bytes IS 'size that the advice forecast; of a dropped index its size then';
COMMENT ON COLUMN pk_applied.forecast_ms_per_hour IS 'execution time per hour that the advice said it would save';
COMMENT ON COLUMN pk_applied.size_bytes IS 'size when it was built, or dropped';
COMMENT ON COLUMN pk_applied.took_ms IS 'from the first attempt''s begin to the last one''s end';
COMMENT ON COLUMN pk_applied.queries IS 'the queries that read or write the table, 50 at most: which, the forecast costs of those that it helps, and what pk_workload had of each before the change (before) and when it was done (at_end)';

CREATE FUNCTION pk_apply(advice_id text) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_apply(text) IS
'Has a piece of advice carried out, with the caller''s rights: a background worker runs its DDL once the caller''s transaction has committed, and none does where it is rolled back. Returns at once, with the id in pk_applied, where the outcome will be. The advice is one that pk_suggest_indexes() gave this session, or else gives now. Several in one transaction are carried out one after the other. ERROR 42704 where there is no such advice, 42501 without the rights on the table, in a SECURITY DEFINER function, and without EXECUTE, which pg_monitor has, 55006 where it is being carried out already, 25006 on a standby, 53400, as the transaction commits, where max_worker_processes is used up. docs/apply.md';
REVOKE ALL ON FUNCTION pk_apply(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_apply(text) TO pg_monitor;

-- For perfkit apply, which runs the DDL itself and shows how far it is.
CREATE FUNCTION pk_applied_begin(advice_id text) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_applied_begin(text) IS
'For a client that is about to run the DDL of a piece of advice itself, on another connection: notes in pk_applied what is known of its queries, and returns the id there. pk_applied_end() has to follow in the same session. Errors and EXECUTE as with pk_apply(), and ERROR 55P03 while another change of the table is under way.';
REVOKE ALL ON FUNCTION pk_applied_begin(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_applied_begin(text) TO pg_monitor;

CREATE FUNCTION pk_applied_end(applied uuid, error text DEFAULT NULL) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_applied_end(uuid, text) IS
'Notes in pk_applied how it ended. ERROR 55000 where this session has not begun it with pk_applied_begin(), 25006 on a standby. For pg_monitor.
error: why it failed; NULL where it is done';
REVOKE ALL ON FUNCTION pk_applied_end(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_applied_end(uuid, text) TO pg_monitor;

CREATE FUNCTION pk_verify()
    RETURNS TABLE(id uuid, advice_id text, action text, schema_name text, table_name text, index_name text, finished timestamptz,
                  verdict text, reason text, statement text, calls_before bigint, calls_after bigint, calls_needed bigint,
                  mean_before_ms float8, mean_after_ms float8, change_ms float8, change_low_ms float8, change_high_ms float8,
                  saved_ms_per_hour float8, forecast_ms_per_hour float8, size_bytes bigint, forecast_bytes bigint, idx_scan bigint, queries jsonb)
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION pk_verify() IS
'Whether each change in pk_applied made the queries faster that read or write its table: their captured times before it, as far as the counters went back, and since it was done. A query counts as often as it ran since. Bounds are those of 95 % confidence. Rows of changes that are done, of the caller''s or for members of pg_read_all_stats of all; it compares what of pk_workload the caller may see. docs/apply.md
id: as in pk_applied
advice_id: as in pk_suggest_indexes()
action: create or drop
schema_name: schema of the table and the index
table_name: the table
index_name: the index
finished: when the change was done
verdict: kept: it is faster, or of a drop: not slower; no gain; worse: the sum, or without a gain a query, is slower; too few calls yet; not captured: nothing was known of its queries before; gone: the index was dropped since, or is there again
reason: the verdict in a sentence
statement: what to run where the verdict is no gain or worse; NULL for other verdicts
calls_before: calls of the queries before the change, of those that ran twice before and after
calls_after: of these queries since
calls_needed: further calls until there is a verdict, about; NULL where there is one, or no number of calls would give one
mean_before_ms: mean time of a call before, were the queries as frequent as since
mean_after_ms: mean time of a call since
change_ms: difference of the two, below 0 where calls became faster
change_low_ms: the difference is no less than this
change_high_ms: the difference is no more than this
saved_ms_per_hour: execution time saved in an hour like those since; below 0 where it is lost
forecast_ms_per_hour: what the advice forecast
size_bytes: of the index when it was built, or dropped
forecast_bytes: what the advice forecast
idx_scan: scans of the new index since it was built or statistics were reset; NULL where it was dropped
queries: each query: queryid, role, toplevel, helped (by the forecast), query, calls_before, mean_before_ms, calls_after, mean_after_ms, and slower where it is slower for certain';

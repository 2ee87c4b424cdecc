
CREATE FUNCTION pk_metrics_capture(top_queries int DEFAULT 20) RETURNS SETOF pk_metric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 300 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    shown CONSTANT int := 50;
    info record;
BEGIN
    SELECT * INTO info FROM @extschema@.pk_workload_info();
    RETURN NEXT ('capture_up', 'gauge', '1 where the library is preloaded, so that statements can be captured; else the metrics of statements are missing.',
                 NULL, (info.entries IS NOT NULL)::int, NULL)::@extschema@.pk_metric;
    IF info.entries IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT m.name, m.type, m.help, NULL::text[], m.value::float8, NULL::bigint[]
        FROM (VALUES
            ('capture_entries', 'gauge', 'Statements that capture keeps counters of.', info.entries::numeric),
            ('capture_max_entries', 'gauge', 'Statements that it can keep counters of.', info.max_entries),
            ('capture_evictions_total', 'counter', 'Statements that had to go for others.', info.evictions),
            ('capture_lost_events_total', 'counter', 'Executions that could not be counted.', info.lost_events),
            ('capture_damaged_total', 'counter', 'Buffers of sessions that were found inconsistent, and emptied.', info.damaged),
            ('capture_memory_bytes', 'gauge', 'Shared memory that capture uses.', info.memory_bytes),
            ('capture_sampled_statements', 'gauge', 'Statements of which there are samples.', info.sampled),
            ('capture_since_seconds', 'gauge', 'When counting began, in seconds since 1970.', extract(epoch FROM info.since))) m(name, type, help, value);
    -- The counters of the whole cluster hold what was evicted, too: they never fall.
    RETURN QUERY
        SELECT m.name, CASE WHEN m.n = 1 THEN 'histogram' ELSE 'counter' END, m.help,
               ARRAY['level', CASE WHEN t.toplevel THEN 'client' ELSE 'nested' END] || m.labels, m.value::float8, m.latency
        FROM @extschema@.pk_workload_total() t, LATERAL (VALUES
            (1, 'statement_seconds', 'Time of the statements of the whole cluster that ended normally: sent by clients, or run inside those.', NULL::text[], t.total_ms / 1000, t.latency),
            (2, 'statement_failures_total', 'Statements that failed or were cancelled.', ARRAY['outcome', 'failed'], t.failed, NULL::bigint[]),
            (3, 'statement_failures_total', 'Statements that failed or were cancelled.', ARRAY['outcome', 'cancelled'], t.cancelled, NULL),
            (4, 'statement_lost_seconds_total', 'Time in statements that failed or were cancelled.', NULL, t.lost_ms / 1000, NULL),
            (5, 'statement_rows_total', 'Rows that statements returned or changed.', NULL, t.rows, NULL),
            (6, 'planning_seconds_total', 'Time of planning, as far as it is measured (pg_perfkit.workload_planning).', NULL, t.plan_ms / 1000, NULL)) m(n, name, help, labels, value, latency)
        ORDER BY m.n, t.toplevel DESC;
    RETURN QUERY
        WITH counted AS MATERIALIZED (
            SELECT d.datname, w.userid, w.toplevel, w.queryid, w.total_ms, w.latency, w.rows, w.failed + w.cancelled AS failures,
                   w.shared_blks_hit, w.shared_blks_read, w.temp_blks_written
            FROM @extschema@.pk_workload_counters() w JOIN pg_database d ON d.oid = w.dbid
        ), top AS (
            -- By every part of the key, so that each is a counter of its own; never by text.
            SELECT c.*, ARRAY['database', c.datname, 'role', coalesce(r.rolname, c.userid::text), 'queryid', c.queryid::text,
                              'level', CASE WHEN c.toplevel THEN 'client' ELSE 'nested' END]::text[] AS by
            FROM (SELECT * FROM counted WHERE queryid IS NOT NULL ORDER BY total_ms DESC, queryid LIMIT least(greatest(top_queries, 0), 200)) c
            LEFT JOIN pg_roles r ON r.oid = c.userid
        )
        SELECT m.name, CASE WHEN m.n <= 1 THEN 'histogram' ELSE 'counter' END, m.help, m.labels, m.value::float8, m.latency
        FROM (
            -- A sum over statements falls when one of them is evicted, and a counter that falls counts as begun anew.
            (SELECT 0 AS n, sum(total_ms) AS rank, 'database_statement_seconds' AS name,
                    'Time of the statements that clients sent, by database; missing once statements had to be evicted.' AS help,
                    ARRAY['database', datname::text] AS labels, sum(total_ms) / 1000 AS value, @extschema@.pk_latency_sum(latency) AS latency
             FROM counted WHERE toplevel AND info.evictions = 0 GROUP BY datname ORDER BY 2 DESC, datname LIMIT shown)
          UNION ALL
            SELECT v.n, t.total_ms, v.name, v.help, t.by, v.value, v.latency
            FROM top t, LATERAL (VALUES
                (1, 'query_seconds', 'Time of the calls of a statement that took most time.', t.total_ms / 1000, t.latency),
                (2, 'query_rows_total', 'Rows that the statement returned or changed.', t.rows, NULL::bigint[]),
                (3, 'query_failures_total', 'Calls of the statement that failed or were cancelled.', t.failures, NULL),
                (4, 'query_blocks_hit_total', 'Blocks that the statement found in shared_buffers.', t.shared_blks_hit, NULL),
                (5, 'query_blocks_read_total', 'Blocks that the statement had to read.', t.shared_blks_read, NULL),
                (6, 'query_temp_blocks_written_total', 'Blocks of temporary files that the statement wrote.', t.temp_blks_written, NULL)) v(n, name, help, value, latency)) m
        ORDER BY m.n, m.rank DESC, m.labels;
    RETURN NEXT ('left_out', 'gauge', 'What there were too many of for metrics of each.', ARRAY['what', 'statements'],
                 greatest(info.entries - least(greatest(top_queries, 0), 200), 0), NULL)::@extschema@.pk_metric;
END $$;
COMMENT ON FUNCTION pk_metrics_capture(int) IS
'Metrics of statements, for pk_metrics().
top_queries: of how many statements, those that took the most time, there are metrics; at most 200';
REVOKE ALL ON FUNCTION pk_metrics_capture(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_capture(int) TO pg_monitor;

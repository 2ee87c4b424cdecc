
CREATE FUNCTION pk_window(measure text, "from" timestamptz, "to" timestamptz,
    OUT since timestamptz, OUT taken timestamptz, OUT value float8)
    RETURNS SETOF record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    names CONSTANT jsonb := '{
        "database": ["commits", "rollbacks", "reads", "hits", "hit_percent", "rows_returned", "rows_changed", "temp_bytes", "deadlocks", "sessions", "connections"],
        "queries": ["calls", "failures", "query_ms", "mean_ms", "p50_ms", "p95_ms", "p99_ms"],
        "relations": ["bytes", "live_rows", "dead_rows", "seq_rows"],
        "server": ["wal_bytes", "checkpoints", "requested_checkpoints", "buffers_allocated"],
        "waits": ["running", "waiting"]}';
    kind text := (SELECT n.key FROM jsonb_each(names) n WHERE n.value ? measure);
BEGIN
    IF kind IS NULL THEN
        RAISE EXCEPTION 'history has no measure %', coalesce(quote_literal(measure), 'NULL') USING ERRCODE = 'invalid_parameter_value',
            HINT = format('There are %s.', (SELECT string_agg(m, ', ' ORDER BY n.key, o) FROM jsonb_each(names) n, jsonb_array_elements_text(n.value) WITH ORDINALITY e(m, o)));
    END IF;
    RETURN QUERY
    SELECT p.since, p.taken, CASE measure
        WHEN 'commits' THEN c[1] / s WHEN 'rollbacks' THEN c[2] / s WHEN 'reads' THEN c[3] / s WHEN 'hits' THEN c[4] / s
        WHEN 'hit_percent' THEN CASE WHEN s > 0 THEN @extschema@.pk_hit_percent(p.counters[4], p.counters[3]) END
        WHEN 'rows_returned' THEN c[5] / s WHEN 'rows_changed' THEN (c[7] + c[8] + c[9]) / s
        WHEN 'temp_bytes' THEN c[10] / s WHEN 'deadlocks' THEN c[11] / s WHEN 'sessions' THEN c[12] / s
        WHEN 'connections' THEN p.gauges[1]
        WHEN 'calls' THEN c[1] / s WHEN 'failures' THEN c[2] / s WHEN 'query_ms' THEN c[3] / 1000 / s
        WHEN 'mean_ms' THEN c[3] / 1000 / nullif(c[1], 0)
        WHEN 'p50_ms' THEN @extschema@.pk_latency_percentile(p.latency, 0.5) WHEN 'p95_ms' THEN @extschema@.pk_latency_percentile(p.latency, 0.95)
        WHEN 'p99_ms' THEN @extschema@.pk_latency_percentile(p.latency, 0.99)
        WHEN 'bytes' THEN p.gauges[1] WHEN 'live_rows' THEN p.gauges[2] WHEN 'dead_rows' THEN p.gauges[3] WHEN 'seq_rows' THEN c[2] / s
        WHEN 'wal_bytes' THEN c[1] / s WHEN 'checkpoints' THEN (c[4] + c[5]) / s WHEN 'requested_checkpoints' THEN c[5] / s
        WHEN 'buffers_allocated' THEN c[8] / s
        WHEN 'running' THEN c[1] / nullif(c[3], 0) WHEN 'waiting' THEN c[2] / nullif(c[3], 0) END
    FROM @extschema@.pk_history_points(kind, "from", "to") p,
         LATERAL (SELECT nullif(extract(epoch FROM p.taken - p.since), 0)::float8 AS s, p.counters::float8[] AS c OFFSET 0) v;
END $$;
COMMENT ON FUNCTION pk_window(text, timestamptz, timestamptz) IS
'A measure of this database at each snapshot in a window of time (from excluded, to included), oldest first. Of the database: commits, rollbacks, reads, hits (blocks), rows_returned, rows_changed, temp_bytes, deadlocks, sessions (each per second), hit_percent, connections; of its statements: calls, failures (per second), query_ms (per second: 1000 is one statement running at any time), mean_ms, p50_ms, p95_ms, p99_ms; of its relations without the catalogs: bytes, live_rows, dead_rows, seq_rows (rows or entries that scans returned, per second); of the server: wal_bytes, checkpoints, requested_checkpoints, buffers_allocated (per second); sessions seen, on average: running, waiting. ERROR 22023 for another one.
since: the snapshot before, from which on the value counts; NULL where there was none to compare with
taken: time of this one
value: the measure; NULL where nothing is known or there was nothing to measure';

CREATE FUNCTION pk_cache_window(back interval DEFAULT '1 hour', until timestamptz DEFAULT now(),
    OUT schema_name name, OUT table_name name, OUT heap_reads bigint, OUT heap_hits bigint, OUT index_reads bigint, OUT index_hits bigint,
    OUT toast_reads bigint, OUT toast_hits bigint, OUT reads bigint, OUT hits bigint, OUT hit_percent float8, OUT class text)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp
    AS $$
    WITH t AS MATERIALIZED (
        SELECT id1::oid AS oid, counters[8] AS reads, counters[9] AS hits FROM @extschema@.pk_history_totals('relations', until - back, until)),
    part AS (
        SELECT c.oid, 'heap' AS part, c.oid AS relation FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
        UNION ALL SELECT i.indrelid, 'index', i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relkind IN ('r', 'm')
        UNION ALL SELECT c.oid, 'toast', c.reltoastrelid FROM pg_class c WHERE c.reltoastrelid <> 0
        UNION ALL SELECT c.oid, 'toast', i.indexrelid FROM pg_class c JOIN pg_index i ON i.indrelid = c.reltoastrelid),
    sums AS (
        SELECT p.oid,
               sum(t.reads) FILTER (WHERE part = 'heap') AS hr, sum(t.hits) FILTER (WHERE part = 'heap') AS hh,
               sum(t.reads) FILTER (WHERE part = 'index') AS ir, sum(t.hits) FILTER (WHERE part = 'index') AS ih,
               sum(t.reads) FILTER (WHERE part = 'toast') AS tr, sum(t.hits) FILTER (WHERE part = 'toast') AS th,
               sum(t.reads)::bigint AS reads, sum(t.hits)::bigint AS hits
        FROM part p JOIN t ON t.oid = p.relation GROUP BY p.oid)
    SELECT n.nspname, c.relname, hr::bigint, hh::bigint, ir::bigint, ih::bigint, tr::bigint, th::bigint, s.reads, s.hits,
           h.percent, @extschema@.pk_hit_class(h.percent)
    FROM sums s JOIN pg_class c ON c.oid = s.oid JOIN pg_namespace n ON n.oid = c.relnamespace,
         LATERAL (SELECT @extschema@.pk_hit_percent(s.hits, s.reads) AS percent) h
    ORDER BY s.reads DESC, s.hits DESC, 1, 2
$$;
COMMENT ON FUNCTION pk_cache_window(interval, timestamptz) IS
'pk_cache_table over a window of time: cache hits of each table without the catalogs, what was read most first. From the snapshots taken in the window; no rows without any.
back: how long the window is
until: its end
schema_name: schema of the table
table_name: the table
heap_reads: blocks of the table itself that were not in shared_buffers
heap_hits: those that were
index_reads: the same for its indexes; NULL where it has none
index_hits: the same for its indexes; NULL where it has none
toast_reads: the same for its TOAST table with its index; NULL where it has none
toast_hits: the same for its TOAST table with its index; NULL where it has none
reads: heap, index and TOAST reads
hits: heap, index and TOAST hits
hit_percent: hits in percent of hits and reads; NULL where there were none
class: good (above 99 %), fair (90 to 99 %), warn (below 90 %)';

CREATE FUNCTION pk_cache_database_window(back interval DEFAULT '1 hour', until timestamptz DEFAULT now(),
    OUT reads bigint, OUT hits bigint, OUT hit_percent float8, OUT class text, OUT seconds float8)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1 SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT t.counters[3], t.counters[4], h.percent, @extschema@.pk_hit_class(h.percent), t.seconds
    FROM @extschema@.pk_history_totals('database', until - back, until) t,
         LATERAL (SELECT @extschema@.pk_hit_percent(t.counters[4], t.counters[3]) AS percent) h
$$;
COMMENT ON FUNCTION pk_cache_database_window(interval, timestamptz) IS
'pk_cache_database over a window of time, for this database: one row, or none where no snapshot was taken in the window.
back: how long the window is
until: its end
reads: blocks that were not in shared_buffers
hits: blocks that were
hit_percent: hits in percent of hits and reads; NULL where there were none
class: good (above 99 %), fair (90 to 99 %), warn (below 90 %)
seconds: the time that the snapshots in the window cover';

CREATE FUNCTION pk_slow_queries_window(back interval DEFAULT '1 hour', until timestamptz DEFAULT now(),
    OUT queryid bigint, OUT role_name name, OUT toplevel boolean, OUT calls bigint, OUT failures bigint, OUT total_ms float8, OUT share_percent float8,
    OUT mean_ms float8, OUT p50_ms float8, OUT p95_ms float8, OUT p99_ms float8, OUT hit_percent float8, OUT rows_per_call float8,
    OUT wal_bytes bigint, OUT query text)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp
    AS $$
    WITH t AS MATERIALIZED (SELECT * FROM @extschema@.pk_history_totals('queries', until - back, until)),
    texts AS MATERIALIZED (
        SELECT DISTINCT ON (w.queryid, w.userid, w.toplevel) w.queryid, w.userid, w.toplevel, w.query
        FROM @extschema@.pk_workload_counters() w
        WHERE w.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
    SELECT t.id1, r.rolname, t.id3 = 1, c[1], c[2], round(c[3] / 1000.0, 3)::float8,
           -- Nested ones are counted in those that run them.
           CASE WHEN t.id3 = 1 THEN round(100.0 * c[3] / nullif(sum(c[3]) FILTER (WHERE t.id3 = 1) OVER (), 0), 2)::float8 END,
           round(c[3] / 1000.0 / nullif(c[1], 0), 4)::float8,
           @extschema@.pk_latency_percentile(t.latency, 0.5), @extschema@.pk_latency_percentile(t.latency, 0.95), @extschema@.pk_latency_percentile(t.latency, 0.99),
           @extschema@.pk_hit_percent(c[5], c[6]), round(c[4]::numeric / nullif(c[1], 0), 2)::float8, c[11], x.query
    FROM t CROSS JOIN LATERAL (SELECT t.counters AS c) v
    LEFT JOIN pg_roles r ON r.oid = t.id2::oid
    LEFT JOIN texts x ON (x.queryid, x.userid, x.toplevel) = (t.id1, t.id2::oid, t.id3 = 1)
    ORDER BY c[3] DESC, t.id1
$$;
COMMENT ON FUNCTION pk_slow_queries_window(interval, timestamptz) IS
'The statements of this database in a window of time, what took most time in all first. From the snapshots taken in the window; needs workload capture. Identifiers and texts of others'' statements only with the rights of pg_read_all_stats.
back: how long the window is
until: its end
queryid: as in pk_workload; NULL for a statement of another role that the caller may not see
role_name: the role whose rights it ran with; NULL where it has been dropped
toplevel: true: sent by the client; false: run inside another statement
calls: executions that ended normally
failures: executions that failed or were cancelled
total_ms: time of all calls
share_percent: of the time of all statements that clients sent; NULL for one that ran inside another
mean_ms: mean time of a call
p50_ms: median time of a call, within 4.5 %
p95_ms: 95 % of the calls took no longer
p99_ms: 99 % of the calls took no longer
hit_percent: blocks found in shared_buffers in percent of those needed; NULL where none was
rows_per_call: rows returned or changed by a call
wal_bytes: bytes of WAL
query: its text without constants; NULL where capture has no sample of it any more, and without the right to see it';

CREATE FUNCTION pk_growth_window(back interval DEFAULT '7 days', until timestamptz DEFAULT now(),
    OUT schema_name name, OUT table_name name, OUT bytes_before bigint, OUT bytes_after bigint, OUT growth_bytes bigint, OUT growth_percent float8,
    OUT index_growth_bytes bigint, OUT toast_growth_bytes bigint, OUT rows_before bigint, OUT rows_after bigint,
    OUT inserted bigint, OUT updated bigint, OUT deleted bigint)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp
    AS $$
    WITH t AS MATERIALIZED (SELECT id1::oid AS oid, * FROM @extschema@.pk_history_totals('relations', until - back, until)),
    part AS (
        SELECT c.oid, 'heap' AS part, c.oid AS relation FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
        UNION ALL SELECT i.indrelid, 'index', i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relkind IN ('r', 'm')
        UNION ALL SELECT c.oid, 'toast', c.reltoastrelid FROM pg_class c WHERE c.reltoastrelid <> 0
        UNION ALL SELECT c.oid, 'toast', i.indexrelid FROM pg_class c JOIN pg_index i ON i.indrelid = c.reltoastrelid),
    sums AS (
        SELECT p.oid, sum(first_gauges[1])::bigint AS before, sum(last_gauges[1])::bigint AS after,
               sum(last_gauges[1] - first_gauges[1]) FILTER (WHERE part = 'index')::bigint AS index_growth,
               sum(last_gauges[1] - first_gauges[1]) FILTER (WHERE part = 'toast')::bigint AS toast_growth,
               max(first_gauges[2]) FILTER (WHERE part = 'heap') AS rows_before, max(last_gauges[2]) FILTER (WHERE part = 'heap') AS rows_after,
               max(counters[4]) FILTER (WHERE part = 'heap') AS inserted, max(counters[5]) FILTER (WHERE part = 'heap') AS updated,
               max(counters[6]) FILTER (WHERE part = 'heap') AS deleted
        FROM part p JOIN t ON t.oid = p.relation GROUP BY p.oid)
    SELECT n.nspname, c.relname, s.before, s.after, s.after - s.before, round(100.0 * (s.after - s.before) / nullif(s.before, 0), 2)::float8,
           s.index_growth, s.toast_growth, s.rows_before, s.rows_after, s.inserted, s.updated, s.deleted
    FROM sums s JOIN pg_class c ON c.oid = s.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    ORDER BY s.after - s.before DESC, s.after DESC, 1, 2
$$;
COMMENT ON FUNCTION pk_growth_window(interval, timestamptz) IS
'How much each table has grown in a window of time, with its indexes and its TOAST table, without the catalogs; what grew most first. A table that was made in the window has its first known size as the one before. From the snapshots taken in the window; no rows without any.
back: how long the window is
until: its end
schema_name: schema of the table
table_name: the table
bytes_before: size as the window began
bytes_after: size as it ended
growth_bytes: the difference
growth_percent: the difference in percent of bytes_before
index_growth_bytes: of that its indexes; NULL where it has none
toast_growth_bytes: of that its TOAST table and the index of that; NULL where it has none
rows_before: live rows as the window began, by the statistics
rows_after: live rows as it ended
inserted: rows inserted meanwhile
updated: rows updated
deleted: rows deleted';

CREATE FUNCTION pk_waits_window(back interval DEFAULT '1 hour', until timestamptz DEFAULT now(),
    OUT waits_for text, OUT sightings bigint, OUT share_percent float8, OUT mean_sessions float8)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 50 SET search_path = pg_catalog, pg_temp
    AS $$
    WITH t AS MATERIALIZED (SELECT id1, counters[1] AS seen FROM @extschema@.pk_history_totals('waits', until - back, until))
    SELECT @extschema@.pk_wait_event_name(t.id1), sum(t.seen)::bigint, round(100.0 * sum(t.seen) / nullif(sum(sum(t.seen)) OVER (), 0), 2)::float8,
           round(sum(t.seen)::numeric / nullif((SELECT l.seen FROM t l WHERE l.id1 = -1), 0), 4)::float8
    FROM t WHERE t.id1 >= 0 GROUP BY 1 ORDER BY 2 DESC, 1
$$;
COMMENT ON FUNCTION pk_waits_window(interval, timestamptz) IS
'What the processes of this database did in a window of time, seen once a second: on the processor, or waiting for what. Idle ones are left out. No rows where nothing was seen, or no snapshot was taken in the window.
back: how long the window is
until: its end
waits_for: kind and name of the wait event; CPU for a process that did not wait
sightings: how often a process was seen so
share_percent: in percent of all sightings
mean_sessions: how many processes did so at a time, on average';

CREATE FUNCTION pk_recent_waits(OUT event bigint, OUT sightings bigint, OUT looks bigint, OUT sightings_now bigint, OUT looks_now bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 50;
COMMENT ON FUNCTION pk_recent_waits() IS
'What the view pk_wait_events shows, events by number.
event: number of the wait event, for pk_wait_event_name; 0 for a process that did not wait
sightings: how often a process of this database was seen so in the last hour
looks: how often somebody looked in that hour
sightings_now: how often a process was seen so in the last five minutes
looks_now: how often somebody looked in these';

DO $$
DECLARE f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['pk_window(text, timestamptz, timestamptz)', 'pk_cache_window(interval, timestamptz)', 'pk_cache_database_window(interval, timestamptz)',
                             'pk_slow_queries_window(interval, timestamptz)', 'pk_growth_window(interval, timestamptz)', 'pk_waits_window(interval, timestamptz)', 'pk_recent_waits()'] LOOP
        EXECUTE pg_catalog.format('REVOKE EXECUTE ON FUNCTION @extschema@.%1$s FROM PUBLIC; GRANT EXECUTE ON FUNCTION @extschema@.%1$s TO pg_monitor', f);
    END LOOP;
END $$;

CREATE VIEW pk_wait_events AS
    SELECT pg_catalog.split_part(n.name, ': ', 1) AS wait_event_type, nullif(pg_catalog.split_part(n.name, ': ', 2), '') AS wait_event,
           pg_catalog.sum(w.sightings)::bigint AS sightings,
           pg_catalog.round(100 * pg_catalog.sum(w.sightings) / pg_catalog.sum(pg_catalog.sum(w.sightings)) OVER (), 2)::float8 AS share_percent,
           pg_catalog.round(pg_catalog.sum(w.sightings) / nullif(pg_catalog.max(w.looks), 0), 4)::float8 AS mean_sessions,
           pg_catalog.round(pg_catalog.sum(w.sightings_now) / nullif(pg_catalog.max(w.looks_now), 0), 4)::float8 AS sessions_now
    FROM @extschema@.pk_recent_waits() w CROSS JOIN LATERAL (SELECT @extschema@.pk_wait_event_name(w.event) AS name) n
    GROUP BY n.name
    ORDER BY 3 DESC, 1, 2;
COMMENT ON VIEW pk_wait_events IS
'What the processes of this database did on this server in the last hour, or since it started, seen once a second: on the processor, or waiting for what. What was seen most often first; idle ones are left out. From shared memory: up to the last second, on a standby too. pk_waits_window has any window of time that the history reaches back to. No rows where nothing was seen, or pg_perfkit.history_interval is 0; without preload with a NOTICE.';
COMMENT ON COLUMN pk_wait_events.wait_event_type IS 'kind of the wait event, as in pg_stat_activity; CPU for a process that did not wait';
COMMENT ON COLUMN pk_wait_events.wait_event IS 'its name; NULL for CPU, and for waits in extensions, which are counted as one';
COMMENT ON COLUMN pk_wait_events.sightings IS 'how often a process was seen so';
COMMENT ON COLUMN pk_wait_events.share_percent IS 'in percent of all sightings';
COMMENT ON COLUMN pk_wait_events.mean_sessions IS 'how many processes did so at a time, on average';
COMMENT ON COLUMN pk_wait_events.sessions_now IS 'the same in the last five minutes; NULL where nobody looked in these';
GRANT SELECT ON pk_wait_events TO pg_monitor;

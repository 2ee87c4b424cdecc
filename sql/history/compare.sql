
CREATE FUNCTION pk_compare(from1 timestamptz, to1 timestamptz, from2 timestamptz, to2 timestamptz,
    OUT verdict text, OUT added_ms float8, OUT queryid bigint, OUT role_name name, OUT toplevel boolean,
    OUT calls_before bigint, OUT calls_after bigint, OUT mean_before_ms float8, OUT mean_after_ms float8, OUT mean_ratio float8,
    OUT p95_before_ms float8, OUT p95_after_ms float8, OUT p95_ratio float8,
    OUT reads_per_call_before float8, OUT reads_per_call_after float8, OUT total_before_ms float8, OUT total_after_ms float8, OUT query text)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 1000 SET search_path = pg_catalog, pg_temp
    AS $$
    WITH before AS MATERIALIZED (SELECT * FROM @extschema@.pk_history_totals('queries', from1, to1)),
    after AS MATERIALIZED (SELECT * FROM @extschema@.pk_history_totals('queries', from2, to2)),
    length AS (
        -- The database's is in each snapshot, though no statement ran.
        SELECT (SELECT seconds FROM @extschema@.pk_history_totals('database', from1, to1)) AS before,
               (SELECT seconds FROM @extschema@.pk_history_totals('database', from2, to2)) AS after),
    both_windows AS (
        SELECT id1 AS queryid, id2::oid AS userid, id3 = 1 AS toplevel,
               b.counters[1] AS calls1, a.counters[1] AS calls2, b.counters[3] / 1000.0 AS ms1, a.counters[3] / 1000.0 AS ms2,
               b.counters[6] AS reads1, a.counters[6] AS reads2,
               @extschema@.pk_latency_percentile(b.latency, 0.95) AS p1, @extschema@.pk_latency_percentile(a.latency, 0.95) AS p2
        FROM before b FULL JOIN after a USING (id1, id2, id3)
        WHERE id1 IS NOT NULL),
    measured AS (
        SELECT q.*, ms1 / nullif(calls1, 0) AS mean1, ms2 / nullif(calls2, 0) AS mean2,
               -- As if both windows had been as long as the second.
               coalesce(ms2, 0) - coalesce(ms1, 0) * nullif(l.after, 0) / nullif(l.before, 0) AS added
        FROM both_windows q, length l),
    texts AS MATERIALIZED (
        SELECT DISTINCT ON (w.queryid, w.userid, w.toplevel) w.queryid, w.userid, w.toplevel, w.query
        FROM @extschema@.pk_workload_counters() w
        WHERE w.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
    SELECT CASE WHEN m.added IS NULL THEN NULL
                WHEN coalesce(m.calls1, 0) = 0 THEN 'new'
                WHEN coalesce(m.calls2, 0) = 0 THEN 'gone'
                WHEN m.mean2 > 1.2 * m.mean1 OR m.p2 > 1.2 * m.p1 THEN 'slower'
                WHEN m.mean2 < m.mean1 / 1.2 AND m.p2 <= m.p1 THEN 'faster'
                ELSE 'same' END,
           round(m.added::numeric, 3)::float8, m.queryid, r.rolname, m.toplevel, m.calls1, m.calls2,
           round(m.mean1, 4)::float8, round(m.mean2, 4)::float8, round(m.mean2 / nullif(m.mean1, 0), 3)::float8,
           round(m.p1::numeric, 4)::float8, round(m.p2::numeric, 4)::float8, round((m.p2 / nullif(m.p1, 0))::numeric, 3)::float8,
           round(m.reads1::numeric / nullif(m.calls1, 0), 2)::float8, round(m.reads2::numeric / nullif(m.calls2, 0), 2)::float8,
           round(m.ms1, 3)::float8, round(m.ms2, 3)::float8, t.query
    FROM measured m
    LEFT JOIN pg_roles r ON r.oid = m.userid
    LEFT JOIN texts t ON (t.queryid, t.userid, t.toplevel) = (m.queryid, m.userid, m.toplevel)
    ORDER BY m.added DESC NULLS LAST, m.queryid
$$;
COMMENT ON FUNCTION pk_compare(timestamptz, timestamptz, timestamptz, timestamptz) IS
'Each statement of this database in two windows of time, before and after a deployment say: what added most time first. Windows of different lengths are compared as if the first had been as long as the second. From the snapshots taken in each window (from excluded, to included): pk_history_snapshot() gives clean edges. Without snapshots no rows. Statements of others only with the rights of pg_read_all_stats.
verdict: slower (mean or P95 by a fifth or more), faster, same, new, gone; NULL where one of the windows has no snapshots
added_ms: time that the second window took more than the first, as if they had the same length; NULL where one of them has no snapshots
queryid: as in pk_workload
role_name: the role whose rights the statement ran with; NULL where it has been dropped
toplevel: true: sent by the client; false: run inside another statement
calls_before: calls in the first window; NULL where there were none
calls_after: calls in the second
mean_before_ms: mean time of a call in the first window
mean_after_ms: mean time of a call in the second
mean_ratio: the second by the first
p95_before_ms: 95 % of the calls took no longer, within 4.5 %, in the first window
p95_after_ms: the same in the second
p95_ratio: the second by the first
reads_per_call_before: blocks that a call had to read, in the first window
reads_per_call_after: the same in the second
total_before_ms: time of all calls in the first window
total_after_ms: time of all calls in the second
query: its text without constants; NULL where capture has no sample of it any more, and without the right to see it';
REVOKE EXECUTE ON FUNCTION pk_compare(timestamptz, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_compare(timestamptz, timestamptz, timestamptz, timestamptz) TO pg_monitor;

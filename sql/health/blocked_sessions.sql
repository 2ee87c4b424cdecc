
CREATE FUNCTION pk_check_blocked_sessions(warn float8 DEFAULT 30, critical float8 DEFAULT 300) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH waiting AS MATERIALIZED (
        SELECT pid, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    ), since AS (
        -- pg_locks is only looked at where somebody waits.
        SELECT w.pid, (SELECT min(l.waitstart) FROM pg_locks l WHERE l.pid = w.pid AND NOT l.granted) AS waitstart FROM waiting w
    ), root AS (
        SELECT b.pid, count(DISTINCT w.pid) AS blocked
        FROM waiting w, unnest(w.blockers) b(pid)
        WHERE b.pid NOT IN (SELECT pid FROM waiting)
        GROUP BY b.pid
    )
    SELECT @extschema@.pk_health_result('blocked_sessions', 'sessions', 's',
        'How long the session has been waiting that has waited longest for a lock which another one holds.',
        (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float8 FROM since), warn, critical,
        objects => (SELECT array_agg(CASE r.pid WHEN 0 THEN format('a prepared transaction blocks %s', r.blocked)
                                     ELSE format('process %s (user %s, database %s, %s) blocks %s directly', r.pid, a.usename, a.datname, a.state, r.blocked)
                                     END ORDER BY r.blocked DESC) FROM root r LEFT JOIN pg_stat_activity a USING (pid)),
        recommendation => (SELECT CASE r.pid WHEN 0 THEN 'See pg_prepared_xacts.' ELSE format('SELECT pg_terminate_backend(%s)', r.pid) END
                           FROM root r ORDER BY r.blocked DESC LIMIT 1),
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
$$;
COMMENT ON FUNCTION pk_check_blocked_sessions(float8, float8) IS
'Longest wait for a lock; its objects are the sessions at the roots, which block others and do not wait themselves.
warn: from this many s; NULL for never
critical: from this many s; NULL for never';


CREATE FUNCTION pk_check_connections(warn float8 DEFAULT 80, critical float8 DEFAULT 95) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH client AS (
        SELECT coalesce(usename, '-') AS usename, coalesce(application_name, '') AS application_name
        FROM pg_stat_activity WHERE backend_type = 'client backend'
    ), few AS (
        SELECT format('user %s, application %s: %s', usename, application_name, count(*)) AS text, count(*) AS n
        FROM client GROUP BY usename, application_name ORDER BY 2 DESC LIMIT 5
    )
    SELECT @extschema@.pk_health_result('connections', 'sessions', '%',
        'Share of the connections that clients may open which are open.',
        (SELECT count(*) FROM client) * 100.0
            / greatest(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                       - coalesce(current_setting('reserved_connections', true)::int, 0), 1), warn, critical,
        objects => (SELECT array_agg(text ORDER BY n DESC) FROM few),
        recommendation => 'Close idle connections, put a pooler such as PgBouncer in front, or raise max_connections (restart).',
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
$$;
COMMENT ON FUNCTION pk_check_connections(float8, float8) IS
'Open client connections in percent of max_connections without those reserved.
warn: from this many %; NULL for never
critical: from this many %; NULL for never';

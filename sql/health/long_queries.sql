
CREATE FUNCTION pk_check_long_queries(warn float8 DEFAULT 300, critical float8 DEFAULT 3600) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('long_queries', 'sessions', 's',
        'How long the longest running query of a client has been running.',
        coalesce(max(extract(epoch FROM now() - query_start)), 0)::float8, warn, critical,
        objects => array_agg(format('process %s (user %s, database %s, application %s): %s s', pid, usename, datname, application_name,
                                    extract(epoch FROM now() - query_start)::int) ORDER BY query_start),
        recommendation => (array_agg(format('SELECT pg_cancel_backend(%s)', pid) ORDER BY query_start))[1],
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
    FROM pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
$$;
COMMENT ON FUNCTION pk_check_long_queries(float8, float8) IS
'Run time of the longest query that runs now.
warn: from this many s; NULL for never
critical: from this many s; NULL for never';


CREATE FUNCTION pk_check_idle_in_transaction(warn float8 DEFAULT 300, critical float8 DEFAULT 3600) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('idle_in_transaction', 'sessions', 's',
        'How long the longest session has been idle inside a transaction, keeping its locks and holding back VACUUM.',
        coalesce(max(extract(epoch FROM now() - state_change)), 0)::float8, warn, critical,
        objects => array_agg(format('process %s (user %s, database %s, application %s): %s s', pid, usename, datname, application_name,
                                    extract(epoch FROM now() - state_change)::int) ORDER BY state_change),
        recommendation => (array_agg(format('SELECT pg_terminate_backend(%s); and set idle_in_transaction_session_timeout', pid) ORDER BY state_change))[1],
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
    FROM pg_stat_activity
    WHERE state LIKE 'idle in transaction%'
$$;
COMMENT ON FUNCTION pk_check_idle_in_transaction(float8, float8) IS
'Longest time that a session has been idle in a transaction.
warn: from this many s; NULL for never
critical: from this many s; NULL for never';

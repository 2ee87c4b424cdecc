
CREATE FUNCTION pk_check_pending_restart(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('pending_restart', 'server', 'settings',
        'Settings that were changed in the configuration and come into force at the next restart only.',
        count(*), warn, critical,
        objects => array_agg(s.name ORDER BY s.name),
        recommendation => 'Restart the server at a convenient time.')
    FROM pg_settings s WHERE s.pending_restart
$$;
COMMENT ON FUNCTION pk_check_pending_restart(float8, float8) IS
'Number of settings that wait for a restart.
warn: from this many settings; NULL for never
critical: from this many settings; NULL for never';

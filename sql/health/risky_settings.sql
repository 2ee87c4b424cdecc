
CREATE FUNCTION pk_check_risky_settings(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('risky_settings', 'server', 'settings',
        'Settings without which the server cannot keep itself in order: autovacuum, statistics, or a method of the planner is switched off.',
        count(*), warn, critical,
        objects => array_agg(format('%s = %s', s.name, s.setting) ORDER BY s.name),
        recommendation => (array_agg(format('ALTER SYSTEM RESET %s; SELECT pg_reload_conf()', s.name) ORDER BY s.name))[1])
    FROM pg_settings s
    WHERE s.name IN ('autovacuum', 'track_counts', 'track_activities', 'enable_seqscan', 'enable_indexscan', 'enable_indexonlyscan',
                     'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_nestloop', 'enable_sort', 'enable_hashagg')
      AND s.setting = 'off' AND s.source NOT IN ('session', 'client')
$$;
COMMENT ON FUNCTION pk_check_risky_settings(float8, float8) IS
'Number of settings that switch off what the server needs in the long run.
warn: from this many settings; NULL for never
critical: from this many settings; NULL for never';


CREATE FUNCTION pk_check_unsafe_settings(warn float8 DEFAULT NULL, critical float8 DEFAULT 1) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('unsafe_settings', 'server', 'settings',
        'Settings with which a crash or a bad disk can lose or corrupt data.',
        count(*), warn, critical,
        objects => array_agg(format('%s = %s', s.name, s.setting) ORDER BY s.name),
        recommendation => (array_agg(format('ALTER SYSTEM RESET %s; SELECT pg_reload_conf()', s.name) ORDER BY s.name))[1])
    FROM pg_settings s
    JOIN (VALUES ('fsync', 'off'), ('full_page_writes', 'off'), ('zero_damaged_pages', 'on'), ('ignore_checksum_failure', 'on'),
                 ('ignore_invalid_pages', 'on'), ('ignore_system_indexes', 'on')) bad(name, setting) USING (name, setting)
$$;
COMMENT ON FUNCTION pk_check_unsafe_settings(float8, float8) IS
'Number of settings that put the data at risk.
warn: from this many settings; NULL for never
critical: from this many settings; NULL for never';

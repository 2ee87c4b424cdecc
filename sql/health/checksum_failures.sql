
CREATE FUNCTION pk_check_checksum_failures(warn float8 DEFAULT NULL, critical float8 DEFAULT 1) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('checksum_failures', 'server', 'pages',
        'Pages whose checksum was wrong when they were read: the storage has changed them.',
        coalesce(sum(checksum_failures), 0), warn, critical,
        objects => array_agg(format('%s: %s, last %s', coalesce('database ' || quote_ident(datname), 'shared catalogs'), checksum_failures, checksum_last_failure::timestamp(0)) ORDER BY checksum_failures DESC)
                       FILTER (WHERE checksum_failures > 0),
        recommendation => 'Look at the storage and its log, check the backups, then find the relation with pg_amcheck.',
        reason => CASE WHEN NOT current_setting('data_checksums')::bool THEN 'data checksums are off' END)
    FROM pg_stat_database
$$;
COMMENT ON FUNCTION pk_check_checksum_failures(float8, float8) IS
'Number of checksum failures in all databases since the statistics were reset.
warn: from this many pages; NULL for never
critical: from this many pages; NULL for never';


CREATE FUNCTION pk_check_unused_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL, min_mb float8 DEFAULT 1, min_days float8 DEFAULT 7) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH since AS (
        SELECT coalesce(stats_reset, pg_postmaster_start_time()) AS began FROM pg_stat_database WHERE datname = current_database()
    ), unused AS (
        SELECT format('%I.%I', s.schemaname, s.indexrelname) AS name, s.relname, @extschema@.pk_relation_bytes(s.indexrelid) AS bytes
        FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
        WHERE s.idx_scan = 0 AND i.indisvalid
          AND NOT (i.indisunique OR i.indisprimary OR i.indisreplident OR i.indisexclusion OR i.indisclustered)
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = s.indexrelid)
          AND s.schemaname <> 'pg_toast'
    )
    SELECT @extschema@.pk_health_result('unused_indexes', 'schema', 'indexes',
        'Indexes that no query on this server has used since the statistics began; standbys have statistics of their own.',
        count(u.name), warn, critical,
        objects => array_agg(format('%s on %I (%s)', u.name, u.relname, pg_size_pretty(u.bytes)) ORDER BY u.bytes DESC, u.name) FILTER (WHERE u.name IS NOT NULL),
        recommendation => (array_agg('DROP INDEX CONCURRENTLY ' || u.name || ', if no standby uses it' ORDER BY u.bytes DESC NULLS LAST, u.name))[1],
        reason => CASE WHEN began > now() - min_days * interval '1 day'
                       THEN format('the statistics are younger than %s days', min_days) END)
    FROM since LEFT JOIN unused u ON u.bytes >= min_mb * 1048576
    GROUP BY began
$$;
COMMENT ON FUNCTION pk_check_unused_indexes(float8, float8, float8, float8) IS
'Number of indexes that were never scanned and that no constraint needs.
warn: from this many indexes; NULL for never
critical: from this many indexes; NULL for never
min_mb: smaller ones do not matter
min_days: age of the statistics from which they tell something';

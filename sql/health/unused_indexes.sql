
CREATE FUNCTION pk_check_unused_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL, min_mb float8 DEFAULT 1, min_days float8 DEFAULT 7) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH since AS (
        SELECT @extschema@.pk_stats_since() AS began
    ), unused AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, i.indrelid, @extschema@.pk_relation_bytes(i.indexrelid) AS bytes
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE (SELECT began <= now() - min_days * interval '1 day' FROM since)
          AND i.indisvalid AND c.relkind = 'i' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
          AND NOT (i.indisunique OR i.indisprimary OR i.indisreplident OR i.indisexclusion OR i.indisclustered OR i.indexrelid IN (SELECT conindid FROM pg_constraint))
          AND pg_stat_get_numscans(i.indexrelid) = 0 AND @extschema@.pk_relation_days(i.indexrelid) >= min_days
    )
    SELECT @extschema@.pk_health_result('unused_indexes', 'schema', 'indexes',
        'Indexes that no query on this server has used since the statistics began; standbys have statistics of their own.',
        count(*), warn, critical,
        objects => array_agg(format('%s on %s (%s)', name, indrelid::regclass, pg_size_pretty(bytes)) ORDER BY bytes DESC, name),
        recommendation => (array_agg('DROP INDEX CONCURRENTLY ' || name || ', if no standby uses it' ORDER BY bytes DESC, name))[1],
        reason => (SELECT CASE WHEN began IS NULL THEN 'nobody knows since when the statistics count'
                               WHEN began > now() - min_days * interval '1 day'
                               THEN format('the statistics are younger than %s days', min_days) END FROM since))
    FROM unused WHERE bytes >= min_mb * 1048576
$$;
COMMENT ON FUNCTION pk_check_unused_indexes(float8, float8, float8, float8) IS
'Number of indexes that were never scanned and that no constraint needs.
warn: from this many indexes; NULL for never
critical: from this many indexes; NULL for never
min_mb: smaller ones do not matter
min_days: age of the statistics, and of the index, from which they tell something';


CREATE FUNCTION pk_check_stale_statistics(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH changed AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, pg_stat_get_mod_since_analyze(c.oid) AS changes,
               pg_stat_get_live_tuples(c.oid) AS rows,
               coalesce(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) IS NULL
               AND c.reltuples < 0 AS never,
               coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_analyze_threshold'),
                        current_setting('autovacuum_analyze_threshold')::float8)
               + coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_analyze_scale_factor'),
                          current_setting('autovacuum_analyze_scale_factor')::float8) * greatest(c.reltuples, 0) AS due
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    )
    SELECT @extschema@.pk_health_result('stale_statistics', 'storage', 'tables',
        'Tables that were never analyzed, or have changed twice as much since as makes autovacuum analyze them; their queries may be planned badly.',
        count(*), warn, critical,
        objects => array_agg(format('%s: %s', name, CASE WHEN never THEN 'never analyzed' ELSE format('%s changes, due at %s', changes, round(due)) END) ORDER BY rows DESC),
        recommendation => (array_agg(format('ANALYZE %s', name) ORDER BY rows DESC))[1],
        reason => CASE WHEN NOT current_setting('track_counts')::bool THEN 'track_counts is off' END)
    FROM changed WHERE CASE WHEN never THEN rows >= 1000 ELSE changes >= 1000 AND changes >= 2 * due END
$$;
COMMENT ON FUNCTION pk_check_stale_statistics(float8, float8) IS
'Number of tables whose planner statistics are missing or stale.
warn: from this many tables; NULL for never
critical: from this many tables; NULL for never';


CREATE FUNCTION pk_check_vacuum_overdue(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH dead AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, pg_stat_get_dead_tuples(c.oid) AS dead,
               coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_vacuum_threshold'),
                        current_setting('autovacuum_vacuum_threshold')::float8)
               + coalesce((SELECT option_value::float8 FROM pg_options_to_table(c.reloptions) WHERE option_name = 'autovacuum_vacuum_scale_factor'),
                          current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0) AS due
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND pg_stat_get_dead_tuples(c.oid) >= 1000
    )
    SELECT @extschema@.pk_health_result('vacuum_overdue', 'storage', 'tables',
        'Tables with more than twice the dead rows at which autovacuum should have come.',
        count(*), warn, critical,
        objects => array_agg(format('%s: %s dead rows, due at %s', name, dead, round(due)) ORDER BY dead DESC),
        recommendation => (array_agg(format('VACUUM (ANALYZE) %s; then see whether autovacuum is on, finds the time and is not blocked', name) ORDER BY dead DESC))[1],
        reason => CASE WHEN NOT current_setting('track_counts')::bool THEN 'track_counts is off' END)
    FROM dead WHERE dead >= 2 * due
$$;
COMMENT ON FUNCTION pk_check_vacuum_overdue(float8, float8) IS
'Number of tables whose dead rows are at least twice their autovacuum threshold, their own settings included.
warn: from this many tables; NULL for never
critical: from this many tables; NULL for never';

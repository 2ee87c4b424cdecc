
CREATE FUNCTION pk_check_autovacuum_idle(warn float8 DEFAULT 24, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH waiting AS (
        -- Those that autovacuum_enabled keeps it from do not wait, unless it is off for all.
        SELECT relation, dead_tuples, inserts_since_vacuum, changes_since_analyze
        FROM @extschema@.pk_vacuum_status
        WHERE (enabled OR NOT current_setting('autovacuum')::bool)
          AND (dead_tuples > vacuum_threshold OR inserts_since_vacuum > insert_threshold OR changes_since_analyze > analyze_threshold)
    )
    SELECT @extschema@.pk_health_result('autovacuum_idle', 'storage', 'h',
        'For how long autovacuum has not come to this database, although tables are past their thresholds.',
        CASE WHEN w.tables > 0 THEN extract(epoch FROM clock_timestamp() - (
            -- While the server is down nobody waits; a worker that is still at its first table has come.
            SELECT greatest(max(pg_stat_get_last_autovacuum_time(c.oid)), max(pg_stat_get_last_autoanalyze_time(c.oid)), pg_postmaster_start_time(),
                            (SELECT max(backend_start) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = current_database()))
            FROM pg_class c WHERE c.relkind IN ('r', 'm', 't'))) / 3600 ELSE 0 END::float8, warn, critical,
        objects => w.objects,
        recommendation => 'See whether autovacuum and track_counts are on, whether its workers are busy elsewhere (pk_progress) and autovacuum_max_workers suffices; VACUUM (ANALYZE) these tables.',
        reason => CASE WHEN pg_is_in_recovery() THEN 'this is a standby, which its primary vacuums'
                       WHEN NOT current_setting('track_counts')::bool THEN 'track_counts is off' END)
    FROM (SELECT count(*) AS tables,
                         array_agg(format('%s: %s dead rows, %s inserted, %s changed', relation, dead_tuples, inserts_since_vacuum, coalesce(changes_since_analyze, 0))
                                   ORDER BY dead_tuples + inserts_since_vacuum DESC) AS objects FROM waiting) w
$$;
COMMENT ON FUNCTION pk_check_autovacuum_idle(float8, float8) IS
'Time since autovacuum last came to a table of this database, or the server was started, where tables wait for it; 0 where none does.
warn: from this many h; NULL for never
critical: from this many h; NULL for never';


-- The counters moved from pg_stat_bgwriter to pg_stat_checkpointer in version 17: which view there is, is decided
-- at run time, so that the function outlives pg_upgrade.
CREATE FUNCTION pk_check_checkpoints(warn float8 DEFAULT 10, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    timed bigint;
    requested bigint;
BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        SELECT num_timed, num_requested INTO timed, requested FROM pg_stat_checkpointer;
    ELSE
        SELECT checkpoints_timed, checkpoints_req INTO timed, requested FROM pg_stat_bgwriter;
    END IF;
    RETURN @extschema@.pk_health_result('checkpoints', 'memory', '%',
        'Share of the checkpoints that came before their time, mostly since max_wal_size was reached; each makes more full-page images necessary.',
        requested * 100.0 / nullif(timed + requested, 0), warn, critical,
        objects => ARRAY[format('%s of %s', requested, timed + requested)],
        recommendation => format('Raise max_wal_size, now %s', current_setting('max_wal_size')),
        reason => CASE WHEN timed + requested < 10 THEN 'there were fewer than 10 checkpoints' END);
END $$;
COMMENT ON FUNCTION pk_check_checkpoints(float8, float8) IS
'Checkpoints that were requested, in percent of all since the statistics were reset.
warn: from this many %; NULL for never
critical: from this many %; NULL for never';

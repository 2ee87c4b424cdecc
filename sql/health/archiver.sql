
CREATE FUNCTION pk_check_archiver(warn float8 DEFAULT 60, critical float8 DEFAULT 600) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('archiver', 'replication', 's',
        'For how long no WAL segment could be archived although it was tried; WAL piles up until it succeeds.',
        CASE WHEN last_failed_time > coalesce(last_archived_time, '-infinity')
                       THEN extract(epoch FROM clock_timestamp() - coalesce(last_archived_time, stats_reset, pg_postmaster_start_time())) ELSE 0 END::float8,
        warn, critical,
        objects => ARRAY[format('%s failed %s times', last_failed_wal, failed_count)],
        recommendation => 'See the server log, correct archive_command or archive_library, and look at the space left for pg_wal.',
        reason => CASE WHEN current_setting('archive_mode') = 'off' THEN 'archive_mode is off' END)
    FROM pg_stat_archiver
$$;
COMMENT ON FUNCTION pk_check_archiver(float8, float8) IS
'Time since the last success of archiving, where the last try failed.
warn: from this many s; NULL for never
critical: from this many s; NULL for never';

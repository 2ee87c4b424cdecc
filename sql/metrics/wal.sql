
-- The counters of checkpoints moved in version 17: which view there is, is decided at run time, so that the function
-- outlives pg_upgrade.
CREATE FUNCTION pk_metrics_wal() RETURNS SETOF pk_metric
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 15 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    c record;
BEGIN
    RETURN QUERY
        SELECT m.name, 'counter', m.help, NULL::text[], m.value::float8, NULL::bigint[]
        FROM pg_stat_wal w, LATERAL (VALUES
            ('wal_bytes_total', 'Bytes of WAL written.', w.wal_bytes),
            ('wal_records_total', 'Records of WAL written.', w.wal_records::numeric),
            ('wal_full_page_images_total', 'Images of whole pages in the WAL.', w.wal_fpi::numeric),
            ('wal_buffers_full_total', 'How often WAL had to be written since wal_buffers was full.', w.wal_buffers_full::numeric)) m(name, help, value);
    IF current_setting('server_version_num')::int >= 170000 THEN
        SELECT num_timed AS timed, num_requested AS requested, write_time, sync_time, buffers_written INTO c FROM pg_stat_checkpointer;
    ELSE
        SELECT checkpoints_timed AS timed, checkpoints_req AS requested, checkpoint_write_time AS write_time,
               checkpoint_sync_time AS sync_time, buffers_checkpoint AS buffers_written INTO c FROM pg_stat_bgwriter;
    END IF;
    RETURN QUERY
        SELECT m.name, 'counter', m.help, m.labels, m.value::float8, NULL::bigint[]
        FROM (VALUES
            ('checkpoints_total', 'Checkpoints, by what brought them: the time, or a request (mostly max_wal_size).', ARRAY['cause', 'timed'], c.timed),
            ('checkpoints_total', 'Checkpoints, by what brought them: the time, or a request (mostly max_wal_size).', ARRAY['cause', 'requested'], c.requested),
            ('checkpoint_write_seconds_total', 'Time that checkpoints took to write.', NULL, c.write_time / 1000),
            ('checkpoint_sync_seconds_total', 'Time that checkpoints took to sync files.', NULL, c.sync_time / 1000),
            ('checkpoint_buffers_total', 'Blocks that checkpoints wrote.', NULL, c.buffers_written)) m(name, help, labels, value);
    RETURN QUERY
        SELECT m.name, m.type, m.help, NULL::text[], m.value::float8, NULL::bigint[]
        FROM pg_stat_archiver a, LATERAL (VALUES
            ('archived_wal_total', 'counter', 'WAL files that were archived.', a.archived_count::numeric),
            ('archive_failures_total', 'counter', 'Failed tries to archive a WAL file.', a.failed_count::numeric),
            ('archive_failing_seconds', 'gauge', 'For how long no WAL file could be archived although it was tried; 0 where the last try succeeded.',
             CASE WHEN a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
                  THEN extract(epoch FROM clock_timestamp() - coalesce(a.last_archived_time, a.stats_reset, pg_postmaster_start_time())) ELSE 0 END)) m(name, type, help, value)
        WHERE current_setting('archive_mode') <> 'off';
END $$;
COMMENT ON FUNCTION pk_metrics_wal() IS 'Metrics of WAL, checkpoints and archiving, for pk_metrics().';
REVOKE ALL ON FUNCTION pk_metrics_wal() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_wal() TO pg_monitor;


CREATE FUNCTION pk_check_replication_lag(warn float8 DEFAULT 30, critical float8 DEFAULT 300) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH standby AS (
        SELECT format('%s (%s, %s)', coalesce(nullif(application_name, ''), 'standby'), coalesce(host(client_addr), 'local'), state) AS name,
               extract(epoch FROM coalesce(replay_lag, interval '0')) AS lag,
               pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, replay_lsn) / 1048576 AS mb
        FROM pg_stat_replication WHERE backend_start IS NOT NULL
        UNION ALL
        -- Without a new transaction upstream, the last one is old and nothing is behind.
        SELECT 'this standby',
               CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
                    -- A standby that was started and has replayed no transaction yet stands where it began.
                    WHEN pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()
                    THEN extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()))
                    ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END,
               pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) / 1048576
        WHERE pg_is_in_recovery()
    )
    SELECT @extschema@.pk_health_result('replication_lag', 'replication', 's',
        'How far the slowest standby is behind; on a standby, how far it is behind itself.',
        max(lag)::float8, warn, critical,
        objects => array_agg(format('%s: %s s, %s MB', name, round(lag), round(mb)) ORDER BY lag DESC),
        recommendation => 'Look for long queries and slow storage on the standby, and for bulk changes on the primary.',
        reason => coalesce(@extschema@.pk_health_needs('pg_read_all_stats'),
                           CASE WHEN count(*) = 0 THEN 'no standby is connected, and this server is none' END))
    FROM standby
$$;
COMMENT ON FUNCTION pk_check_replication_lag(float8, float8) IS
'Replay lag of the standbys that are connected, or of this standby.
warn: from this many s; NULL for never
critical: from this many s; NULL for never';


CREATE FUNCTION pk_check_inactive_slots(warn float8 DEFAULT 1024, critical float8 DEFAULT 10240) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH slot AS (
        SELECT slot_name, wal_status,
               pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn) / 1048576 AS mb
        FROM pg_replication_slots WHERE NOT active AND restart_lsn IS NOT NULL
    )
    SELECT @extschema@.pk_health_result('inactive_slots', 'replication', 'MB',
        'How much WAL the server keeps for a replication slot that nobody reads from.',
        coalesce(max(mb), 0)::float8, warn, critical,
        objects => array_agg(format('%s: %s MB, WAL %s', slot_name, round(mb), wal_status) ORDER BY mb DESC),
        recommendation => (array_agg(format('SELECT pg_drop_replication_slot(%L); or set max_slot_wal_keep_size', slot_name) ORDER BY mb DESC))[1])
    FROM slot
$$;
COMMENT ON FUNCTION pk_check_inactive_slots(float8, float8) IS
'WAL retained for the inactive replication slot that is farthest behind.
warn: from this many MB; NULL for never
critical: from this many MB; NULL for never';

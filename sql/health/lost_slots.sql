
CREATE FUNCTION pk_check_lost_slots(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('lost_slots', 'replication', 'slots',
        'Replication slots whose WAL has been removed, so that their standby or subscriber must be built anew.',
        count(*), warn, critical,
        objects => array_agg(slot_name::text ORDER BY slot_name),
        recommendation => (array_agg(format('SELECT pg_drop_replication_slot(%L), and build its consumer anew', slot_name) ORDER BY slot_name))[1])
    FROM pg_replication_slots WHERE wal_status = 'lost'
$$;
COMMENT ON FUNCTION pk_check_lost_slots(float8, float8) IS
'Number of replication slots that have lost their WAL.
warn: from this many slots; NULL for never
critical: from this many slots; NULL for never';

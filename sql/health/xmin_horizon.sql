
CREATE FUNCTION pk_check_xmin_horizon(warn float8 DEFAULT 10000000, critical float8 DEFAULT 200000000) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('xmin_horizon', 'transactions', 'transactions',
        'How many transactions ago the oldest snapshot was taken that VACUUM must keep dead rows for, in all databases.',
        coalesce(max(transactions), 0), warn, critical,
        objects => array_agg(format('%s: %s transactions', holder, transactions) ORDER BY transactions DESC),
        recommendation => (array_agg(remedy ORDER BY transactions DESC))[1],
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
    FROM @extschema@.pk_horizon_holders
$$;
COMMENT ON FUNCTION pk_check_xmin_horizon(float8, float8) IS
'Age of what holds back the xmin horizon the farthest: a session, a prepared transaction, a replication slot, or the feedback of a standby.
warn: from this many transactions; NULL for never
critical: from this many transactions; NULL for never';

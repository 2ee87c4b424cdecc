
CREATE FUNCTION pk_check_xmin_horizon(warn float8 DEFAULT 10000000, critical float8 DEFAULT 200000000) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH holder(age, name, remedy) AS (
        SELECT greatest(age(backend_xmin), age(backend_xid)),
               format('%s %s (user %s, database %s, %s)', CASE backend_type WHEN 'walsender' THEN 'standby by process' ELSE 'process' END,
                      pid, coalesce(usename, '-'), coalesce(datname, '-'), coalesce(state, backend_type)),
               CASE backend_type WHEN 'walsender' THEN 'End the long queries on the standby, or set hot_standby_feedback = off there.'
                                 ELSE format('SELECT pg_terminate_backend(%s)', pid) END
        FROM pg_stat_activity WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND pid <> pg_backend_pid()
        UNION ALL
        SELECT greatest(age(xmin), age(catalog_xmin)), format('replication slot %s (%s)', slot_name, CASE WHEN active THEN 'active' ELSE 'inactive' END),
               format('SELECT pg_drop_replication_slot(%L)', slot_name)
        FROM pg_replication_slots WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL
        UNION ALL
        SELECT age(transaction), format('prepared transaction %s (database %s)', gid, database), format('ROLLBACK PREPARED %L', gid)
        FROM pg_prepared_xacts
    )
    SELECT @extschema@.pk_health_result('xmin_horizon', 'transactions', 'transactions',
        'How many transactions ago the oldest snapshot was taken that VACUUM must keep dead rows for, in all databases.',
        coalesce(max(age), 0), warn, critical,
        objects => array_agg(format('%s: %s transactions', name, age) ORDER BY age DESC),
        recommendation => (array_agg(remedy ORDER BY age DESC))[1],
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
    FROM holder
$$;
COMMENT ON FUNCTION pk_check_xmin_horizon(float8, float8) IS
'Age of what holds back the xmin horizon the farthest: a session, a prepared transaction, a replication slot, or the feedback of a standby.
warn: from this many transactions; NULL for never
critical: from this many transactions; NULL for never';

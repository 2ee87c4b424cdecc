
CREATE FUNCTION pk_check_xid_age(warn float8 DEFAULT 40, critical float8 DEFAULT 75) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH database AS (
        SELECT datname, age(datfrozenxid) AS age FROM pg_database
    ), relation AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, age(c.relfrozenxid) AS age
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'
        ORDER BY 2 DESC LIMIT 3
    )
    SELECT @extschema@.pk_health_result('xid_age', 'transactions', '%',
        'Share of the transaction IDs that are used up since the oldest table was frozen; at 100 % the server refuses to write.',
        (SELECT max(age) FROM database) * 100.0 / 2147483648, warn, critical,
        objects => (SELECT array_agg(text ORDER BY rank, age DESC) FROM (
                        SELECT 1, age, format('database %I: %s transactions', datname, age) FROM database
                        UNION ALL SELECT 2, age, format('table %s: %s transactions', name, age) FROM relation) o(rank, age, text)),
        recommendation => 'In the oldest database: VACUUM (FREEZE) of its oldest tables; first see the check xmin_horizon, which may keep VACUUM from freezing.')
$$;
COMMENT ON FUNCTION pk_check_xid_age(float8, float8) IS
'Age of the oldest unfrozen transaction ID of any database, in percent of the 2^31 that there are.
warn: from this many %; NULL for never
critical: from this many %; NULL for never';

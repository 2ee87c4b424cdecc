
CREATE FUNCTION pk_check_multixact_age(warn float8 DEFAULT 40, critical float8 DEFAULT 75) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('multixact_age', 'transactions', '%',
        'Share of the multixact IDs that are used up since the oldest table was frozen; at 100 % the server refuses to lock rows.',
        max(mxid_age(datminmxid)) * 100.0 / 2147483648, warn, critical,
        objects => array_agg(format('database %I: %s multixacts', datname, mxid_age(datminmxid)) ORDER BY mxid_age(datminmxid) DESC),
        recommendation => 'In the oldest database: VACUUM (FREEZE) of the tables with the highest mxid_age(relminmxid).')
    FROM pg_database
$$;
COMMENT ON FUNCTION pk_check_multixact_age(float8, float8) IS
'Age of the oldest multixact ID of any database, in percent of the 2^31 that there are.
warn: from this many %; NULL for never
critical: from this many %; NULL for never';

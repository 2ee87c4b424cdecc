
CREATE FUNCTION pk_check_prepared_transactions(warn float8 DEFAULT 300, critical float8 DEFAULT 3600) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('prepared_transactions', 'transactions', 's',
        'How long ago the oldest transaction was prepared that is neither committed nor rolled back; it keeps its locks until then.',
        coalesce(max(extract(epoch FROM now() - prepared)), 0)::float8, warn, critical,
        objects => array_agg(format('%s (database %s, owner %s): %s s', gid, database, owner, extract(epoch FROM now() - prepared)::int) ORDER BY prepared),
        recommendation => (array_agg(format('In database %I: ROLLBACK PREPARED %L (or COMMIT PREPARED)', database, gid) ORDER BY prepared))[1])
    FROM pg_prepared_xacts
$$;
COMMENT ON FUNCTION pk_check_prepared_transactions(float8, float8) IS
'Age of the oldest prepared transaction.
warn: from this many s; NULL for never
critical: from this many s; NULL for never';


CREATE FUNCTION pk_check_deadlocks(warn float8 DEFAULT 0.05, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('deadlocks', 'server', 'deadlocks/h',
        'Deadlocks in an hour, on average, in all databases; each has cost a transaction.',
        coalesce(sum(deadlocks / greatest(hours, 1)), 0)::float8, warn, critical,
        objects => array_agg(format('database %I: %s since %s', datname, deadlocks, began::timestamp(0)) ORDER BY deadlocks DESC) FILTER (WHERE deadlocks > 0),
        recommendation => 'See the server log for the statements, and let them lock rows and tables in the same order.',
        reason => CASE WHEN bool_or(hours IS NULL) THEN 'nobody knows since when the statistics count' END)
    FROM (SELECT d.datname, d.deadlocks, b.began, extract(epoch FROM now() - b.began) / 3600 AS hours
          FROM pg_stat_database d, LATERAL (SELECT @extschema@.pk_stats_since(d.datid) AS began) b
          WHERE d.datname IS NOT NULL) d
$$;
COMMENT ON FUNCTION pk_check_deadlocks(float8, float8) IS
'Deadlocks per hour since the statistics of each database began (pk_stats_since).
warn: from this many deadlocks/h; NULL for never
critical: from this many deadlocks/h; NULL for never';

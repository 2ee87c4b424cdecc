
CREATE FUNCTION pk_check_sequential_scans(warn float8 DEFAULT 1, critical float8 DEFAULT NULL, min_mb float8 DEFAULT 100, min_per_hour float8 DEFAULT 1, min_hours float8 DEFAULT 1) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH since AS MATERIALIZED (
        SELECT extract(epoch FROM now() - @extschema@.pk_stats_since())::float8 / 3600 AS hours
    ), read AS MATERIALIZED (
        -- Rows instead of scans: a scan may end at its LIMIT, and each worker of a parallel one counts for itself.
        SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name,
               pg_stat_get_tuples_returned(c.oid) / greatest(pg_stat_get_live_tuples(c.oid), c.reltuples, 1) / greatest(s.hours, 1) AS per_hour
        FROM since s, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          -- The file's size is only asked where the last VACUUM or ANALYZE has seen a tenth of what matters, or none was.
          AND (c.relpages = 0 OR c.relpages >= min_mb * 1048576 / 10 / current_setting('block_size')::int)
    ), large AS (
        SELECT name, per_hour, @extschema@.pk_relation_bytes(oid) AS bytes FROM read WHERE per_hour >= min_per_hour
    )
    SELECT @extschema@.pk_health_result('sequential_scans', 'schema', 'tables',
        'Large tables that sequential scans have read from end to end at least once in an hour, on average.',
        count(*), warn, critical,
        objects => array_agg(format('%s (%s): %s times an hour', name, pg_size_pretty(bytes), round(per_hour::numeric, 1)) ORDER BY per_hour * bytes DESC),
        recommendation => 'See which indexes pk_suggest_indexes advises; queries that it finds none for do need the whole table.',
        reason => (SELECT CASE WHEN hours IS NULL THEN 'nobody knows since when the statistics count'
                               WHEN hours < min_hours THEN format('the statistics are younger than %s hours', min_hours) END FROM since))
    FROM large WHERE bytes >= min_mb * 1048576
$$;
COMMENT ON FUNCTION pk_check_sequential_scans(float8, float8, float8, float8, float8) IS
'Number of large tables that are read from end to end again and again since the statistics began (pk_stats_since).
warn: from this many tables; NULL for never
critical: from this many tables; NULL for never
min_mb: smaller ones do not matter
min_per_hour: how often in an hour is too often
min_hours: age of the statistics from which they tell something';


CREATE FUNCTION pk_check_temp_files(warn float8 DEFAULT 1024, critical float8 DEFAULT NULL, min_hours float8 DEFAULT 1) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('temp_files', 'memory', 'MB/h',
        'Size of the temporary files that sorts, hashes and the like of this database have written in an hour, on average.',
        temp_bytes / 1048576.0 / hours, warn, critical,
        objects => ARRAY[format('%s files, %s', temp_files, pg_size_pretty(temp_bytes))],
        recommendation => 'Find the statements (temp_blks_written in pg_stat_statements, or log_temp_files) and raise work_mem for them.',
        reason => CASE WHEN hours IS NULL THEN 'nobody knows since when the statistics count'
                       WHEN hours < min_hours THEN format('the statistics are younger than %s hours', min_hours) END)
    FROM (SELECT *, extract(epoch FROM now() - @extschema@.pk_stats_since()) / 3600 AS hours
          FROM pg_stat_database WHERE datname = current_database()) d
$$;
COMMENT ON FUNCTION pk_check_temp_files(float8, float8, float8) IS
'Temporary files of this database per hour since its statistics began (pk_stats_since).
warn: from this many MB/h; NULL for never
critical: from this many MB/h; NULL for never
min_hours: age of the statistics from which they tell something';


CREATE FUNCTION pk_check_statement_p99(warn float8 DEFAULT 500, critical float8 DEFAULT NULL, min_calls float8 DEFAULT 1000) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH captured AS MATERIALIZED (
        -- Without preload there are no totals to ask for.
        SELECT CASE WHEN entries IS NOT NULL THEN (SELECT ARRAY[t.calls, t.p99_ms] FROM @extschema@.pk_workload_total() t WHERE t.toplevel) END AS total, since
        FROM @extschema@.pk_workload_info()
    )
    SELECT @extschema@.pk_health_result('statement_p99', 'server', 'ms',
        'P99 of the statements that clients sent to this server since capture began: one of a hundred took longer.',
        total[2], warn, critical,
        -- By queryid: the text is only for those whom pk_workload shows it.
        objects => CASE WHEN total[2] >= warn OR total[2] >= critical THEN (
            SELECT array_agg(format('queryid %s in database %s: P99 %s ms, %s calls', queryid, database, round(p99_ms), calls) ORDER BY total_ms DESC)
            FROM (SELECT d.datname AS database, w.* FROM @extschema@.pk_workload_counters() w LEFT JOIN pg_database d ON d.oid = w.dbid
                  WHERE w.toplevel AND w.queryid IS NOT NULL AND w.p99_ms >= least(warn, critical) ORDER BY w.total_ms DESC LIMIT 5) slow) END,
        recommendation => 'Look at these statements in pk_workload and pk_slow_plans, and see which indexes pk_suggest_indexes advises; pk_workload_reset begins to count anew.',
        reason => CASE WHEN total IS NULL THEN 'statements are not captured: pg_perfkit is not in shared_preload_libraries'
                       WHEN coalesce(total[1], 0) < min_calls THEN format('fewer than %s statements were captured', min_calls) END)
    FROM captured
$$;
COMMENT ON FUNCTION pk_check_statement_p99(float8, float8, float8) IS
'P99 of the time of what clients sent to the whole server since workload capture began; needs preload.
warn: from this many ms; NULL for never
critical: from this many ms; NULL for never
min_calls: statements from which it tells something';


CREATE FUNCTION pk_check_history_behind(warn float8 DEFAULT 3, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('history_behind', 'server', 'intervals',
        'Time since a snapshot for the history of this database last came to its end, in intervals; what happens meanwhile is added to the next one.',
        overdue_s / nullif(interval_s, 0), warn, critical,
        objects => ARRAY[concat_ws(': ', state, last_error)],
        recommendation => CASE WHEN state LIKE 'dead%' THEN 'See the server log for why the worker "pg_perfkit history" has ended; it is started again after ten seconds.'
                               ELSE 'See last_error of pk_history_info, and the server log.' END,
        reason => CASE WHEN state LIKE 'off%' THEN 'history is ' || state END)
    FROM @extschema@.pk_history_info()
$$;
COMMENT ON FUNCTION pk_check_history_behind(float8, float8) IS
'Whether the history of this database (pk_history_info) is kept: intervals since the last success.
warn: from this many intervals; NULL for never
critical: from this many intervals; NULL for never';

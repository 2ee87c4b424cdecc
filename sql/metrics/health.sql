
CREATE FUNCTION pk_metrics_health(checks text[] DEFAULT NULL) RETURNS SETOF pk_metric
    LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 30 SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT 'health_status', 'gauge', 'Health check: 0 ok, 1 warn, 2 critical; missing where it was skipped.', ARRAY['check', h.name, 'area', h.area],
           CASE h.status WHEN 'ok' THEN 0 WHEN 'warn' THEN 1 WHEN 'critical' THEN 2 END::float8, NULL::bigint[]
    FROM @extschema@.pk_health(checks, 2000) h
$$;
COMMENT ON FUNCTION pk_metrics_health(text[]) IS
'Results of health checks, for pk_metrics(). Once two seconds have passed, the checks that are left are skipped.
checks: names of the checks; NULL for all';
REVOKE ALL ON FUNCTION pk_metrics_health(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_health(text[]) TO pg_monitor;


CREATE FUNCTION pk_metrics_server() RETURNS SETOF pk_metric
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 5 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    capture text := (SELECT state FROM @extschema@.pk_workload_info());
BEGIN
    RETURN NEXT ('info', 'gauge', 'Always 1: versions, and what keeps statements from being captured.',
        ARRAY['version', (SELECT extversion FROM pg_extension WHERE extname = 'pg_perfkit'), 'server', current_setting('server_version'), 'capture', capture], 1, NULL)::@extschema@.pk_metric;
    RETURN NEXT ('start_time_seconds', 'gauge', 'When the server was started, in seconds since 1970.',
        NULL, extract(epoch FROM pg_postmaster_start_time()), NULL)::@extschema@.pk_metric;
    RETURN NEXT ('in_recovery', 'gauge', '1 on a standby, 0 on a primary.', NULL, pg_is_in_recovery()::int, NULL)::@extschema@.pk_metric;
END $$;
COMMENT ON FUNCTION pk_metrics_server() IS 'Metrics of the server itself, for pk_metrics().';
REVOKE ALL ON FUNCTION pk_metrics_server() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_server() TO pg_monitor;


CREATE FUNCTION pk_metrics_sessions() RETURNS SETOF pk_metric
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    oldest record;
BEGIN
    RETURN QUERY
        SELECT 'connections', 'gauge', 'Connections of clients by state.', ARRAY['state', s.state], count(a.pid)::float8, NULL::bigint[]
        FROM (VALUES ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'), ('other')) s(state)
        LEFT JOIN (SELECT pid, CASE WHEN state IN ('active', 'idle', 'idle in transaction', 'idle in transaction (aborted)') THEN state ELSE 'other' END AS state
                   FROM pg_stat_activity WHERE backend_type = 'client backend') a USING (state)
        GROUP BY s.state;
    RETURN NEXT ('max_connections', 'gauge', 'Connections that clients may open: max_connections without those reserved.', NULL,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0), NULL)::@extschema@.pk_metric;
    RETURN QUERY
        SELECT 'waiting_sessions', 'gauge', 'Active connections of clients that wait, by the kind of what they wait for; Lock: for one another.',
               ARRAY['wait', w.wait], count(a.pid)::float8, NULL::bigint[]
        FROM (VALUES ('Lock'), ('LWLock'), ('IO'), ('IPC'), ('Client'), ('BufferPin'), ('Timeout'), ('Extension')) w(wait)
        LEFT JOIN (SELECT pid, wait_event_type AS wait FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active') a USING (wait)
        GROUP BY w.wait;
    SELECT max(extract(epoch FROM now() - xact_start)) AS transaction,
           max(extract(epoch FROM now() - query_start)) FILTER (WHERE state = 'active') AS query,
           max(extract(epoch FROM now() - state_change)) FILTER (WHERE state LIKE 'idle in transaction%') AS idle,
           max(greatest(age(backend_xmin), age(backend_xid))) AS held
    INTO oldest
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid();
    RETURN QUERY
        SELECT m.name, 'gauge', m.help, NULL::text[], greatest(coalesce(m.value, 0), 0)::float8, NULL::bigint[]
        FROM (VALUES ('oldest_transaction_seconds', 'Age of the oldest open transaction of a client.', oldest.transaction),
                     ('longest_query_seconds', 'How long the longest running statement of a client has been running.', oldest.query),
                     ('longest_idle_in_transaction_seconds', 'For how long a client has been idle in its transaction, at most.', oldest.idle),
                     ('oldest_snapshot_transactions', 'Transactions since the oldest one that a client keeps dead rows of.', oldest.held)) m(name, help, value);
    RETURN NEXT ('prepared_transactions', 'gauge', 'Transactions that are prepared for two-phase commit.',
        NULL, (SELECT count(*) FROM pg_prepared_xacts), NULL)::@extschema@.pk_metric;
    RETURN NEXT ('autovacuum_workers', 'gauge', 'Autovacuum workers that run.',
        NULL, (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'), NULL)::@extschema@.pk_metric;
    RETURN NEXT ('autovacuum_max_workers', 'gauge', 'Autovacuum workers that may run.',
        NULL, current_setting('autovacuum_max_workers')::int, NULL)::@extschema@.pk_metric;
END $$;
COMMENT ON FUNCTION pk_metrics_sessions() IS 'Metrics of connections and transactions, for pk_metrics().';
REVOKE ALL ON FUNCTION pk_metrics_sessions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_sessions() TO pg_monitor;

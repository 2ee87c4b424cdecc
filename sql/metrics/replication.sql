
CREATE FUNCTION pk_metrics_replication() RETURNS SETOF pk_metric
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- Several standbys may call themselves the same.
    RETURN QUERY
        WITH standby AS (
            SELECT ARRAY['standby', r.name, 'address', coalesce(r.address, 'local'), 'state', r.state] AS labels,
                   max(extract(epoch FROM r.lag)) AS lag, max(r.unreplayed_bytes) AS unreplayed
            FROM @extschema@.pk_replication r WHERE r.kind = 'standby'
            GROUP BY r.name, r.address, r.state ORDER BY 3 DESC NULLS LAST, 1 LIMIT 100
        )
        SELECT m.name, 'gauge', m.help, s.labels, m.value::float8, NULL::bigint[]
        FROM standby s, LATERAL (VALUES
            ('replication_lag_seconds', 'How far a connected standby is behind in replaying; 0 where it has replayed everything.', coalesce(s.lag, 0)),
            ('replication_lag_bytes', 'WAL that a connected standby has not replayed yet.', s.unreplayed::numeric)) m(name, help, value)
        ORDER BY m.name;
    RETURN QUERY
        SELECT 'standby_lag_seconds', 'gauge', 'On a standby: how far it is behind in replaying what it has received.',
               NULL::text[], extract(epoch FROM r.lag)::float8, NULL::bigint[]
        FROM @extschema@.pk_replication r WHERE r.kind = 'this standby';
    RETURN QUERY
        SELECT m.name, 'gauge', m.help, ARRAY['slot', s.name, 'kind', s.kind], m.value::float8, NULL::bigint[]
        FROM (SELECT * FROM @extschema@.pk_replication r WHERE r.kind LIKE '% slot' ORDER BY r.retained_bytes DESC NULLS LAST, r.name LIMIT 100) s,
             LATERAL (VALUES
            ('slot_active', '1 where somebody reads from the replication slot.', (s.state = 'active')::int::bigint),
            ('slot_lost', '1 where WAL that the replication slot needs is gone.', (s.state = 'lost')::int::bigint),
            ('slot_retained_wal_bytes', 'WAL that is kept for the replication slot.', s.retained_bytes)) m(name, help, value)
        ORDER BY m.name;
    RETURN QUERY
        SELECT 'left_out', 'gauge', 'What there were too many of for metrics of each.', ARRAY['what', 'replication slots and standbys'],
               greatest(count(*) FILTER (WHERE r.kind = 'standby') - 100, 0) + greatest(count(*) FILTER (WHERE r.kind LIKE '% slot') - 100, 0)::float8, NULL::bigint[]
        FROM @extschema@.pk_replication r;
END $$;
COMMENT ON FUNCTION pk_metrics_replication() IS 'Metrics of standbys and replication slots, for pk_metrics().';
REVOKE ALL ON FUNCTION pk_metrics_replication() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_replication() TO pg_monitor;

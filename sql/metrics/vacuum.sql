
CREATE FUNCTION pk_metrics_vacuum() RETURNS SETOF pk_metric
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    t record;
    overdue float8 := (SELECT value FROM @extschema@.pk_check_vacuum_overdue());
BEGIN
    SELECT sum(pg_stat_get_live_tuples(oid)) AS live, sum(pg_stat_get_dead_tuples(oid)) AS dead,
           max(pg_stat_get_last_autovacuum_time(oid)) AS autovacuum, max(pg_stat_get_last_autoanalyze_time(oid)) AS autoanalyze
    INTO t
    FROM pg_class WHERE relkind IN ('r', 'm', 't') AND relpersistence <> 't';
    RETURN QUERY
        SELECT m.name, 'gauge', m.help, ARRAY['database', current_database()::text], m.value::float8, NULL::bigint[]
        FROM (VALUES
            ('live_rows', 'Live rows in the tables of this database, as the statistics count them.', t.live),
            ('dead_rows', 'Dead rows in the tables of this database, as the statistics count them.', t.dead),
            ('vacuum_overdue_tables', 'Tables of this database with more than twice the dead rows at which autovacuum should have come.', overdue::numeric),
            ('last_autovacuum_age_seconds', 'Since autovacuum last came to a table of this database; missing where it never did.', extract(epoch FROM now() - t.autovacuum)),
            ('last_autoanalyze_age_seconds', 'Since autovacuum last analyzed a table of this database; missing where it never did.', extract(epoch FROM now() - t.autoanalyze))) m(name, help, value);
END $$;
COMMENT ON FUNCTION pk_metrics_vacuum() IS 'Metrics of dead rows and autovacuum in this database, for pk_metrics().';
REVOKE ALL ON FUNCTION pk_metrics_vacuum() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_vacuum() TO pg_monitor;

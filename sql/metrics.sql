
-- metrics: what the server does, as Prometheus reads it; each area is a function of its own in sql/metrics/

CREATE TYPE pk_metric AS (name text, type text, help text, labels text[], value float8, latency bigint[]);
COMMENT ON TYPE pk_metric IS 'One metric with one set of labels.';
COMMENT ON COLUMN pk_metric.name IS 'name, with its unit; pg_perfkit_ goes before it';
COMMENT ON COLUMN pk_metric.type IS 'counter, gauge or histogram';
COMMENT ON COLUMN pk_metric.help IS 'what it means';
COMMENT ON COLUMN pk_metric.labels IS 'names and values of its labels, in turn';
COMMENT ON COLUMN pk_metric.value IS 'its value, in seconds or bytes where it is of these; of a histogram the sum; NULL where nobody knows';
COMMENT ON COLUMN pk_metric.latency IS 'of a histogram: the durations, as pk_latency_* take them';

CREATE FUNCTION pk_metric_text(name text, labels text[], value float8, latency bigint[]) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_metric_text(text, text[], float8, bigint[]) IS
'The line of a metric in Prometheus'' text format, or the 17 lines of a histogram; NULL without a name or a value. Bytes of a label that are no valid text are written as \xHH. ERROR 22023 for labels that are no pairs, and where the array is no histogram.
name: its name
labels: names and values of its labels, in turn; one whose value is NULL is left out
value: its value; of a histogram the sum of the durations in seconds
latency: the durations of a histogram; NULL for another metric';

CREATE FUNCTION pk_metric_samples(
    top_queries int DEFAULT 20, top_tables int DEFAULT 20,
    checks text[] DEFAULT '{archiver,blocked_sessions,cache_hit,checkpoints,checksum_failures,connections,deadlocks,idle_in_transaction,inactive_slots,long_queries,lost_slots,multixact_age,pending_restart,prepared_transactions,replication_lag,temp_files,unsafe_settings,vacuum_overdue,xid_age,xmin_horizon}',
    sizes_ms int DEFAULT 50, areas text[] DEFAULT NULL)
    RETURNS SETOF pk_metric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 500 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    area record;
    unknown text;
    began timestamptz;
    works bool;
BEGIN
    unknown := (SELECT min(coalesce(a, 'NULL')) FROM unnest(areas) a
                WHERE (a = ANY ('{server,sessions,wal,replication,databases,vacuum,health,bloat,capture}')) IS NOT TRUE);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'there is no area of metrics "%"', unknown USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Areas are server, sessions, wal, replication, databases, vacuum, health, bloat and capture.';
    END IF;
    FOR area IN
        SELECT * FROM (VALUES ('server', '@extschema@.pk_metrics_server()'), ('sessions', '@extschema@.pk_metrics_sessions()'), ('wal', '@extschema@.pk_metrics_wal()'),
            ('replication', '@extschema@.pk_metrics_replication()'), ('databases', '@extschema@.pk_metrics_databases($1)'), ('vacuum', '@extschema@.pk_metrics_vacuum()'),
            ('health', '@extschema@.pk_metrics_health($2)'), ('bloat', '@extschema@.pk_metrics_bloat($3)'), ('capture', '@extschema@.pk_metrics_capture($4)')) a(name, call)
        WHERE areas IS NULL OR a.name = ANY (areas)
    LOOP
        began := clock_timestamp();
        BEGIN
            -- What an area cannot tell must not cost the others.
            RETURN QUERY EXECUTE 'SELECT * FROM ' || area.call USING sizes_ms, checks, top_tables, top_queries;
            works := true;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'no metrics of the area %: %', area.name, SQLERRM;
            works := false;
        END;
        RETURN NEXT ('up', 'gauge', '1 where the area could be read, 0 where an error kept it from being read.',
                     ARRAY['area', area.name], works::int, NULL)::@extschema@.pk_metric;
        RETURN NEXT ('collect_seconds', 'gauge', 'Time that it took to read the area.',
                     ARRAY['area', area.name], extract(epoch FROM clock_timestamp() - began), NULL)::@extschema@.pk_metric;
    END LOOP;
END $$;
COMMENT ON FUNCTION pk_metric_samples(int, int, text[], int, text[]) IS
'What pk_metrics() makes its text of, a row per metric and set of labels (see the type pk_metric). For members of pg_monitor. Waits for no lock; works on a standby, and without preload, where the metrics of capture are missing. ERROR 22023 for an unknown area.
top_queries: of how many statements, those that took the most time, there are metrics; at most 200
top_tables: of how many tables and indexes, those that waste the most, there is the bloat; at most 200
checks: health checks to run; NULL for all, which costs more
sizes_ms: once this many milliseconds were spent on sizes of databases, the others are left out; 0 for no sizes
areas: of what to tell: server, sessions, wal, replication, databases, vacuum, health, bloat, capture; NULL for all';

CREATE FUNCTION pk_metrics(
    top_queries int DEFAULT 20, top_tables int DEFAULT 20,
    checks text[] DEFAULT '{archiver,blocked_sessions,cache_hit,checkpoints,checksum_failures,connections,deadlocks,idle_in_transaction,inactive_slots,long_queries,lost_slots,multixact_age,pending_restart,prepared_transactions,replication_lag,temp_files,unsafe_settings,vacuum_overdue,xid_age,xmin_horizon}',
    sizes_ms int DEFAULT 50, areas text[] DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    -- Below 1 MB once it is UTF-8, which other encodings need more bytes in, and with its headers.
    room CONSTANT int := CASE WHEN getdatabaseencoding() IN ('UTF8', 'SQL_ASCII') THEN 800000 ELSE 500000 END;
BEGIN
    RETURN (
        WITH line AS (
            SELECT n, 'pg_perfkit_' || name AS name, type, help, @extschema@.pk_metric_text('pg_perfkit_' || name, labels, value, latency) AS text
            FROM @extschema@.pk_metric_samples(top_queries, top_tables, checks, sizes_ms, areas) WITH ORDINALITY s(name, type, help, labels, value, latency, n)
        ), fitting AS (
            SELECT *, sum(octet_length(text)) OVER (ORDER BY n) <= room AS fits FROM line WHERE text IS NOT NULL
        ), family AS (
            -- All lines of a metric must stand together.
            SELECT min(n) AS n, format(E'# HELP %1$s %2$s\n# TYPE %1$s %3$s\n', name, min(help), min(type)) || string_agg(text, '' ORDER BY n) AS text
            FROM fitting WHERE fits GROUP BY name
        )
        SELECT coalesce(string_agg(text, '' ORDER BY n), '')
               || E'# HELP pg_perfkit_samples_left_out Metrics that were left out to stay below 1 MB.\n# TYPE pg_perfkit_samples_left_out gauge\n'
               || @extschema@.pk_metric_text('pg_perfkit_samples_left_out', NULL, (SELECT count(*) FROM fitting WHERE NOT fits), NULL)
        FROM family);
END $$;
COMMENT ON FUNCTION pk_metrics(int, int, text[], int, text[]) IS
'Metrics of the server in Prometheus'' text format 0.0.4, less than 1 MB whatever the server holds. docs/monitoring.md has the meaning of each. For members of pg_monitor. Waits for no lock; works on a standby, and without preload, where the metrics of capture are missing. ERROR 22023 for an unknown area.
top_queries: of how many statements, those that took the most time, there are metrics; at most 200
top_tables: of how many tables and indexes, those that waste the most, there is the bloat; at most 200
checks: health checks to run; NULL for all, which costs more
sizes_ms: once this many milliseconds were spent on sizes of databases, the others are left out; 0 for no sizes
areas: of what to tell: server, sessions, wal, replication, databases, vacuum, health, bloat, capture; NULL for all';
REVOKE ALL ON FUNCTION pk_metric_samples(int, int, text[], int, text[]), pk_metrics(int, int, text[], int, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metric_samples(int, int, text[], int, text[]), pk_metrics(int, int, text[], int, text[]) TO pg_monitor;

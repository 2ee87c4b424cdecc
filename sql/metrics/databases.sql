
CREATE FUNCTION pk_metrics_databases(sizes_ms int DEFAULT 50) RETURNS SETOF pk_metric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    shown CONSTANT int := 100;
    ends CONSTANT timestamptz := clock_timestamp() + greatest(sizes_ms, 0) * interval '1 ms';
    d record;
    unsized int := 0;
BEGIN
    RETURN QUERY
        WITH busiest AS (
            -- The catalogs that all databases share have no name.
            SELECT s.* FROM pg_stat_database s JOIN pg_database b ON b.oid = s.datid
            ORDER BY s.blks_hit + s.blks_read DESC, s.datid LIMIT shown
        )
        SELECT m.name, CASE WHEN m.name = 'database_connections' THEN 'gauge' ELSE 'counter' END, m.help,
               ARRAY['database', b.datname::text] || m.labels, m.value::float8, NULL::bigint[]
        FROM busiest b, LATERAL (VALUES
            (1, 'database_connections', 'Connections to the database.', NULL::text[], b.numbackends::numeric),
            (2, 'transactions_total', 'Transactions, by how they ended.', ARRAY['outcome', 'commit'], b.xact_commit),
            (3, 'transactions_total', 'Transactions, by how they ended.', ARRAY['outcome', 'rollback'], b.xact_rollback),
            (4, 'blocks_hit_total', 'Blocks that were found in shared_buffers.', NULL, b.blks_hit),
            (5, 'blocks_read_total', 'Blocks that were not in shared_buffers.', NULL, b.blks_read),
            (6, 'block_read_seconds_total', 'Time reading blocks (track_io_timing).', NULL, b.blk_read_time::numeric / 1000),
            (7, 'block_write_seconds_total', 'Time of sessions writing blocks (track_io_timing).', NULL, b.blk_write_time::numeric / 1000),
            (8, 'rows_total', 'Rows, by what was done with them.', ARRAY['operation', 'inserted'], b.tup_inserted),
            (9, 'rows_total', 'Rows, by what was done with them.', ARRAY['operation', 'updated'], b.tup_updated),
            (10, 'rows_total', 'Rows, by what was done with them.', ARRAY['operation', 'deleted'], b.tup_deleted),
            (11, 'rows_total', 'Rows, by what was done with them.', ARRAY['operation', 'scanned'], b.tup_returned),
            (12, 'rows_total', 'Rows, by what was done with them.', ARRAY['operation', 'fetched'], b.tup_fetched),
            (13, 'temp_files_total', 'Temporary files that statements wrote.', NULL, b.temp_files),
            (14, 'temp_bytes_total', 'Bytes of temporary files that statements wrote.', NULL, b.temp_bytes),
            (15, 'deadlocks_total', 'Deadlocks.', NULL, b.deadlocks),
            (16, 'conflicts_total', 'Statements that were cancelled on a standby for what the primary did.', NULL, b.conflicts),
            (17, 'checksum_failures_total', 'Pages with a wrong checksum; missing where there are none.', NULL, b.checksum_failures)) m(n, name, help, labels, value)
        ORDER BY m.n, b.datid;
    RETURN QUERY
        SELECT m.name, 'gauge', m.help, ARRAY['database', o.datname::text], m.value::float8, NULL::bigint[]
        FROM (SELECT datname, age(datfrozenxid) AS xids, mxid_age(datminmxid) AS multixacts FROM pg_database ORDER BY 2 DESC, oid LIMIT shown) o, LATERAL (VALUES
            ('xid_age', 'Transactions since the oldest one in the database that is not frozen; the server refuses to write at 2^31.', o.xids),
            ('multixact_age', 'Multixacts since the oldest one in the database; the server refuses to lock rows at 2^31.', o.multixacts)) m(name, help, value)
        ORDER BY m.name, o.xids DESC;
    -- A size costs a look at every file, which other exporters do at every scrape.
    FOR d IN SELECT oid, datname FROM pg_database ORDER BY datname <> current_database(), oid
    LOOP
        IF coalesce(sizes_ms, 0) <= 0 OR clock_timestamp() > ends
           OR NOT (has_database_privilege(d.oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')) THEN
            unsized := unsized + 1;
        ELSE
            RETURN NEXT ('database_size_bytes', 'gauge', 'Size of the files of the database.',
                         ARRAY['database', d.datname::text], pg_database_size(d.oid), NULL)::@extschema@.pk_metric;
        END IF;
    END LOOP;
    RETURN NEXT ('left_out', 'gauge', 'What there were too many of for metrics of each.', ARRAY['what', 'sizes of databases'], unsized, NULL)::@extschema@.pk_metric;
    RETURN NEXT ('left_out', 'gauge', 'What there were too many of for metrics of each.', ARRAY['what', 'databases'],
                 greatest((SELECT count(*) FROM pg_database) - shown, 0), NULL)::@extschema@.pk_metric;
END $$;
COMMENT ON FUNCTION pk_metrics_databases(int) IS
'Metrics of the 100 busiest databases, for pk_metrics().
sizes_ms: once this many milliseconds were spent on sizes, the others are left out; 0 for no sizes';
REVOKE ALL ON FUNCTION pk_metrics_databases(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_databases(int) TO pg_monitor;

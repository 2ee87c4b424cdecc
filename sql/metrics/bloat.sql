
CREATE FUNCTION pk_metrics_bloat(top_tables int DEFAULT 20) RETURNS SETOF pk_metric
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 50 SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        WITH kept AS MATERIALIZED (
            SELECT n.nspname, coalesce(p.relname, c.relname) AS relname, CASE WHEN c.relkind = 'i' THEN c.relname END AS index_name, c.relkind,
                   b.real_bytes, b.real_bytes - b.ideal_bytes AS wasted, extract(epoch FROM now() - b.measured_at) AS age, c.oid
            FROM @extschema@.pk_bloat_kept() b
            JOIN pg_class c ON c.oid = b.relation AND pg_relation_filenode(c.oid) = b.filenode
            LEFT JOIN pg_index i ON c.relkind = 'i' AND i.indexrelid = c.oid
            LEFT JOIN pg_class p ON p.oid = i.indrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
        ), total AS (
            SELECT k.kind, ARRAY['database', current_database()::text, 'kind', k.kind] AS labels, count(t.oid) AS relations,
                   sum(t.real_bytes) AS real_bytes, sum(greatest(t.wasted, 0)) AS wasted, max(t.age) AS age
            FROM (VALUES ('table'), ('index')) k(kind) LEFT JOIN kept t ON (t.relkind = 'i') = (k.kind = 'index')
            GROUP BY k.kind
        ), most AS (
            SELECT ARRAY['database', current_database()::text, 'schema', nspname, 'table', relname, 'index', index_name]::text[] AS labels, real_bytes, wasted, age
            FROM kept WHERE wasted > 1048576 ORDER BY wasted DESC, oid LIMIT least(greatest(top_tables, 0), 200)
        )
        SELECT m.name, 'gauge', m.help, m.labels, m.value::float8, NULL::bigint[]
        FROM (
            SELECT v.*, t.labels FROM total t, LATERAL (VALUES
                (1, 'bloat_measured_relations', 'Tables or indexes of this database whose bloat was measured; nothing here measures.', t.relations::numeric),
                (2, 'bloat_measured_bytes', 'Size of the tables or indexes whose bloat was measured.', coalesce(t.real_bytes, 0)),
                (3, 'bloat_wasted_bytes', 'What a rewrite of them would give back.', coalesce(t.wasted, 0)),
                (4, 'bloat_oldest_result_age_seconds', 'Age of the oldest measurement among them.', t.age)) v(n, name, help, value)
          UNION ALL
            SELECT v.*, t.labels FROM most t, LATERAL (VALUES
                (5, 'relation_bytes', 'Size, when its bloat was measured, of a table or index that wastes most.', t.real_bytes::numeric),
                (6, 'relation_wasted_bytes', 'What a rewrite of the table or index would give back.', t.wasted::numeric),
                (7, 'relation_bloat_age_seconds', 'Age of the measurement.', t.age)) v(n, name, help, value)) m
        ORDER BY m.n, m.labels;
END $$;
COMMENT ON FUNCTION pk_metrics_bloat(int) IS
'Bloat in this database as it was measured last (pk_bloat_kept), for pk_metrics().
top_tables: of how many tables and indexes, those that waste the most, there are metrics; at most 200';
REVOKE ALL ON FUNCTION pk_metrics_bloat(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_metrics_bloat(int) TO pg_monitor;

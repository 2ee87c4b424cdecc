
CREATE FUNCTION pk_check_index_bloat(warn float8 DEFAULT 50, critical float8 DEFAULT NULL, min_mb float8 DEFAULT 100) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    -- The file's size is only asked where the last VACUUM or ANALYZE has seen a tenth of what matters, or has not been there
    -- since rows came.
    WITH sized AS MATERIALIZED (
        SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, @extschema@.pk_relation_bytes(c.oid) AS bytes
        FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
        WHERE c.relkind = 'i' AND m.amname = 'btree'
          AND ((c.relpages <= 1 AND pg_stat_get_tuples_inserted(i.indrelid) > 0) OR c.relpages >= min_mb * 1048576 / 10 / current_setting('block_size')::int)
    ), large AS (
        SELECT oid, name, bytes FROM sized WHERE bytes >= min_mb * 1048576 ORDER BY bytes DESC LIMIT 20
    ), bloat AS (
        SELECT l.name, l.bytes, b.bloat_percent, b.wasted_bytes, b.recommendation
        FROM large l, @extschema@.pk_bloat(l.oid, max_pages => 200) b
        WHERE @extschema@.pk_health_needs('pg_stat_scan_tables') IS NULL AND b.bloat_percent IS NOT NULL
    )
    SELECT @extschema@.pk_health_result('index_bloat', 'storage', '%',
        'Highest bloat of a large B-tree: what REINDEX would give back, in percent of its size, from a sample of its pages.',
        coalesce(max(bloat_percent), 0), warn, critical,
        objects => array_agg(format('%s: %s %% of %s', name, round(bloat_percent), pg_size_pretty(bytes)) ORDER BY bloat_percent DESC)
                       FILTER (WHERE bloat_percent >= warn OR bloat_percent >= critical),
        recommendation => (array_agg(recommendation ORDER BY bloat_percent DESC))[1],
        reason => @extschema@.pk_health_needs('pg_stat_scan_tables'))
    FROM bloat
$$;
COMMENT ON FUNCTION pk_check_index_bloat(float8, float8, float8) IS
'Highest bloat of the 20 largest B-trees that are large enough to matter, from a small sample of each.
warn: from this many %; NULL for never
critical: from this many %; NULL for never
min_mb: smaller ones do not matter';


-- uuid_audit: which uuid keys are random, and what that costs

CREATE VIEW pk_uuid_audit AS
    SELECT k.schema_name, k.table_name, k.column_name, k.index_name,
           CASE WHEN k.sampled = 0 THEN 'unknown' WHEN k.random_share >= 0.95 THEN 'random'
                WHEN k.ordered_share >= 0.95 THEN 'ordered' ELSE 'mixed' END AS kind,
           100 * k.random_share AS random_percent, 100 * k.ordered_share AS ordered_percent, k.sampled,
           k.default_expression, k.correlation, k.live_tuples, k.index_bytes, k.leaf_density,
           k.wasted_bytes, k.inserts_per_hour,
           -- n inserts to random ones of L pages touch L (1 - e^(-n/L)) of them; in order they fill one after the other.
           CASE WHEN k.pages > 0 AND k.inserts_per_hour IS NOT NULL THEN (k.block * k.pages * (1 - pg_catalog.exp(-least(k.inserts_per_hour / k.pages, 500))))::bigint END AS random_insert_bytes,
           (k.block * pg_catalog.ceil(k.inserts_per_hour * 28 / (0.9 * k.block)))::bigint AS ordered_insert_bytes,
           k.referenced_by,
           CASE WHEN k.sampled = 0 THEN NULL
                WHEN k.ordered_share >= 0.95 AND k.makes_random THEN pg_catalog.format('ALTER TABLE %s ALTER %I SET DEFAULT @extschema@.pk_uuidv7()', k.target, k.column_name)
                WHEN k.random_share > 0.05 AND k.makes_random THEN pg_catalog.format('ALTER TABLE %s ALTER %I SET DEFAULT @extschema@.pk_uuidv7(); then, for the old rows: SELECT * FROM @extschema@.pk_uuid_migrate(%L)', k.target, k.column_name, k.target)
                WHEN k.random_share > 0.05 AND k.default_expression IS NULL THEN pg_catalog.format('let the application make version 7; then, for the old rows: SELECT * FROM @extschema@.pk_uuid_migrate(%L)', k.target)
                WHEN k.random_share > 0.05 THEN pg_catalog.format('for the old rows: SELECT * FROM @extschema@.pk_uuid_migrate(%L)', k.target)
           END AS recommendation,
           CASE WHEN k.sampled = 0 THEN 'no statistics that you may see: ANALYZE, or be granted SELECT' END AS reason,
           k.relation
    FROM (
        SELECT n.nspname AS schema_name, c.relname AS table_name, a.attname AS column_name, ic.relname AS index_name, c.oid::pg_catalog.regclass AS relation,
               coalesce(pg_catalog.pg_partition_root(c.oid), c.oid::pg_catalog.regclass) AS target,
               v.sampled, v.random_share, v.ordered_share, s.correlation::float8 AS correlation, d.default_expression,
               coalesce(d.default_expression ~ 'gen_random_uuid\(|uuid_generate_v4\(|uuidv4\(', false) AS makes_random,
               b.live_tuples, b.real_bytes AS index_bytes, b.leaf_density, b.wasted_bytes,
               pg_catalog.current_setting('block_size')::float8 AS block, b.real_bytes / pg_catalog.current_setting('block_size')::float8 AS pages,
               -- Counters outlive a restart, and nobody knows their age before the first reset.
               CASE WHEN since.reset IS NOT NULL THEN pg_catalog.pg_stat_get_tuples_inserted(c.oid)
                   / greatest(extract(epoch FROM pg_catalog.now() - since.reset)::float8 / 3600, 1.0 / 60) END AS inserts_per_hour,
               ARRAY(SELECT pg_catalog.format('%s (%s)', f.conrelid::pg_catalog.regclass, f.conname) FROM pg_catalog.pg_constraint f
                     WHERE f.contype = 'f' AND f.confrelid = c.oid AND a.attnum = ANY (f.confkey) AND f.conparentid = 0
                     ORDER BY f.conrelid::pg_catalog.regclass::text, f.conname) AS referenced_by
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relkind = 'r'
        JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid AND 'pg_catalog.uuid'::pg_catalog.regtype IN (t.oid, t.typbasetype)
        CROSS JOIN (SELECT pg_catalog.pg_stat_get_db_stat_reset_time(o.oid) AS reset FROM pg_catalog.pg_database o
                    WHERE o.datname = pg_catalog.current_database()) since
        LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
        LEFT JOIN LATERAL (SELECT pg_catalog.pg_get_expr(e.adbin, e.adrelid) AS default_expression FROM pg_catalog.pg_attrdef e
                           WHERE e.adrelid = c.oid AND e.adnum = a.attnum) d ON true
        -- The values that ANALYZE has kept are a sample.
        CROSS JOIN LATERAL (
            SELECT pg_catalog.count(*)::int AS sampled,
                   pg_catalog.avg((@extschema@.pk_uuid_version(u.id) IS NOT DISTINCT FROM 4)::int)::float8 AS random_share,
                   pg_catalog.avg((coalesce(@extschema@.pk_uuid_version(u.id), 0) IN (6, 7))::int)::float8 AS ordered_share
            FROM pg_catalog.unnest(s.histogram_bounds::text::uuid[] || s.most_common_vals::text::uuid[]) u(id)) v
        CROSS JOIN LATERAL @extschema@.pk_bloat(ic.oid) b
        WHERE i.indisunique AND i.indisvalid AND i.indislive
          -- Evaluated before anything is read: whose index the caller may see.
          AND ((SELECT pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE')) OR pg_catalog.has_table_privilege(c.oid, 'SELECT'))
    ) k;
COMMENT ON VIEW pk_uuid_audit IS
'Every unique index of a table or partition that begins with a uuid column and that the caller may see: whether the keys are random, what that costs, and what to do. Versions by the values that ANALYZE has kept; density from a sample of the index''s pages. The WHERE clause decides what is read.';
COMMENT ON COLUMN pk_uuid_audit.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_uuid_audit.table_name IS 'the table';
COMMENT ON COLUMN pk_uuid_audit.column_name IS 'the column';
COMMENT ON COLUMN pk_uuid_audit.index_name IS 'the index';
COMMENT ON COLUMN pk_uuid_audit.kind IS 'random (95 % and more of version 4), ordered (95 % and more of versions 6 and 7), mixed, or unknown';
COMMENT ON COLUMN pk_uuid_audit.random_percent IS 'keys of version 4, in percent of the sample';
COMMENT ON COLUMN pk_uuid_audit.ordered_percent IS 'keys of versions 6 and 7, in percent of the sample';
COMMENT ON COLUMN pk_uuid_audit.sampled IS 'keys in the sample';
COMMENT ON COLUMN pk_uuid_audit.default_expression IS 'default of the column; NULL for none';
COMMENT ON COLUMN pk_uuid_audit.correlation IS 'between the order of the keys and that of the rows, -1 to 1, by ANALYZE: near 0 where neighbours in the index are anywhere in the table';
COMMENT ON COLUMN pk_uuid_audit.live_tuples IS 'entries of the index';
COMMENT ON COLUMN pk_uuid_audit.index_bytes IS 'size of the index: with random keys, what must be in memory for inserts to find their page there';
COMMENT ON COLUMN pk_uuid_audit.leaf_density IS 'filled share of its leaf pages in percent; 69 is usual with random keys, 90 with ordered ones';
COMMENT ON COLUMN pk_uuid_audit.wasted_bytes IS 'what REINDEX would give back, which with ordered keys does not come back';
COMMENT ON COLUMN pk_uuid_audit.inserts_per_hour IS 'rows inserted into the table per hour since the database''s statistics were last reset (pg_stat_database.stats_reset); NULL where they never were, since counters outlive restarts and their age is unknown';
COMMENT ON COLUMN pk_uuid_audit.random_insert_bytes IS 'pages of the index that so many random inserts touch; NULL as inserts_per_hour';
COMMENT ON COLUMN pk_uuid_audit.ordered_insert_bytes IS 'pages that as many in order touch; NULL as inserts_per_hour';
COMMENT ON COLUMN pk_uuid_audit.referenced_by IS 'tables and foreign keys that refer to the column';
COMMENT ON COLUMN pk_uuid_audit.recommendation IS 'what to run, or to do; NULL where nothing is';
COMMENT ON COLUMN pk_uuid_audit.reason IS 'why the kind is unknown';
COMMENT ON COLUMN pk_uuid_audit.relation IS 'the table itself';
GRANT SELECT ON pk_uuid_audit TO PUBLIC;

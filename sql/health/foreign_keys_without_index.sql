
CREATE FUNCTION pk_check_foreign_keys_without_index(warn float8 DEFAULT 1, critical float8 DEFAULT NULL, min_mb float8 DEFAULT 1) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH key AS (
        SELECT k.conname, k.conrelid, k.conkey, c.relkind, format('%I.%I', n.nspname, c.relname) AS name,
               CASE c.relkind WHEN 'p' THEN (SELECT sum(@extschema@.pk_relation_bytes(p.relid)) FROM pg_partition_tree(c.oid) p WHERE p.isleaf)
                              ELSE @extschema@.pk_relation_bytes(c.oid) END AS bytes
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND k.conparentid = 0
          AND NOT EXISTS (
              SELECT FROM pg_index i
              WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indpred IS NULL
                -- int2vector counts from 0
                AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                AND i.indnkeyatts >= cardinality(k.conkey))
    )
    SELECT @extschema@.pk_health_result('foreign_keys_without_index', 'schema', 'foreign keys',
        'Foreign keys without an index on the referencing columns: a DELETE or UPDATE of a referenced row reads the whole referencing table.',
        count(*), warn, critical,
        objects => array_agg(format('%I on %s (%s)', conname, name, pg_size_pretty(bytes)) ORDER BY bytes DESC, name),
        recommendation => (array_agg(format('CREATE INDEX%s ON %s (%s)', CASE WHEN relkind <> 'p' THEN ' CONCURRENTLY' END, name,
            (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY array_position(conkey, a.attnum))
             FROM pg_attribute a WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey))) ORDER BY bytes DESC, name))[1])
    FROM key WHERE bytes >= min_mb * 1048576
$$;
COMMENT ON FUNCTION pk_check_foreign_keys_without_index(float8, float8, float8) IS
'Number of foreign keys of tables that are large enough to matter whose columns are not the first ones of an index.
warn: from this many foreign keys; NULL for never
critical: from this many foreign keys; NULL for never
min_mb: smaller tables do not matter';

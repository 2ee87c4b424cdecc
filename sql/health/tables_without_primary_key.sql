
CREATE FUNCTION pk_check_tables_without_primary_key(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('tables_without_primary_key', 'schema', 'tables',
        'Tables without a primary key: rows cannot be told apart, and logical replication cannot update or delete them.',
        count(*), warn, critical,
        objects => array_agg(name ORDER BY rows DESC, name),
        recommendation => (array_agg(format('ALTER TABLE %s ADD PRIMARY KEY (...)', name) ORDER BY rows DESC, name))[1])
    FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name, c.reltuples AS rows
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
            AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) t
$$;
COMMENT ON FUNCTION pk_check_tables_without_primary_key(float8, float8) IS
'Number of tables without a primary key, those of extensions left out.
warn: from this many tables; NULL for never
critical: from this many tables; NULL for never';


CREATE FUNCTION pk_check_invalid_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('invalid_indexes', 'schema', 'indexes',
        'Indexes that no query can use, though every write pays for them: what a failed or cancelled CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY has left behind.',
        count(*), warn, critical,
        objects => array_agg(format('%I.%I on %I', n.nspname, c.relname, t.relname) ORDER BY n.nspname, c.relname),
        recommendation => (array_agg(format(CASE WHEN c.relkind = 'I' THEN 'Attach a valid index of every partition to %I.%I' ELSE 'DROP INDEX CONCURRENTLY %I.%I, then make it anew where it is wanted' END,
                                            n.nspname, c.relname) ORDER BY n.nspname, c.relname))[1])
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
      -- not one that is just being built, on this table
      AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.datname = current_database() AND p.relid = i.indrelid)
$$;
COMMENT ON FUNCTION pk_check_invalid_indexes(float8, float8) IS
'Number of invalid indexes which nobody is building.
warn: from this many indexes; NULL for never
critical: from this many indexes; NULL for never';

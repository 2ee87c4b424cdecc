
CREATE FUNCTION pk_check_duplicate_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH index AS MATERIALIZED (
        SELECT i.indexrelid, i.indrelid, i.indisunique, i.indnkeyatts,
               format('%I.%I', n.nspname, c.relname) AS name, m.amname,
               i.indisunique OR i.indisprimary OR i.indisreplident OR i.indisexclusion OR i.indisclustered
               OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) AS needed,
               string_to_array(i.indkey::text, ' ') AS columns, string_to_array(i.indclass::text, ' ') AS classes,
               string_to_array(i.indcollation::text, ' ') AS collations, string_to_array(i.indoption::text, ' ') AS options,
               coalesce(pg_get_expr(i.indexprs, i.indrelid), '') AS expressions,
               coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_am m ON m.oid = c.relam
        WHERE i.indisvalid AND i.indisready AND i.indislive AND c.relkind = 'i' AND NOT c.relispartition
          AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    ), duplicate AS (
        SELECT a.name, b.name AS other, @extschema@.pk_relation_bytes(a.indexrelid) AS bytes
        FROM index a CROSS JOIN LATERAL (
            SELECT b.name FROM index b
            WHERE b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
              AND (b.amname, b.indnkeyatts, b.columns, b.classes, b.collations, b.options, b.expressions, b.predicate)
                = (a.amname, a.indnkeyatts, a.columns, a.classes, a.collations, a.options, a.expressions, a.predicate)
              AND (b.needed, -b.indexrelid::bigint) > (a.needed, -a.indexrelid::bigint)
            ORDER BY b.needed DESC, b.indexrelid LIMIT 1) b
        WHERE NOT a.needed
    )
    SELECT @extschema@.pk_health_result('duplicate_indexes', 'schema', 'indexes',
        'Indexes that another one on the same table equals in columns, order, operator classes, collations, expressions and predicate: each costs writes and space and gains nothing.',
        count(*), warn, critical,
        objects => array_agg(format('%s equals %s (%s)', name, other, pg_size_pretty(bytes)) ORDER BY bytes DESC, name),
        recommendation => (array_agg(format('DROP INDEX CONCURRENTLY %s', name) ORDER BY bytes DESC, name))[1])
    FROM duplicate
$$;
COMMENT ON FUNCTION pk_check_duplicate_indexes(float8, float8) IS
'Number of indexes that equal another one; the one that is kept is the one that a constraint needs, or the oldest.
warn: from this many indexes; NULL for never
critical: from this many indexes; NULL for never';

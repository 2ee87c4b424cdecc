
CREATE FUNCTION pk_check_redundant_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
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
          AND m.amname = 'btree'
    ), redundant AS (
        SELECT a.name, b.name AS other, @extschema@.pk_relation_bytes(a.indexrelid) AS bytes
        FROM index a CROSS JOIN LATERAL (
            SELECT b.name FROM index b
            WHERE b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid AND b.indnkeyatts > a.indnkeyatts
              AND b.predicate = a.predicate
              AND (b.columns[1:a.indnkeyatts], b.classes[1:a.indnkeyatts], b.collations[1:a.indnkeyatts], b.options[1:a.indnkeyatts])
                = (a.columns[1:a.indnkeyatts], a.classes[1:a.indnkeyatts], a.collations[1:a.indnkeyatts], a.options[1:a.indnkeyatts])
            ORDER BY b.indnkeyatts LIMIT 1) b
        -- Without expressions, whose parts are not compared, and without columns beside the key.
        WHERE NOT a.needed AND a.expressions = '' AND cardinality(a.columns) = a.indnkeyatts
    )
    SELECT @extschema@.pk_health_result('redundant_indexes', 'schema', 'indexes',
        'B-trees whose columns are the first ones of another B-tree on the same table, which can serve the same queries.',
        count(*), warn, critical,
        objects => array_agg(format('%s is a prefix of %s (%s)', name, other, pg_size_pretty(bytes)) ORDER BY bytes DESC, name),
        recommendation => (array_agg(format('DROP INDEX CONCURRENTLY %s, unless it is kept for being smaller', name) ORDER BY bytes DESC, name))[1])
    FROM redundant
$$;
COMMENT ON FUNCTION pk_check_redundant_indexes(float8, float8) IS
'Number of B-trees that are a prefix of another one.
warn: from this many indexes; NULL for never
critical: from this many indexes; NULL for never';

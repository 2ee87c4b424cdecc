
CREATE FUNCTION pk_check_redundant_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH pair AS (
        SELECT DISTINCT ON (i.indexrelid) i.indexrelid, j.indexrelid AS other
        FROM pg_index i
        JOIN pg_index j
          ON j.indrelid = i.indrelid AND j.indnkeyatts > i.indnkeyatts AND j.indkey[0] = i.indkey[0]
             AND (j.indkey::int2[])[0:i.indnkeyatts - 1] = (i.indkey::int2[])[0:i.indnkeyatts - 1]
             AND (j.indclass::oid[])[0:i.indnkeyatts - 1] = (i.indclass::oid[])[0:i.indnkeyatts - 1]
             AND (j.indcollation::oid[])[0:i.indnkeyatts - 1] = (i.indcollation::oid[])[0:i.indnkeyatts - 1]
             AND (j.indoption::int2[])[0:i.indnkeyatts - 1] = (i.indoption::int2[])[0:i.indnkeyatts - 1]
             AND ARRAY(SELECT attoptions::text FROM pg_attribute WHERE attrelid = j.indexrelid AND attnum <= i.indnkeyatts ORDER BY attnum)
                 = ARRAY(SELECT attoptions::text FROM pg_attribute WHERE attrelid = i.indexrelid ORDER BY attnum)
             AND pg_get_expr(j.indpred, j.indrelid) IS NOT DISTINCT FROM pg_get_expr(i.indpred, i.indrelid)
             AND j.indisvalid AND j.indisready AND j.indislive
        -- Without expressions, whose parts are not compared, and without columns beside the key.
        WHERE i.indisvalid AND i.indisready AND i.indislive AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
          AND NOT (i.indisunique OR i.indisprimary OR i.indisreplident OR i.indisexclusion OR i.indisclustered OR i.indexrelid IN (SELECT conindid FROM pg_constraint))
        ORDER BY i.indexrelid, j.indnkeyatts, j.indexrelid
    ), redundant AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, format('%I.%I', n.nspname, o.relname) AS other,
               @extschema@.pk_relation_bytes(p.indexrelid) AS bytes
        FROM pair p
        JOIN pg_class c ON c.oid = p.indexrelid
        JOIN pg_class o ON o.oid = p.other AND o.relam = c.relam
        JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'i' AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
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


CREATE FUNCTION pk_check_duplicate_indexes(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH pair AS (
        -- Of two equal ones the one that a constraint needs is kept, else the older one.
        SELECT i.indexrelid, min(j.indexrelid) AS other
        FROM (SELECT *, (i.indisunique OR i.indisprimary OR i.indisreplident OR i.indisexclusion OR i.indisclustered
               OR i.indexrelid IN (SELECT conindid FROM pg_constraint)) AS needed
              FROM pg_index i WHERE indisvalid AND indisready AND indislive) i
        JOIN (SELECT *, (i.indisunique OR i.indisprimary OR i.indisreplident OR i.indisexclusion OR i.indisclustered
               OR i.indexrelid IN (SELECT conindid FROM pg_constraint)) AS needed
              FROM pg_index i WHERE indisvalid AND indisready AND indislive) j
          ON j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid AND j.indnkeyatts = i.indnkeyatts
             AND j.indkey::int2[] = i.indkey::int2[] AND j.indclass = i.indclass AND j.indcollation = i.indcollation
             AND j.indoption::int2[] = i.indoption::int2[]
             AND pg_get_expr(j.indexprs, j.indrelid) IS NOT DISTINCT FROM pg_get_expr(i.indexprs, i.indrelid)
             AND pg_get_expr(j.indpred, j.indrelid) IS NOT DISTINCT FROM pg_get_expr(i.indpred, i.indrelid)
             AND ARRAY(SELECT attoptions::text FROM pg_attribute WHERE attrelid = j.indexrelid ORDER BY attnum)
                 = ARRAY(SELECT attoptions::text FROM pg_attribute WHERE attrelid = i.indexrelid ORDER BY attnum)
             AND ARRAY(SELECT o FROM pg_class c, unnest(c.reloptions) o WHERE c.oid = j.indexrelid AND o NOT LIKE 'fillfactor=%' ORDER BY o)
                 = ARRAY(SELECT o FROM pg_class c, unnest(c.reloptions) o WHERE c.oid = i.indexrelid AND o NOT LIKE 'fillfactor=%' ORDER BY o)
        WHERE NOT i.needed AND (j.needed OR j.indexrelid < i.indexrelid)
        GROUP BY i.indexrelid
    ), duplicate AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, format('%I.%I', n.nspname, o.relname) AS other,
               @extschema@.pk_relation_bytes(p.indexrelid) AS bytes
        FROM pair p
        JOIN pg_class c ON c.oid = p.indexrelid
        JOIN pg_class o ON o.oid = p.other AND o.relam = c.relam
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'i' AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    )
    SELECT @extschema@.pk_health_result('duplicate_indexes', 'schema', 'indexes',
        'Indexes that another one on the same table equals in columns, order, operator classes, collations, expressions, predicate and parameters (but for the fillfactor): each costs writes and space and gains nothing.',
        count(*), warn, critical,
        objects => array_agg(format('%s equals %s (%s)', name, other, pg_size_pretty(bytes)) ORDER BY bytes DESC, name),
        recommendation => (array_agg(format('DROP INDEX CONCURRENTLY %s', name) ORDER BY bytes DESC, name))[1])
    FROM duplicate
$$;
COMMENT ON FUNCTION pk_check_duplicate_indexes(float8, float8) IS
'Number of indexes that equal another one; the one that is kept is the one that a constraint needs, or the oldest.
warn: from this many indexes; NULL for never
critical: from this many indexes; NULL for never';

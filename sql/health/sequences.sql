
CREATE FUNCTION pk_check_sequences(warn float8 DEFAULT 75, critical float8 DEFAULT 90) RETURNS pk_health_row
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH sequence AS (
        SELECT format('%I.%I', n.nspname, c.relname) AS name, c.oid, s.*, o.refobjid AS table_oid, a.attname, t.typname,
               @extschema@.pk_sequence_last_value(c.oid)::numeric AS last,
               CASE WHEN a.atttypid = 'int2'::regtype THEN 32767 WHEN a.atttypid = 'int4'::regtype THEN 2147483647 END AS type_max
        FROM pg_sequence s
        JOIN pg_class c ON c.oid = s.seqrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype IN ('a', 'i')
                             AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0
        LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
        LEFT JOIN pg_type t ON t.oid = a.atttypid
        WHERE NOT s.seqcycle
    ), used AS (
        SELECT name, typname, table_oid, attname,
               CASE WHEN seqincrement > 0 THEN (last - seqmin) / nullif(least(seqmax, type_max)::numeric - seqmin, 0)
                    ELSE (seqmax - last) / nullif(seqmax::numeric - greatest(seqmin, -type_max - 1), 0) END * 100 AS percent
        FROM sequence
    )
    SELECT @extschema@.pk_health_result('sequences', 'schema', '%',
        'Share of its values that the fullest sequence has handed out; at 100 % every INSERT that needs it fails.',
        coalesce(max(percent), 0)::float8, warn, critical,
        objects => array_agg(format('%s: %s %%%s', name, round(percent, 1), ' for ' || table_oid::regclass || '.' || quote_ident(attname)) ORDER BY percent DESC NULLS LAST)
                       FILTER (WHERE percent >= least(warn, critical)),
        recommendation => (array_agg(CASE WHEN typname IN ('int2', 'int4') THEN format('ALTER TABLE %s ALTER COLUMN %I TYPE bigint (rewrites the table under an ACCESS EXCLUSIVE lock); ALTER SEQUENCE %s AS bigint', table_oid::regclass, attname, name)
                                          ELSE format('ALTER SEQUENCE %s AS bigint MAXVALUE ...', name) END ORDER BY percent DESC NULLS LAST))[1],
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
    FROM used
$$;
COMMENT ON FUNCTION pk_check_sequences(float8, float8) IS
'Use of the fullest sequence, the type of the column that owns it taken into account.
warn: from this many %; NULL for never
critical: from this many %; NULL for never';

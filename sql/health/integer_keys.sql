
CREATE FUNCTION pk_check_integer_keys(warn float8 DEFAULT 50, critical float8 DEFAULT 75) RETURNS pk_health_row
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
        SELECT name, typname, table_oid, attname, abs(last) / type_max * 100 AS percent
        FROM sequence WHERE type_max IS NOT NULL
    )
    SELECT @extschema@.pk_health_result('integer_keys', 'schema', '%',
        'Share of the values of a smallint or integer column that its sequence has handed out; changing the type of a large table takes long, so begin early.',
        coalesce(max(percent), 0)::float8, warn, critical,
        objects => array_agg(format('%s.%I (%s): %s %%', table_oid::regclass, attname, typname, round(percent, 1)) ORDER BY percent DESC NULLS LAST)
                       FILTER (WHERE percent >= least(warn, critical)),
        recommendation => (array_agg(format('Plan the change of %s.%I to bigint', table_oid::regclass, attname) ORDER BY percent DESC NULLS LAST))[1],
        reason => @extschema@.pk_health_needs('pg_read_all_stats'))
    FROM used
$$;
COMMENT ON FUNCTION pk_check_integer_keys(float8, float8) IS
'Use of the fullest smallint or integer column that a sequence fills.
warn: from this many %; NULL for never
critical: from this many %; NULL for never';


CREATE FUNCTION pk_check_unvalidated_constraints(warn float8 DEFAULT 1, critical float8 DEFAULT NULL) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('unvalidated_constraints', 'schema', 'constraints',
        'Constraints that were added NOT VALID and never validated, so that older rows may break them and the planner cannot rely on them.',
        count(*), warn, critical,
        objects => array_agg(format('%s on %s', quote_ident(conname), name) ORDER BY name, conname),
        recommendation => (array_agg(format('ALTER TABLE %s VALIDATE CONSTRAINT %I', name, conname) ORDER BY name, conname))[1])
    FROM (SELECT k.conname, format('%I.%I', n.nspname, c.relname) AS name
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE NOT k.convalidated AND k.conparentid = 0
            -- NOT ENFORCED, since version 18: read by name, since older versions have no such column
            AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true') c
$$;
COMMENT ON FUNCTION pk_check_unvalidated_constraints(float8, float8) IS
'Number of constraints that are not validated.
warn: from this many constraints; NULL for never
critical: from this many constraints; NULL for never';

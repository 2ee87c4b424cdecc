
-- workload: what the columns of its views mean, where the comment of the function behind the view says it

DO $$
DECLARE
    behind text[];
    meaning text[];
BEGIN
    FOREACH behind SLICE 1 IN ARRAY ARRAY[['pk_workload', 'pk_workload_counters'], ['pk_workload_samples', 'pk_workload_samples_read'],
                                          ['pk_slow_plans', 'pk_slow_plans_read'], ['pk_predicates', 'pk_predicates_read']] LOOP
        FOR meaning IN SELECT pg_catalog.regexp_matches(pg_catalog.obj_description(pg_catalog.format('@extschema@.%I()', behind[2])::regprocedure, 'pg_proc'),
                                                        '^(\w+): (.*)$', 'gn') LOOP
            EXECUTE pg_catalog.format('COMMENT ON COLUMN @extschema@.%I.%I IS %L', behind[1], meaning[1], meaning[2]);
        END LOOP;
    END LOOP;
END $$;

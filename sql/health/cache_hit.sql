
CREATE FUNCTION pk_check_cache_hit(warn float8 DEFAULT 90, critical float8 DEFAULT 80, min_blocks float8 DEFAULT 100000) RETURNS pk_health_row
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT @extschema@.pk_health_result('cache_hit', 'memory', '%',
        'Share of the blocks needed in this database that were in shared_buffers.',
        hit_percent, warn, critical, below => true,
        objects => (SELECT array_agg(format('%I.%I: %s reads, %s %% hits', schema_name, table_name, reads, hit_percent) ORDER BY reads DESC)
                    FROM (SELECT * FROM @extschema@.pk_cache_table t
                          WHERE d.hit_percent <= greatest(warn, critical) AND t.hit_percent <= greatest(warn, critical) ORDER BY t.reads DESC LIMIT 5) t),
        recommendation => 'Look for missing indexes of the tables that read most; raise shared_buffers if it is below a quarter of the memory.',
        reason => CASE WHEN hits + reads < min_blocks THEN format('the statistics are too young: fewer than %s blocks', min_blocks) END)
    FROM @extschema@.pk_cache_database d WHERE database_name = current_database()
$$;
COMMENT ON FUNCTION pk_check_cache_hit(float8, float8, float8) IS
'Cache hits of this database since its statistics were reset.
warn: down from this many %; NULL for never
critical: down from this many %; NULL for never
min_blocks: blocks needed from which the share tells something';

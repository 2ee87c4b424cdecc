
-- statistics: advice

CREATE FUNCTION pk_suggest_statistics(
    min_factor float8 DEFAULT 5, min_executions int DEFAULT 2, min_rows bigint DEFAULT 1000, tables regclass[] DEFAULT NULL)
    RETURNS TABLE(rank int, kind text, schema_name text, table_name text, columns text[], ddl text, followed_by text, reason text,
                  observed_selectivity float8, estimated_selectivity float8, error_factor float8, executions bigint, evidence jsonb)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off
    AS $$
#variable_conflict use_column
DECLARE
    default_target CONSTANT int := current_setting('default_statistics_target')::int;
BEGIN
    IF (min_factor BETWEEN 1 AND 1e9 AND min_executions BETWEEN 1 AND 8 AND min_rows >= 0) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING MESSAGE = 'min_factor is between 1 and 1e9, min_executions between 1 and 8, and min_rows not negative';
    END IF;
    IF (SELECT predicates IS NULL FROM @extschema@.pk_workload_info()) THEN
        RAISE NOTICE 'estimates were not compared with what came: only missing and stale statistics are told'
            USING HINT = 'Add pg_perfkit to shared_preload_libraries and restart the server.';
    ELSIF current_setting('pg_perfkit.predicate_rate', true) = '0' AND NOT EXISTS (SELECT FROM @extschema@.pk_predicates_read()) THEN
        RAISE NOTICE 'no estimates were compared with what came: only missing and stale statistics are told'
            USING HINT = 'Set pg_perfkit.predicate_rate to more than 0.';
    END IF;

    RETURN QUERY
    WITH RECURSIVE own AS MATERIALIZED (
        SELECT c.oid, c.relkind, c.relowner, c.relnamespace, n.nspname, c.relname, c.reltuples, format('%I.%I', n.nspname, c.relname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
    ), tree(root, relation) AS (
        SELECT oid, oid FROM own
        -- pg_partition_tree() would wait for locks.
        UNION SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation
    ), untrue AS MATERIALIZED (
        -- Too far off, and of columns and operators that statistics tell of.
        SELECT e.*, k.numbers, k.names, k.equal, x.expression, x.expression IS NULL AND cardinality(k.numbers) = 1 AS single,
               jsonb_build_object('predicate', e.predicate, 'kind', e.kind, 'executions', e.executions, 'comparisons', e.comparisons,
                                  'estimated_rows', round(e.estimated_rows), 'actual_rows', round(e.actual_rows),
                                  'estimated_selectivity', e.estimated_selectivity, 'observed_selectivity', e.observed_selectivity, 'error_factor', e.error_factor,
                                  'queryids', e.queryids, 'first_seen', e.first_seen, 'last_seen', e.last_seen) AS seen
        FROM @extschema@.pk_estimates e
        CROSS JOIN LATERAL (
            SELECT array_agg(DISTINCT a.attnum ORDER BY a.attnum) AS numbers, array_agg(DISTINCT a.attname::text ORDER BY a.attname::text) AS names,
                   bool_and(o.oprrest::text = 'eqsel') IS TRUE AS equal,
                   -- As the planner takes them for extended statistics, which need an order of the type.
                   bool_and(a.attnum IS NOT NULL AND a.attgenerated <> 'v' AND (p.operator = 0 OR o.oprrest::text IN ('eqsel', 'neqsel', 'scalarltsel', 'scalarlesel', 'scalargtsel', 'scalargesel'))
                            AND (t.typtype IN ('e', 'r', 'm') OR EXISTS (
                                SELECT FROM pg_opclass b WHERE b.opcmethod = 403 AND b.opcdefault
                                AND (b.opcintype = t.oid OR EXISTS (SELECT FROM pg_cast x WHERE x.castsource = t.oid AND x.casttarget = b.opcintype AND x.castmethod = 'b' AND x.castcontext = 'i'))))) AS known
            FROM ROWS FROM (unnest(e.clause_columns), unnest(e.clause_operators)) p(number, operator)
            LEFT JOIN pg_operator o ON o.oid = p.operator
            LEFT JOIN pg_attribute a ON a.attrelid = e.relation AND a.attnum = p.number AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_type d ON d.oid = a.atttypid
            LEFT JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype WHEN d.typcategory = 'A' AND d.typelem <> 0 THEN d.typelem ELSE d.oid END) k
        CROSS JOIN LATERAL (
            SELECT CASE WHEN e.clause_columns = '{0}' THEN CASE e.kind WHEN 'group' THEN e.predicate ELSE substring(e.predicate FROM '^\((.+) (?:=|<>|<|<=|>|>=) (?:\?|ANY \(\?\))\)$') END END AS text) w
        LEFT JOIN LATERAL (
            -- One whose text has no constant in it, and nothing that means something else in another search_path, or has another name by now.
            SELECT w.text AS expression
            WHERE w.text ~ '^[a-z0-9_$ ,()+*/%:|<>=-]+$'
              AND NOT EXISTS (SELECT FROM unnest(e.column_numbers) c(number) LEFT JOIN pg_attribute a ON a.attrelid = e.relation AND a.attnum = c.number
                              WHERE (a.attnum > 0 AND a.attgenerated <> 'v' AND a.attname = ANY (regexp_split_to_array(w.text, '[^a-z0-9_$]+'))) IS NOT TRUE)
              AND NOT EXISTS (SELECT FROM unnest(e.operator_oids) o(oid) JOIN pg_operator p ON p.oid = o.oid WHERE p.oprnamespace <> 'pg_catalog'::regnamespace)
              AND NOT EXISTS (SELECT FROM regexp_matches(w.text, '([a-z_][a-z0-9_$]*)\(', 'g') f(name)
                              WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.proname = f.name[1])
                              OR EXISTS (SELECT FROM pg_proc p WHERE p.proname = f.name[1] AND (p.pronamespace <> 'pg_catalog'::regnamespace OR p.provolatile = 'v' OR p.prokind <> 'f')))
              AND NOT EXISTS (SELECT FROM regexp_matches(w.text, '::([a-z_][a-z0-9_ ]*)', 'g') d(name)
                              WHERE to_regtype(d.name[1]) IS NULL OR EXISTS (SELECT FROM pg_type t WHERE t.typname = d.name[1] AND t.typnamespace <> 'pg_catalog'::regnamespace))) x ON true
        WHERE e.comparisons >= min_executions AND e.error_factor >= min_factor AND e.error_rows >= 50 AND e.whole_table AND (k.known OR x.expression IS NOT NULL) AND e.table_rows >= min_rows
    ), stale(relation, reason, evidence) AS MATERIALIZED (
        SELECT o.oid, format('%s rows have changed since the last ANALYZE, which autovacuum does from %s on', v.changes_since_analyze, v.analyze_threshold),
               jsonb_build_object('changes_since_analyze', v.changes_since_analyze, 'analyze_threshold', v.analyze_threshold, 'last_analyze', v.last_analyze, 'autovacuum', v.enabled)
        FROM @extschema@.pk_vacuum_status v JOIN own o ON o.oid = v.relation
        WHERE v.changes_since_analyze > v.analyze_threshold AND greatest(o.reltuples, v.live_tuples) >= min_rows
        UNION ALL
        -- Rows are not counted on a standby, nor after a crash, but VACUUM leaves their number too.
        SELECT o.oid, 'it was never analyzed', jsonb_build_object('bytes', b.bytes)
        FROM own o
        LEFT JOIN @extschema@.pk_vacuum_status v ON v.relation = o.oid
        CROSS JOIN LATERAL (SELECT CASE WHEN o.relkind <> 'p' THEN @extschema@.pk_relation_bytes(o.oid)
                                   ELSE (SELECT sum(@extschema@.pk_relation_bytes(t.relation)) FROM tree t JOIN own c ON c.oid = t.relation AND c.relkind <> 'p' WHERE t.root = o.oid) END AS bytes) b
        -- A row takes 28 bytes and its pointer.
        WHERE o.reltuples < 0 AND (v.changes_since_analyze > v.analyze_threshold) IS NOT TRUE AND b.bytes >= greatest(min_rows, 1) * 32
        UNION ALL
        SELECT o.oid, format('its extended statistics %s were never made', string_agg(format('%I', e.stxname), ', ' ORDER BY e.stxname)),
               jsonb_build_object('statistics', jsonb_agg(format('%I.%I', n.nspname, e.stxname) ORDER BY e.stxname))
        FROM own o JOIN pg_statistic_ext e ON e.stxrelid = o.oid JOIN pg_namespace n ON n.oid = e.stxnamespace
        -- Only the owner can see whether they were.
        WHERE o.reltuples >= greatest(min_rows, 1) AND pg_has_role(o.relowner, 'USAGE') AND NOT row_security_active(o.oid)
          AND (to_jsonb(e) ->> 'stxstattarget') IS DISTINCT FROM '0'
          AND NOT EXISTS (SELECT FROM pg_stats_ext s WHERE s.statistics_schemaname = n.nspname AND s.statistics_name = e.stxname)
          AND NOT EXISTS (SELECT FROM pg_stats_ext_exprs s WHERE s.statistics_schemaname = n.nspname AND s.statistics_name = e.stxname)
        GROUP BY o.oid
    ), fresh AS MATERIALIZED (
        SELECT u.* FROM untrue u
        WHERE NOT EXISTS (SELECT FROM tree t JOIN stale s ON s.relation = t.relation WHERE t.root = u.relation)
    ), conjunction AS MATERIALIZED (
        -- The planner asks each partition's statistics for its rows.
        SELECT o.oid AS relation, o.nspname, o.relname, a.numbers, f.names, f.seen, f.equal AND f.estimated_rows < f.actual_rows AS depend
        FROM fresh f
        JOIN tree t ON t.root = f.relation
        JOIN own o ON o.oid = t.relation AND o.relkind <> 'p' AND o.reltuples >= min_rows
        CROSS JOIN LATERAL (SELECT array_agg(a.attnum ORDER BY a.attnum) AS numbers FROM pg_attribute a WHERE a.attrelid = o.oid AND a.attname = ANY (f.names)) a
        -- Where one column alone is estimated wrong, that comes first.
        WHERE f.kind <> 'group' AND NOT f.single AND f.expression IS NULL
          AND NOT EXISTS (SELECT FROM fresh s WHERE s.relation = f.relation AND s.kind <> 'group' AND s.single AND s.numbers <@ f.numbers)
    ), known AS MATERIALIZED (
        SELECT e.stxrelid AS relation, n.nspname, e.stxname, e.stxkind::text[] AS kinds, string_to_array(e.stxkeys::text, ' ')::int2[] AS numbers, e.stxnamespace,
               coalesce(nullif((to_jsonb(e) ->> 'stxstattarget')::int, -1),
                        (SELECT max(coalesce(nullif(a.attstattarget, -1), default_target)) FROM pg_attribute a WHERE a.attrelid = e.stxrelid AND a.attnum = ANY (e.stxkeys))) AS target
        FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace
    ), distinct_values AS MATERIALIZED (
        -- Where the caller may see it.
        SELECT a.attrelid AS relation, a.attnum AS number, s.n_distinct
        FROM (SELECT DISTINCT relation, nspname, relname FROM conjunction) f
        JOIN pg_stats s ON s.schemaname = f.nspname AND s.tablename = f.relname AND NOT s.inherited
        JOIN pg_attribute a ON a.attrelid = f.relation AND a.attname = s.attname
    ), wanted(relation, numbers, names, kind) AS (
        -- From dependencies the planner only learns to expect more rows.  It asks the common combinations first, and where these
        -- are not all, as of columns of many values, no dependency any more.
        SELECT f.relation, f.numbers, f.names, w.kind
        FROM conjunction f
        CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE v.n_distinct BETWEEN 0 AND default_target) = cardinality(f.numbers) AS few,
                                   -- No combination with one of so many is common.
                                   coalesce(bool_or(v.n_distinct < -0.1 OR v.n_distinct > 10000), false) AS many
                            FROM distinct_values v WHERE v.relation = f.relation AND v.number = ANY (f.numbers)) n
        CROSS JOIN LATERAL (VALUES ('f', f.depend), ('m', NOT n.many AND (NOT f.depend OR n.few OR EXISTS (SELECT FROM known e WHERE e.relation = f.relation AND 'f' = ANY (e.kinds)
                                                                                                         AND f.numbers <@ e.numbers)))) w(kind, useful)
        WHERE w.useful
        UNION
        SELECT f.relation, f.numbers, f.names, 'd' FROM fresh f WHERE f.kind = 'group' AND NOT f.single AND f.expression IS NULL
    ), lacking AS MATERIALIZED (
        SELECT w.relation, w.numbers, w.names, array_agg(w.kind ORDER BY w.kind) AS kinds, NULL AS expression
        FROM wanted w
        WHERE NOT EXISTS (SELECT FROM known e WHERE e.relation = w.relation AND w.kind = ANY (e.kinds) AND w.numbers <@ e.numbers)
        GROUP BY w.relation, w.numbers, w.names
        UNION
        SELECT o.oid, '{}', '{}', '{e}', f.expression
        FROM fresh f
        JOIN tree t ON t.root = f.relation
        JOIN own o ON o.oid = t.relation AND CASE f.kind WHEN 'group' THEN o.oid = f.relation ELSE o.relkind <> 'p' AND o.reltuples >= min_rows END
        WHERE f.expression IS NOT NULL
          AND NOT EXISTS (SELECT FROM pg_statistic_ext e WHERE e.stxrelid = o.oid AND f.expression = ANY (pg_get_statisticsobjdef_expressions(e.oid)))
    ), extended AS MATERIALIZED (
        SELECT l.*, o.name, o.nspname, o.relnamespace, p.base, row_number() OVER (PARTITION BY o.relnamespace, p.base ORDER BY l.relation, l.numbers, l.expression COLLATE "C") AS place, c.columns
        FROM lacking l
        JOIN own o ON o.oid = l.relation
        CROSS JOIN LATERAL (SELECT CASE WHEN l.expression IS NULL THEN array_agg(a.attname::text ORDER BY a.attnum) ELSE ARRAY[l.expression] END AS columns,
                                   CASE WHEN l.expression IS NULL THEN array_agg(a.attname::text ORDER BY a.attnum) ELSE ARRAY[btrim(regexp_replace(l.expression, '[^a-z0-9_]+', '_', 'g'), '_')] END AS parts
                            FROM pg_attribute a WHERE a.attrelid = l.relation AND a.attnum = ANY (l.numbers)) c
        CROSS JOIN LATERAL (
            -- As long as a name and a number may be, cut where no character is.
            SELECT string_agg(left(x.part, (SELECT max(n) FROM generate_series(1, 63) n WHERE octet_length(left(x.part, n)) <= m.most)), '_' ORDER BY x.place) || '_stat' AS base
            FROM unnest(o.relname::text || c.parts) WITH ORDINALITY x(part, place)
            CROSS JOIN (SELECT CASE WHEN octet_length(array_to_string(o.relname::text || c.parts, '_')) <= 52 THEN 63 ELSE 52 / (1 + cardinality(c.parts)) - 1 END) m(most)) p
        -- What another one tells as well.
        WHERE NOT EXISTS (SELECT FROM lacking b WHERE b.relation = l.relation AND b.numbers @> l.numbers AND b.numbers <> l.numbers AND b.kinds @> l.kinds)
    ), advice(place, kind, relation, columns, ddl, reason, worst, evidence) AS (
        SELECT 1, 'analyze', s.relation, NULL::text[], format('ANALYZE %s', o.name), string_agg(s.reason, '; ' ORDER BY s.reason COLLATE "C"), NULL::jsonb,
               jsonb_build_object('reasons', jsonb_agg(s.evidence ORDER BY s.reason COLLATE "C"))
        FROM stale s JOIN own o ON o.oid = s.relation GROUP BY s.relation, o.name
        UNION ALL
        SELECT 2, 'extended', x.relation, x.columns,
               format('CREATE STATISTICS %I.%I%s ON %s FROM %s', x.nspname, n.name,
                      ' (' || nullif(concat_ws(', ', CASE WHEN 'd' = ANY (x.kinds) THEN 'ndistinct' END, CASE WHEN 'f' = ANY (x.kinds) THEN 'dependencies' END, CASE WHEN 'm' = ANY (x.kinds) THEN 'mcv' END), '') || ')',
                      coalesce('(' || x.expression || ')', (SELECT string_agg(quote_ident(c), ', ' ORDER BY i) FROM unnest(x.columns) WITH ORDINALITY u(c, i))), x.name),
               format('%s: the planner expected %s %s, and %s came; it %s', e.worst ->> 'predicate', e.worst ->> 'estimated_rows',
                      CASE e.worst ->> 'kind' WHEN 'group' THEN 'groups' ELSE 'rows' END, e.worst ->> 'actual_rows',
                      CASE WHEN x.expression IS NULL THEN 'takes the columns to be independent' ELSE 'knows nothing of the expression' END),
               e.worst, jsonb_build_object('estimates', e.estimates)
        FROM extended x
        CROSS JOIN LATERAL (
            SELECT s.name FROM (SELECT x.base || CASE WHEN i > 0 THEN i::text ELSE '' END AS name, i
                                FROM generate_series(0, x.place + (SELECT count(*) FROM known e WHERE e.stxnamespace = x.relnamespace AND starts_with(e.stxname::text, x.base))) i) s
            WHERE NOT EXISTS (SELECT FROM known e WHERE e.stxnamespace = x.relnamespace AND e.stxname = s.name) ORDER BY s.i OFFSET x.place - 1 LIMIT 1) n
        CROSS JOIN LATERAL (
            SELECT jsonb_agg(f.seen ORDER BY f.error_factor DESC, f.predicate COLLATE "C") AS estimates, jsonb_agg(f.seen ORDER BY f.error_factor DESC, f.predicate COLLATE "C") -> 0 AS worst
            FROM fresh f JOIN tree t ON t.root = f.relation AND t.relation = x.relation
            WHERE CASE WHEN x.expression IS NOT NULL THEN (f.expression = x.expression) IS TRUE WHEN f.single OR f.expression IS NOT NULL OR NOT f.names <@ x.names THEN false ELSE CASE f.kind WHEN 'group' THEN 'd' = ANY (x.kinds) AND f.relation = x.relation ELSE 'm' = ANY (x.kinds) OR 'f' = ANY (x.kinds) END END) e
        UNION ALL
        SELECT 3, 'target', f.relation, ARRAY[a.attname::text], format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', o.name, a.attname, least(greatest(10 * c.target, 100), 1000)),
               format('%s: the planner expected %s %s, and %s came, with a statistics target of %s', f.worst ->> 'predicate', f.worst ->> 'estimated_rows',
                      CASE f.worst ->> 'kind' WHEN 'group' THEN 'groups' ELSE 'rows' END, f.worst ->> 'actual_rows', c.target),
               f.worst, jsonb_build_object('estimates', f.estimates, 'statistics_target', c.target)
        FROM (SELECT f.relation, f.numbers, jsonb_agg(f.seen ORDER BY f.error_factor DESC, f.predicate COLLATE "C") AS estimates, jsonb_agg(f.seen ORDER BY f.error_factor DESC, f.predicate COLLATE "C") -> 0 AS worst
              FROM fresh f WHERE f.single GROUP BY f.relation, f.numbers) f
        JOIN own o ON o.oid = f.relation
        JOIN pg_attribute a ON a.attrelid = f.relation AND a.attnum = f.numbers[1]
        CROSS JOIN LATERAL (SELECT coalesce(nullif(a.attstattarget, -1), default_target)::int AS target) c
        WHERE c.target < 1000
          -- More would tell no more of a column of which each value is known; where the caller may see that.
          AND NOT EXISTS (SELECT FROM pg_stats s WHERE s.schemaname = o.nspname AND s.tablename = o.relname AND s.attname = a.attname AND s.n_distinct > 0 AND s.n_distinct <= cardinality(s.most_common_freqs))
        UNION ALL
        SELECT 3, 'target', f.relation, (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = f.relation AND a.attnum = ANY (e.numbers)),
               format('ALTER STATISTICS %I.%I SET STATISTICS %s', e.nspname, e.stxname, least(greatest(10 * e.target, 100), 1000)),
               format('%s: the planner expected %s rows, and %s came, with %s common combinations at most', f.worst ->> 'predicate', f.worst ->> 'estimated_rows', f.worst ->> 'actual_rows', e.target),
               f.worst, jsonb_build_object('estimates', f.estimates, 'statistics_target', e.target)
        FROM (SELECT f.relation, f.numbers, jsonb_agg(f.seen ORDER BY f.seen -> 'error_factor' DESC) AS estimates, jsonb_agg(f.seen ORDER BY f.seen -> 'error_factor' DESC) -> 0 AS worst
              FROM conjunction f GROUP BY f.relation, f.numbers) f
        -- The one that has the fewest other columns.
        JOIN LATERAL (SELECT * FROM known e WHERE e.relation = f.relation AND 'm' = ANY (e.kinds) AND f.numbers <@ e.numbers ORDER BY cardinality(e.numbers), e.stxname LIMIT 1) e ON true
        WHERE e.target BETWEEN 1 AND 999
          AND NOT EXISTS (SELECT FROM distinct_values v WHERE v.relation = f.relation AND v.number = ANY (e.numbers) AND (v.n_distinct < -0.1 OR v.n_distinct > 10000))
    )
    SELECT row_number() OVER (ORDER BY a.place, (a.worst ->> 'error_factor')::float8 DESC NULLS LAST, a.ddl COLLATE "C")::int, a.kind, o.nspname::text, o.relname::text, a.columns, a.ddl,
           CASE WHEN a.kind <> 'analyze' THEN format('ANALYZE %s', o.name) END, a.reason,
           (a.worst ->> 'observed_selectivity')::float8, (a.worst ->> 'estimated_selectivity')::float8, (a.worst ->> 'error_factor')::float8, (a.worst ->> 'comparisons')::bigint, a.evidence
    FROM advice a JOIN own o ON o.oid = a.relation
    WHERE tables IS NULL OR o.oid = ANY (tables) OR EXISTS (SELECT FROM tree t WHERE t.root = ANY (tables) AND t.relation = o.oid)
    ORDER BY 1;
END $$;
COMMENT ON FUNCTION pk_suggest_statistics(float8, int, bigint, regclass[]) IS
'Which statistics the planner lacks: tables to be analyzed, columns whose values depend on each other, and columns of which ANALYZE keeps too little. Where estimates are wrong is told by what came in executions since the last ANALYZE (pk_estimates), as far as the caller may see them in pk_predicates; without preload only missing and stale statistics are told, with a NOTICE. Changes nothing, waits for no lock. ERROR 22023 for an argument out of range. docs/statistics.md
min_factor: by what factor estimates have to be wrong, as the geometric mean
min_executions: in how many executions that was seen, of the latest eight
min_rows: smaller tables are left out
tables: advise on these tables, their partitions and children only; NULL for all
rank: 1 for what to do first
kind: analyze: statistics are missing or stale; extended: columns depend on each other, or an expression is not known; target: ANALYZE keeps too little of a column
schema_name: schema of the table
table_name: the table
columns: its columns, or an expression; NULL for kind analyze
ddl: the statement to run, for the table''s owner
followed_by: what is to be run after it, once for all advice on the table; NULL for kind analyze
reason: why
observed_selectivity: rows that passed / rows of the table, or groups / rows grouped, of the worst estimate; NULL for kind analyze
estimated_selectivity: the same as the planner expected it
error_factor: by what factor this estimate was wrong, as the geometric mean
executions: the executions behind it, of the latest eight, since the last ANALYZE
evidence: the estimates with their conditions, rows and queryids; what has changed since the last ANALYZE';

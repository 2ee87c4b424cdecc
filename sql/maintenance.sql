
-- maintenance: what this database needs now, as a script in the order in which it is to run

-- The planner cannot know how few relations are left: without jit = off it would compile for seconds.
CREATE FUNCTION pk_maintenance_script(min_mb float8 DEFAULT 1, mb_per_second float8 DEFAULT 100) RETURNS SETOF text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 20
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off
    AS $$
#variable_conflict use_column
DECLARE
    version CONSTANT int := current_setting('server_version_num')::int;
    sample_bytes CONSTANT float8 := 300.0 * current_setting('default_statistics_target')::int * current_setting('block_size')::int;
    reads_pg_toast CONSTANT bool := has_schema_privilege('pg_toast', 'USAGE');
    min_bytes float8;
    mine regclass[];         -- tables that the caller may vacuum
    rebuildable regclass[];  -- those whose indexes he may rebuild
    large_tables regclass[]; -- of these and their TOAST tables, those large enough to be measured
    large_indexes regclass[];
    others bigint;
    catalogs bigint;
    creatable regclass[] := '{}';  -- tables that lack extended statistics, and the statements that create these, place by place
    statistics text[] := '{}';
    statistics_reasons text[] := '{}';
    uncreatable bigint := 0;
BEGIN
    IF (min_mb BETWEEN 0 AND 1e9 AND mb_per_second BETWEEN 0.001 AND 1e6) IS NOT TRUE THEN
        RAISE invalid_parameter_value USING MESSAGE = 'min_mb is between 0 and 1e9, and mb_per_second between 0.001 and 1e6';
    END IF;
    min_bytes := min_mb * 1048576;

    SELECT array_agg(t.oid) FILTER (WHERE t.may_vacuum), array_agg(t.oid) FILTER (WHERE t.may_rebuild),
           count(*) FILTER (WHERE NOT t.may_vacuum AND NOT t.catalog), count(*) FILTER (WHERE NOT t.may_vacuum AND t.catalog)
    INTO mine, rebuildable, others, catalogs
    FROM (SELECT c.oid, c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AS catalog,
                 s.reads AND (m.may OR d.may AND NOT c.relisshared) IS TRUE AS may_vacuum, s.reads AND m.may IS TRUE AS may_rebuild
          FROM pg_class c
          CROSS JOIN (SELECT pg_has_role(datdba, 'USAGE') AS may FROM pg_database WHERE datname = current_database()) d
          CROSS JOIN LATERAL (SELECT has_schema_privilege(c.relnamespace, 'USAGE') IS TRUE AS reads) s
          CROSS JOIN LATERAL (SELECT CASE WHEN version >= 170000 THEN has_table_privilege(c.oid, 'MAINTAIN') ELSE pg_has_role(c.relowner, 'USAGE') END AS may) m
          WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't') t;
    -- Less than 1 MB of waste calls for nothing, whatever its share.
    SELECT array_agg(r.oid) INTO large_tables
    FROM unnest(mine) m(oid) JOIN pg_class c ON c.oid = m.oid CROSS JOIN LATERAL (VALUES (c.oid), (c.reltoastrelid)) r(oid)
    WHERE @extschema@.pk_relation_bytes(r.oid) >= greatest(min_bytes, 1048576);
    SELECT array_agg(i.indexrelid) INTO large_indexes
    FROM unnest(rebuildable) m(oid) JOIN pg_class c ON c.oid = m.oid CROSS JOIN LATERAL (VALUES (c.oid, true), (c.reltoastrelid, reads_pg_toast)) r(oid, may)
    JOIN pg_index i ON i.indrelid = r.oid
    WHERE r.may AND i.indisvalid AND @extschema@.pk_relation_bytes(i.indexrelid) >= greatest(min_bytes, 1048576);

    -- It would say that it knows nothing.
    IF EXISTS (SELECT FROM @extschema@.pk_predicates_read()) THEN
        SELECT coalesce(array_agg(c.oid ORDER BY s.rank) FILTER (WHERE p.may), '{}'), coalesce(array_agg(s.ddl ORDER BY s.rank) FILTER (WHERE p.may), '{}'),
               coalesce(array_agg(s.reason ORDER BY s.rank) FILTER (WHERE p.may), '{}'), count(DISTINCT c.oid) FILTER (WHERE NOT p.may)
        INTO creatable, statistics, statistics_reasons, uncreatable
        FROM @extschema@.pk_suggest_statistics() s JOIN pg_namespace n ON n.nspname = s.schema_name JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.table_name
        CROSS JOIN LATERAL (SELECT pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(c.relnamespace, 'CREATE') IS TRUE AS may) p
        WHERE s.kind = 'extended' AND c.oid = ANY (mine);
    END IF;

    RETURN QUERY
    WITH RECURSIVE own AS MATERIALIZED (
        SELECT c.oid AS owner, c.relkind, c.relispartition, c.reltuples, c.reltoastrelid,
               -- From version 18 on, VACUUM and ANALYZE of a parent go on to its children.
               format('%s%I.%I', CASE WHEN version >= 180000 AND c.relkind = 'r' AND c.relhassubclass THEN 'ONLY ' END, n.nspname, c.relname) AS name
        FROM unnest(mine) m(oid) JOIN pg_class c ON c.oid = m.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    ), part AS (
        SELECT owner, owner AS relation, '' AS label FROM own
        UNION ALL SELECT owner, reltoastrelid, 'its TOAST table: ' FROM own WHERE reltoastrelid <> 0
    ), size AS MATERIALIZED (
        SELECT s.relation AS owner, s.total_bytes, coalesce(s.table_bytes, 0) AS table_bytes
        FROM @extschema@.pk_table_sizes s
    ), status AS MATERIALIZED (
        SELECT p.owner, p.label, v.*, s.total_bytes >= min_bytes AS large
        FROM @extschema@.pk_vacuum_status v LEFT JOIN part p USING (relation) LEFT JOIN size s USING (owner)
    ), table_bloat AS MATERIALIZED (
        SELECT p.owner, p.label, b.* FROM @extschema@.pk_table_bloat b JOIN part p USING (relation) WHERE b.relation = ANY (large_tables)
    ), index_bloat AS MATERIALIZED (
        SELECT b.*, i.indrelid FROM @extschema@.pk_index_bloat b JOIN pg_index i ON i.indexrelid = b.relation WHERE b.relation = ANY (large_indexes)
    ), lacking AS MATERIALIZED (
        SELECT o.owner, o.relkind, w.statement, w.reason
        FROM ROWS FROM (unnest(creatable), unnest(statistics), unnest(statistics_reasons)) w(owner, statement, reason)
        JOIN own o ON o.owner = w.owner LEFT JOIN size s ON s.owner = o.owner
        WHERE o.relkind = 'p' OR s.total_bytes >= min_bytes
    ), finding(owner, work, on_table, reason) AS (
        SELECT s.owner, 'freeze', false, format('%sautovacuum is forced to freeze it in %s', s.label,
                   concat_ws(' or ', CASE WHEN n.by_xid THEN greatest(s.forced_in_transactions, 0) || ' transactions' END,
                                     CASE WHEN n.by_mxid THEN greatest(s.forced_in_multixacts, 0) || ' multixacts' END))
        FROM status s
        CROSS JOIN LATERAL (SELECT s.forced_in_transactions < 0.1 * (s.xid_age + s.forced_in_transactions) AS by_xid,
                                   s.forced_in_multixacts < 0.1 * (s.mxid_age + s.forced_in_multixacts) AS by_mxid) n
        WHERE s.owner IS NOT NULL AND (n.by_xid OR n.by_mxid) AND (s.large OR least(s.forced_in_transactions, s.forced_in_multixacts) < 0)
        UNION ALL
        SELECT owner, 'vacuum', kind <> 'toast', format('%s%s dead rows are counted, threshold %s', label, dead_tuples, vacuum_threshold)
        FROM status WHERE large AND dead_tuples > vacuum_threshold
        UNION ALL
        SELECT owner, 'vacuum', kind <> 'toast', format('%s%s rows inserted since the last VACUUM, threshold %s', label, inserts_since_vacuum, insert_threshold)
        FROM status WHERE large AND inserts_since_vacuum > insert_threshold
        UNION ALL
        SELECT owner, 'vacuum', kind <> 'toast', label || CASE
                   WHEN dead_tuples > 0.2 * (live_tuples + dead_tuples)
                   THEN format('%s %% of the rows in its pages are dead', round(100.0 * dead_tuples / (live_tuples + dead_tuples)))
                        || CASE WHEN held_tuples > 0 THEN format(', %s %% of these needed by an old snapshot', round(100.0 * held_tuples / dead_tuples)) ELSE '' END
                   ELSE format('its last %s are empty and can be cut off', pg_size_pretty(empty_tail_bytes)) END
        FROM table_bloat WHERE recommendation ~ '^VACUUM ' AND recommendation !~ '^VACUUM \(FULL'
        UNION ALL
        SELECT owner, 'analyze', true, format('%s rows changed since the last ANALYZE, threshold %s', changes_since_analyze, analyze_threshold)
        FROM status WHERE large AND changes_since_analyze > analyze_threshold
        UNION ALL
        SELECT o.owner, 'analyze', true, 'neither vacuumed nor analyzed yet' FROM own o JOIN size s USING (owner)
        WHERE o.relkind IN ('r', 'm') AND o.reltuples < 0 AND s.table_bytes >= greatest(min_bytes, 1)
        UNION ALL
        SELECT l.owner, 'analyze', true, NULL FROM lacking l WHERE l.relkind <> 'p'
    ), tree(root, relation) AS (
        SELECT owner, owner FROM own WHERE relkind = 'p' AND NOT relispartition
        -- pg_partition_tree() would wait for locks.
        UNION ALL SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation
    ), root AS MATERIALIZED (
        -- Autovacuum never analyzes a partitioned table: where many of its rows are in partitions that have changed since.
        SELECT o.owner, o.name, sum(least(s.table_bytes, sample_bytes)) + least(sum(s.table_bytes), sample_bytes) AS bytes,
               CASE WHEN o.reltuples < 0 THEN 'its partitions have rows, and it was never analyzed'
                    WHEN o.owner IN (SELECT l.owner FROM lacking l) THEN 'its new statistics are to be made'
                    ELSE format('%s of its %s rows are in partitions that have changed much since its last ANALYZE', sum(s.rows) FILTER (WHERE s.changed), sum(s.rows)) END AS reason
        FROM own o
        JOIN tree t ON t.root = o.owner
        CROSS JOIN LATERAL (
            SELECT greatest(c.reltuples, v.live_tuples, 0) AS rows, z.table_bytes,
                   -- An ANALYZE of the whole comes to its partitions a little later: that is not a change.
                   v.last_analyze > coalesce(pg_stat_get_last_analyze_time(o.owner) + interval '1 day', '-infinity')
                   OR v.changes_since_analyze > v.analyze_threshold AS changed
            FROM status v JOIN pg_class c ON c.oid = v.relation JOIN size z ON z.owner = v.relation WHERE v.relation = t.relation) s
        GROUP BY o.owner, o.name, o.reltuples
        HAVING sum(s.table_bytes) >= greatest(min_bytes, 1)
           AND (o.reltuples < 0 OR o.owner IN (SELECT l.owner FROM lacking l) OR sum(s.rows) FILTER (WHERE s.changed) > current_setting('autovacuum_analyze_scale_factor')::float8 * sum(s.rows))
    ), task AS (
        SELECT o.name, f.freezes, f.vacuums, f.analyzed, f.reason, s.total_bytes, s.table_bytes, o.owner IN (SELECT l.owner FROM lacking l) AS lacks
        FROM (SELECT f.owner, bool_or(f.work = 'freeze') AS freezes, bool_or(f.work <> 'analyze') AS vacuums, string_agg(f.reason, '; ' ORDER BY f.reason) AS reason,
                     -- ANALYZE of a partitioned table goes on to its partitions.
                     bool_or(f.on_table) AND NOT bool_or(EXISTS (SELECT FROM tree t JOIN root r ON r.owner = t.root WHERE t.relation = f.owner)) AS analyzed
              FROM finding f GROUP BY f.owner) f
        JOIN own o USING (owner) JOIN size s USING (owner)
        WHERE f.vacuums OR f.analyzed
    ), rewrite AS (
        SELECT b.owner, b.recommendation, sum(b.wasted_bytes) AS wasted,
               string_agg(format('%s%s %% bloat', b.label, b.bloat_percent), '; ' ORDER BY b.label) AS reason
        FROM table_bloat b WHERE b.recommendation ~ '^VACUUM \(FULL' GROUP BY b.owner, b.recommendation
    ), step(rank, bytes, statement, reason, locks, by_hand) AS (
        -- Freezing has a date, so it goes first.
        SELECT CASE WHEN freezes THEN 1 ELSE 2 END, total_bytes,
               format('VACUUM (%s) %s', concat_ws(', ', CASE WHEN freezes THEN 'FREEZE' END, CASE WHEN analyzed AND NOT lacks THEN 'ANALYZE' END, 'SKIP_LOCKED'), name),
               reason, 'SHARE UPDATE EXCLUSIVE; ACCESS EXCLUSIVE for moments, if nobody waits, to cut off an empty end', false
        FROM task WHERE vacuums
        UNION ALL
        -- It waits for a VACUUM of the table, which freezing should not.  What it creates is empty until the next ANALYZE.
        SELECT 3, 0, statement, reason, 'SHARE UPDATE EXCLUSIVE', false FROM lacking
        UNION ALL
        SELECT 4, least(table_bytes, sample_bytes), format('ANALYZE (SKIP_LOCKED) %s', name), concat_ws('; ', CASE WHEN NOT vacuums THEN reason END, CASE WHEN lacks THEN 'its new statistics are to be made' END), 'SHARE UPDATE EXCLUSIVE', false
        FROM task WHERE analyzed AND (lacks OR NOT vacuums)
        UNION ALL
        SELECT 5, bytes, format('ANALYZE (SKIP_LOCKED) %s', name), reason, 'SHARE UPDATE EXCLUSIVE on it and its partitions', false FROM root
        UNION ALL
        -- After VACUUM, which takes the dead entries out.  Both passes of the concurrent build read the table.
        SELECT 6, CASE WHEN s.concurrently THEN 2 ELSE 1 END * @extschema@.pk_relation_bytes(b.indrelid) + 2 * b.ideal_bytes, b.recommendation,
               format('%s %% bloat, of %s %s come back; needs %s of disk meanwhile', b.bloat_percent, pg_size_pretty(b.real_bytes), pg_size_pretty(b.wasted_bytes), pg_size_pretty(b.ideal_bytes)),
               CASE WHEN s.concurrently THEN 'SHARE UPDATE EXCLUSIVE; waits until transactions that are open have ended'
                    ELSE 'ACCESS EXCLUSIVE on the index and SHARE on the table: no writes, and most queries wait' END, NOT s.concurrently
        FROM index_bloat b CROSS JOIN LATERAL (SELECT b.recommendation ~ '^REINDEX INDEX CONCURRENTLY ' AS concurrently) s
        WHERE b.recommendation IS NOT NULL AND b.wasted_bytes >= min_bytes
        UNION ALL
        SELECT 7, 2 * s.total_bytes - r.wasted, r.recommendation,
               format('%s, of %s %s come back; needs up to %s of disk meanwhile; rebuilds its indexes as well%s', r.reason, pg_size_pretty(s.total_bytes), pg_size_pretty(r.wasted),
                      pg_size_pretty(s.total_bytes - r.wasted), (SELECT format('; %s does it without this lock', string_agg(e.extname, ' or ' ORDER BY e.extname))
                                                                 FROM pg_extension e WHERE e.extname IN ('pg_repack', 'pg_squeeze') HAVING count(*) > 0)),
               'ACCESS EXCLUSIVE: nobody can read or write it', true
        FROM rewrite r JOIN size s USING (owner) WHERE r.wasted >= min_bytes
    ), timed AS MATERIALIZED (
        SELECT s.*, ceil(greatest(s.bytes, 1) / 1048576.0 / mb_per_second) AS seconds FROM step s
    ), left_out(relations, reason) AS (
        SELECT others, 'of others, which you may not VACUUM'
        UNION ALL SELECT catalogs, 'of the system catalogs, which you may not VACUUM'
        UNION ALL SELECT cardinality(mine) - cardinality(rebuildable), 'whose indexes you may not rebuild'
        UNION ALL SELECT uncreatable, 'that lack extended statistics, which you may not create'
        UNION ALL SELECT cardinality(large_tables) - (SELECT count(*) FROM table_bloat), 'whose bloat you may not see, for want of SELECT'
        UNION ALL SELECT count(*), format('not measured: %s', b.reason)
                  FROM (SELECT reason FROM table_bloat UNION ALL SELECT reason FROM index_bloat) b WHERE b.reason IS NOT NULL GROUP BY b.reason
    ), line(rank, place, statement, text) AS (
        SELECT 0, 0, '', format(E'-- Maintenance of the database %s, written %s.\n-- %s\n', regexp_replace(quote_ident(current_database()), '[\r\n]', ' ', 'g'), to_char(now(), 'YYYY-MM-DD HH24:MI:SS TZH:TZM'),
                               CASE WHEN pg_is_in_recovery() THEN 'This server is a standby, which can run none of it and knows no counts of dead and changed rows: run it on the primary.'
                                    ELSE 'Run it as it is with psql -f, not in one transaction. What locks a table for long is a comment.' END)
            || CASE WHEN count(*) = 0 THEN '-- Nothing needs to be done.'
                    ELSE format(E'-- %s statements, about %s s at %s MB/s; %s more as comments, about %s s.\nSET client_encoding = %L;\n', count(*) FILTER (WHERE NOT by_hand),
                                coalesce(sum(seconds) FILTER (WHERE NOT by_hand), 0), mb_per_second, count(*) FILTER (WHERE by_hand), coalesce(sum(seconds) FILTER (WHERE by_hand), 0),
                                current_setting('client_encoding'))
                         || E'-- A REINDEX CONCURRENTLY that is cut short leaves an invalid index behind.\nSET statement_timeout = 0;\nSET lock_timeout = 0;' END
        FROM timed
        UNION ALL
        SELECT rank, row_number() OVER (PARTITION BY rank ORDER BY by_hand, bytes DESC, statement), statement,
               format(E'\n-- %s\n-- about %s s, lock: %s\n%s;', regexp_replace(reason, '\s+', ' ', 'g'), seconds, locks,
                      -- A line break in a name would end the comment.
                      CASE WHEN by_hand THEN '-- ' || regexp_replace(statement, '[\r\n]', '\&-- ', 'g') ELSE statement END)
        FROM timed
        UNION ALL
        SELECT 8, 0, '', E'\n-- Left out: ' || string_agg(format('%s relations %s', relations, reason), '; ' ORDER BY relations DESC, reason) || '.'
        FROM left_out WHERE relations > 0 HAVING count(*) > 0
        UNION ALL
        SELECT 9, 0, '', E'\n-- ' || regexp_replace(format('An old snapshot keeps dead rows: %s. %s', h.holder, h.remedy), '\s+', ' ', 'g')
        FROM (SELECT * FROM @extschema@.pk_horizon_holders WHERE EXISTS (SELECT FROM table_bloat WHERE held_tuples > 0.2 * (live_tuples + dead_tuples))
              ORDER BY transactions DESC NULLS LAST LIMIT 1) h
        UNION ALL
        SELECT 9, 1, '', E'\n-- ' || regexp_replace(format('%s invalid indexes: %s. %s', c.value, array_to_string(c.objects, ', '), c.recommendation), '\s+', ' ', 'g')
        FROM @extschema@.pk_check_invalid_indexes(warn => 1) c WHERE c.value > 0
        UNION ALL
        SELECT 9, 2, '', format(E'\n-- %s settings of autovacuum do not suit the tables: SELECT * FROM @extschema@.pk_suggest_vacuum();', count(*)) FROM @extschema@.pk_suggest_vacuum() HAVING count(*) > 0
    )
    SELECT text FROM line ORDER BY rank, place, statement;
END $$;
COMMENT ON FUNCTION pk_maintenance_script(float8, float8) IS
'What this database needs now, as an SQL script for psql -f: VACUUM, with FREEZE or ANALYZE where these are due, CREATE STATISTICS where estimates are wrong for want of them (pk_suggest_statistics), ANALYZE (of partitioned tables, too), REINDEX INDEX CONCURRENTLY, and as comments what locks a table for long. Each statement with the evidence for it, the time that it may take and its locks. Runs nothing itself, waits for no lock, works on a standby. Statements that the caller may not run are left out, and the script says so. ERROR 22023 for arguments out of range.
min_mb: tables smaller than this with TOAST and indexes, and less waste than this, are left out, but not tables overdue for freezing
mb_per_second: pace by which the times are reckoned';

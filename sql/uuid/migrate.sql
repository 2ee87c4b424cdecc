
-- From random keys to version 7, in place: a map from old to new, and batches that change a key and all
-- that refers to it in one statement each.

CREATE FUNCTION pk_uuid_move_statement(key_table regclass, back boolean) RETURNS text
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    key_column name := @extschema@.pk_uuid_key_column(key_table);
    result text;
BEGIN
    -- One UPDATE for each table, since a statement must change a row once only; all of them in one
    -- statement, since foreign keys are checked at its end.  The map may hold keys of other batches, too.
    SELECT 'WITH ' || string_agg(statement, ', ' ORDER BY position)
           || format(' SELECT count(*) FROM t1 JOIN %s m ON m.%I = t1.key WHERE m.%I = ANY ($1)', @extschema@.pk_uuid_map(key_table),
                     CASE WHEN back THEN 'old_id' ELSE 'new_id' END, CASE WHEN back THEN 'new_id' ELSE 'old_id' END)
    INTO result
    FROM (SELECT row_number() OVER (ORDER BY "table" <> key_table, "table") AS position,
                 format('t%s AS (UPDATE %s t SET %s WHERE %s RETURNING %s)',
                        row_number() OVER (ORDER BY "table" <> key_table, "table"), "table",
                        string_agg(format('%1$I = CASE WHEN t.%1$I = ANY ($1) THEN (SELECT m.%3$I FROM %2$s m WHERE m.%4$I = t.%1$I) ELSE t.%1$I END', "column",
                                          @extschema@.pk_uuid_map(key_table), CASE WHEN back THEN 'old_id' ELSE 'new_id' END,
                                          CASE WHEN back THEN 'new_id' ELSE 'old_id' END), ', ' ORDER BY "column"),
                        string_agg(format('t.%I = ANY ($1)', "column"), ' OR ' ORDER BY "column"),
                        CASE WHEN "table" = key_table THEN format('t.%I AS key', key_column) ELSE '1' END) AS statement
          FROM (SELECT key_table AS "table", key_column AS "column"
                UNION SELECT referencing, column_name FROM @extschema@.pk_uuid_references(key_table, key_column)) columns
          GROUP BY "table") tables;
    RETURN result;
END $$;
COMMENT ON FUNCTION pk_uuid_move_statement(regclass, boolean) IS
'The statement that gives the keys in its parameter, an array, and all that refers to them their other value, and returns how many rows of the table got theirs. ERRORs as pk_uuid_key_column().
key_table: the table of the keys
back: from new to old';

CREATE PROCEDURE pk_uuid_move(key_table regclass, time_column name DEFAULT NULL, batch int DEFAULT 500, back boolean DEFAULT false)
    LANGUAGE plpgsql
    AS $$
DECLARE
    key_column name;
    map text;
    move text;
    pick text;
    remember text;
    leaves regclass[];
    leaf regclass;
    place tid;
    last_place tid;
    ids uuid[];
    times timestamptz[];
    size int;
    moved bigint;
    changed bigint;
    failures int;
    failed boolean;
BEGIN
    -- For this transaction: a procedure that commits can have no setting of its own.
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'keys are moved at isolation level read committed only';
    ELSIF key_table IS NULL OR back IS NULL OR batch IS NULL OR batch NOT BETWEEN 1 AND 100000 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the table and the direction must be given, and batches have 1 to 100000 keys';
    END IF;
    key_column := @extschema@.pk_uuid_key_column(key_table);
    map := @extschema@.pk_uuid_map(key_table);
    IF @extschema@.pk_uuid_own_map(key_table) IS NULL THEN
        RAISE undefined_table USING MESSAGE = format('there is no table %s', map),
            HINT = format('Its statement is in the plan: SELECT * FROM @extschema@.pk_uuid_migrate(%L).', key_table);
    END IF;
    IF time_column IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = key_table AND attname = time_column AND attnum > 0
        AND atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)) THEN
        RAISE undefined_column USING MESSAGE = format('%s has no column %I with a time', key_table, time_column);
    END IF;
    leaves := ARRAY(SELECT t.relid FROM pg_partition_tree(key_table) t WHERE t.isleaf ORDER BY t.relid);
    IF leaves = '{}' THEN
        leaves := ARRAY[key_table];
    END IF;
    move := @extschema@.pk_uuid_move_statement(key_table, back);
    remember := format('INSERT INTO %s (old_id, new_id)
        SELECT id, CASE WHEN time >= ''1970-01-01 00:00+00'' AND time < ''10889-08-02 05:31:50+00'' THEN @extschema@.pk_uuidv7(at => time)
                        ELSE @extschema@.pk_uuidv7() END
        FROM unnest($1, $2) u(id, time) ON CONFLICT (old_id) DO NOTHING', map);
    size := batch;
    -- A row that somebody changes meanwhile goes to another place of the table: until there is none.
    LOOP
        moved := 0;
        FOREACH leaf IN ARRAY leaves LOOP
            place := '(0,0)';
            failures := 0;
            pick := format('WITH picked AS MATERIALIZED (
                    SELECT t.ctid AS place, t.%1$I AS id, %2$s AS time FROM ONLY %3$s t WHERE t.ctid > $1 AND %4$s LIMIT $2 FOR UPDATE OF t)
                SELECT array_agg(id), array_agg(time), max(place) FROM picked',
                key_column, CASE WHEN time_column IS NULL THEN 'NULL::timestamptz' ELSE format('t.%I::timestamptz', time_column) END, leaf,
                CASE WHEN back THEN format('EXISTS (SELECT FROM %s m WHERE m.new_id = t.%I)', map, key_column)
                     ELSE format('NOT @extschema@.pk_uuid_is_v7(t.%I)', key_column) END);
            LOOP
                -- Whoever waits for a key of ours waits for others no longer than this, and no deadlock
                -- lasts until one is looked for.
                PERFORM set_config('lock_timeout', '200ms', true);
                failed := false;
                BEGIN
                    -- As long as a lock keeps it from being changed or replaced, the map is what it is found to be.
                    EXECUTE format('LOCK TABLE %s IN ROW EXCLUSIVE MODE', map);
                    PERFORM @extschema@.pk_uuid_own_map(key_table, with_functions => false);
                    -- First the keys, which ends the wait for those who refer to one: the statement that
                    -- follows sees what they wrote.
                    EXECUTE pick INTO ids, times, last_place USING place, size;
                    IF ids IS NOT NULL THEN
                        IF NOT back THEN
                            EXECUTE remember USING ids, times;
                        END IF;
                        EXECUTE move INTO changed USING ids;
                        IF changed < cardinality(ids) THEN
                            RAISE object_not_in_prerequisite_state USING
                                MESSAGE = format('%s of %s keys of %s did not change', cardinality(ids) - changed, cardinality(ids), leaf),
                                HINT = 'A trigger or a policy for row security keeps them: disable it for the move.';
                        END IF;
                        -- Foreign keys that are deferred, too, while there is somebody to try again.
                        SET CONSTRAINTS ALL IMMEDIATE;
                    END IF;
                EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure OR foreign_key_violation THEN
                    failed := true;
                    failures := failures + 1;
                    IF failures > 500 THEN
                        RAISE;
                    END IF;
                END;
                COMMIT;
                PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
                IF failed THEN
                    size := greatest(size / 2, 1);
                    PERFORM pg_sleep(0.1 * random());
                    CONTINUE;
                END IF;
                EXIT WHEN ids IS NULL;
                failures := 0;
                moved := moved + cardinality(ids);
                place := last_place;
                size := least(size + greatest(size / 4, 1), batch);
            END LOOP;
        END LOOP;
        EXIT WHEN moved = 0;
    END LOOP;
END $$;
COMMENT ON PROCEDURE pk_uuid_move(regclass, name, int, boolean) IS
'Gives every key of a table that is not of version 7 a new one, and all that refers to it, batch by batch, each in a transaction. Can be ended at any time and called again. Makes others wait for the rows of a batch, and waits itself 200 ms, after which it tries a smaller batch. ERROR 42P01 without the map that pk_uuid_migrate() makes first, those of pk_uuid_own_map(), 55000 above read committed and where a trigger or a policy keeps a key as it is, 22023, 42703 for arguments out of range, and those of pk_uuid_key_column().
key_table: the table of the keys
time_column: when a row was made, for the time in its key; NULL for the time of the move, in the order of the table
batch: keys in a transaction, 1 to 100000
back: give every key in the map its old value back';

CREATE FUNCTION pk_uuid_verify(key_table regclass, time_column name DEFAULT NULL, back boolean DEFAULT false, OUT what text, OUT failures bigint)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    key_column name := @extschema@.pk_uuid_key_column(key_table);
    map text := @extschema@.pk_uuid_map(key_table);
    r record;
BEGIN
    IF key_table IS NULL OR back IS NULL THEN
        RETURN;
    ELSIF @extschema@.pk_uuid_own_map(key_table) IS NULL THEN
        RAISE undefined_table USING MESSAGE = format('there is no table %s', map);
    END IF;
    what := format('keys of %s that are still to move', key_table);
    EXECUTE format(CASE WHEN back THEN 'SELECT count(*) FROM %1$s JOIN %2$s ON new_id = %3$I'
                        ELSE 'SELECT count(*) FROM %1$s WHERE NOT @extschema@.pk_uuid_is_v7(%3$I)' END, key_table, map, key_column) INTO failures;
    RETURN NEXT;
    FOR r IN SELECT * FROM @extschema@.pk_uuid_references(key_table, key_column) LOOP
        what := format('values of %s.%I that have moved away', r.referencing, r.column_name);
        EXECUTE format('SELECT count(*) FROM %s t JOIN %s m ON m.%I = t.%I', r.referencing, map, CASE WHEN back THEN 'new_id' ELSE 'old_id' END, r.column_name) INTO failures;
        RETURN NEXT;
    END LOOP;
    FOR r IN
        SELECT c.conname, c.conrelid::regclass AS from_table, c.confrelid::regclass AS to_table,
               string_agg(format('f.%I = t.%I', f.attname, t.attname), ' AND ') AS matches,
               string_agg(format('f.%I IS NOT NULL', f.attname), ' AND ') AS given
        FROM pg_constraint c
        CROSS JOIN LATERAL unnest(c.conkey, c.confkey) k(from_number, to_number)
        JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.from_number
        JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.to_number
        WHERE c.contype = 'f' AND c.conparentid = 0
          AND (c.conname::text, coalesce(pg_partition_root(c.conrelid), c.conrelid)) IN (
              SELECT unnest(through), referencing FROM @extschema@.pk_uuid_references(key_table, key_column))
        GROUP BY c.oid, c.conname, c.conrelid, c.confrelid ORDER BY c.conrelid::regclass::text, c.conname
    LOOP
        what := format('rows of %s without their row in %s, by %I', r.from_table, r.to_table, r.conname);
        EXECUTE format('SELECT count(*) FROM %s f WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)', r.from_table, r.given, r.to_table, r.matches) INTO failures;
        RETURN NEXT;
    END LOOP;
    IF time_column IS NOT NULL AND NOT back THEN
        what := format('moved keys whose time is not %I', time_column);
        EXECUTE format('SELECT count(*) FROM %s t JOIN %s m ON m.new_id = t.%I WHERE @extschema@.pk_uuid_timestamp(m.new_id)
            <> date_trunc(''milliseconds'', t.%4$I::timestamptz) AND t.%4$I::timestamptz BETWEEN ''1970-01-01'' AND ''10889-08-01''', key_table, map, key_column, time_column) INTO failures;
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION pk_uuid_verify(regclass, name, boolean) IS
'Checks what pk_uuid_move() has done, reading every row of the tables; all failures are to be 0. ERRORs as pk_uuid_move().
key_table: the table of the keys
time_column: the column that the keys have their time from; NULL for none
back: after a move back
what: what is counted
failures: how many there are';

CREATE FUNCTION pk_uuid_translate_function(key_table regclass, referencing regclass, back boolean) RETURNS text
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT format('CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L',
                  @extschema@.pk_uuid_translate_name(key_table, pk_uuid_translate_function.referencing),
                  E'DECLARE\n    moved uuid;\nBEGIN\n' || string_agg(format(
                      E'    IF %6$s @extschema@.pk_uuid_is_v7(NEW.%1$I) THEN\n'
                      '        -- Waits where the key is moving.\n'
                      '        PERFORM FROM %2$s t WHERE t.%3$I = NEW.%1$I FOR KEY SHARE;\n'
                      '        IF NOT FOUND THEN\n'
                      '            SELECT m.%4$I INTO moved FROM %5$s m WHERE m.%7$I = NEW.%1$I;\n'
                      '            IF FOUND THEN NEW.%1$I := moved; END IF;\n'
                      '        END IF;\n'
                      '    END IF;\n',
                      r.column_name, key_table, @extschema@.pk_uuid_key_column(key_table), CASE WHEN back THEN 'old_id' ELSE 'new_id' END,
                      @extschema@.pk_uuid_map(key_table), CASE WHEN back THEN '' ELSE 'NOT' END, CASE WHEN back THEN 'new_id' ELSE 'old_id' END),
                      '' ORDER BY r.column_name) || E'    RETURN NEW;\nEND')
    FROM @extschema@.pk_uuid_references(key_table, @extschema@.pk_uuid_key_column(key_table)) r
    WHERE r.referencing = pk_uuid_translate_function.referencing
    $$;
COMMENT ON FUNCTION pk_uuid_translate_function(regclass, regclass, boolean) IS
'The statement that makes a trigger function which replaces keys that have moved away, for writers who still hold them.
key_table: the table of the keys
referencing: the table that refers to it
back: for a move back';

CREATE FUNCTION pk_uuid_migrate(
    key_table regclass, time_column name DEFAULT NULL, batch int DEFAULT 500,
    OUT step int, OUT phase text, OUT title text, OUT blocks text, OUT statement text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    key_column name := @extschema@.pk_uuid_key_column(key_table);
    map text := @extschema@.pk_uuid_map(key_table);
    own_map regclass := @extschema@.pk_uuid_own_map(key_table);
    former text;
    arguments text;
    relations regclass[];
    pieces oid[];  -- these, and their partitions
    waiting CONSTANT text := 'waits 2 s at most for the table, then holds it for a moment';
BEGIN
    IF key_table IS NULL OR batch IS NULL OR batch NOT BETWEEN 1 AND 100000 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the table must be given, and batches have 1 to 100000 keys';
    ELSIF time_column IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = key_table AND attname = time_column AND attnum > 0
        AND atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)) THEN
        RAISE undefined_column USING MESSAGE = format('%s has no column %I with a time', key_table, time_column);
    END IF;
    arguments := concat_ws(', ', quote_literal(key_table), 'time_column => ' || quote_literal(time_column), 'batch => ' || batch);
    relations := ARRAY(SELECT key_table UNION SELECT referencing FROM @extschema@.pk_uuid_references(key_table, key_column));
    pieces := ARRAY(SELECT p.relid FROM unnest(relations) u(r), LATERAL (SELECT relid FROM pg_partition_tree(u.r) UNION SELECT u.r) p);
    -- The map has the former default as that of its own column: the server has read it, and knows what it depends on.
    SELECT pg_get_expr(d.adbin, d.adrelid) INTO former FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE CASE WHEN own_map IS NULL THEN a.attrelid = key_table AND a.attname = key_column ELSE a.attrelid = own_map AND a.attname = 'old_id' END;
    former := coalesce(former, 'none');
    step := 0;

    phase := 'note';
    FOR title IN
        SELECT format('Writes up to %s of tables and indexes again, and as much WAL; the map takes about %s. Vacuum gives back the room that the tables grow by.',
                      pg_size_pretty((SELECT sum(pg_total_relation_size(piece)) FROM unnest(pieces) piece)),
                      pg_size_pretty((SELECT (sum(greatest(c.reltuples, 0)) * 150)::bigint FROM pg_class c WHERE c.oid IN (
                          SELECT relid FROM pg_partition_tree(key_table) WHERE isleaf UNION SELECT key_table::oid))))
        UNION ALL
        SELECT format('%s.%I follows, by %s.', f.referencing, f.column_name, array_to_string(f.through, ', '))
        FROM @extschema@.pk_uuid_references(key_table, key_column) f
        UNION ALL
        SELECT format('%s.%I is of the same name and no foreign key: it does not follow.', a.attrelid::regclass, a.attname)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attname = key_column AND a.attname <> 'id' AND a.atttypid = 'uuid'::regtype AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND a.attrelid <> key_table AND a.attrelid <> coalesce(to_regclass(map), 0)
          AND NOT EXISTS (SELECT FROM @extschema@.pk_uuid_references(key_table, key_column) f WHERE f.referencing = a.attrelid AND f.column_name = a.attname)
        UNION ALL
        SELECT format('The trigger %I of %s fires for the rows that change.', t.tgname, t.tgrelid::regclass)
        FROM pg_trigger t WHERE t.tgrelid = ANY (relations) AND NOT t.tgisinternal AND t.tgtype & 16 <> 0 AND t.tgname NOT LIKE 'pk_uuid_translate%'
        UNION ALL
        -- Plain views follow by themselves.
        SELECT format('The materialized view %s has the keys of its last refresh: REFRESH it afterwards.', c.oid::regclass)
        FROM (WITH RECURSIVE reader(oid) AS (
                  SELECT unnest(pieces)
                  UNION
                  SELECT w.ev_class FROM reader JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.oid
                  JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid)
              SELECT oid FROM reader) readers JOIN pg_class c ON c.oid = readers.oid AND c.relkind = 'm'
        UNION ALL
        SELECT format('The key of %s has no default: first let what makes its keys make version 7, or the move does not end.', key_table) WHERE former = 'none'
        UNION ALL
        SELECT 'Who sees a key of version 7 knows when its row was made.'
    LOOP
        step := step + 1;
        RETURN NEXT;
    END LOOP;

    FOREACH phase IN ARRAY '{forward,back}'::text[] LOOP
        FOR title, blocks, statement IN
            SELECT s.title, s.blocks, s.statement FROM (
                SELECT 1 AS part, '' AS sort, 'give up rather than make others wait; then run the plan again' AS title, NULL AS blocks, 'SET lock_timeout = ''2s''' AS statement
                UNION ALL
                SELECT 2, '', 'keep old and new keys, and the default', NULL, format('CREATE TABLE %s (old_id uuid PRIMARY KEY%s, new_id uuid NOT NULL UNIQUE)', map, ' DEFAULT ' || nullif(former, 'none'))
                WHERE phase = 'forward' AND own_map IS NULL
                UNION ALL
                SELECT 3, '', 'say what the map is', NULL, format('COMMENT ON TABLE %s IS %L', map, format('Old and new keys of %s, kept by pg_perfkit; the default of old_id is what that of %I was', key_table, key_column))
                WHERE phase = 'forward' AND obj_description(own_map, 'pg_class') IS NULL
                UNION ALL
                SELECT 4, '', 'new rows get keys of version 7', waiting, format('ALTER TABLE %s ALTER %I SET DEFAULT @extschema@.pk_uuidv7()', key_table, key_column)
                WHERE phase = 'forward' AND former <> 'none' AND former !~ 'uuidv7\(|uuid_generate_v7\('
                UNION ALL
                SELECT 4, '', 'the default as it was', waiting, format('ALTER TABLE %s ALTER %I SET DEFAULT %s', key_table, key_column, former)
                WHERE phase = 'back' AND former <> 'none'
                UNION ALL
                SELECT 5, f.referencing::text, 'who still holds a former key may refer to it', NULL,
                       -- One that somebody else makes before this runs is not to be taken over.
                       regexp_replace(@extschema@.pk_uuid_translate_function(key_table, f.referencing, phase = 'back'), '^CREATE OR REPLACE',
                           CASE WHEN phase = 'back' OR to_regprocedure(@extschema@.pk_uuid_translate_name(key_table, f.referencing) || '()') IS NOT NULL
                                THEN 'CREATE OR REPLACE' ELSE 'CREATE' END)
                FROM (SELECT DISTINCT referencing FROM @extschema@.pk_uuid_references(key_table, key_column)) f
                UNION ALL
                -- It reads the map with its owner's rights; a trigger needs nobody's to call it.
                SELECT 5, f.referencing::text, 'the same, and nobody else may use it', NULL, format('REVOKE ALL ON FUNCTION %s() FROM PUBLIC', @extschema@.pk_uuid_translate_name(key_table, f.referencing))
                FROM (SELECT DISTINCT referencing FROM @extschema@.pk_uuid_references(key_table, key_column)) f
                UNION ALL
                SELECT 6, f.referencing::text, 'the same', waiting, format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT OR UPDATE OF %s ON %s FOR EACH ROW EXECUTE FUNCTION %s()',
                       @extschema@.pk_uuid_name('pk_uuid_translate', key_table::text, (SELECT relname FROM pg_class WHERE oid = key_table)), string_agg(quote_ident(f.column_name), ', ' ORDER BY f.column_name),
                       f.referencing, @extschema@.pk_uuid_translate_name(key_table, f.referencing))
                FROM @extschema@.pk_uuid_references(key_table, key_column) f GROUP BY f.referencing
                UNION ALL
                -- What an interrupted CREATE INDEX or REINDEX has left.
                SELECT 7, i.indexrelid::regclass::text, 'an interrupted build left it', NULL, format('DROP INDEX CONCURRENTLY IF EXISTS %s', i.indexrelid::regclass)
                FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname ~ '(_ccnew\d*$|^pk_uuid_helper_[0-9a-f]{16}_)'
                  AND i.indrelid = ANY (pieces)
                UNION ALL
                SELECT 8, l.leaf::text, 'each batch looks for the rows that refer to it', NULL, format('CREATE INDEX CONCURRENTLY IF NOT EXISTS %I ON %s (%I)',
                       @extschema@.pk_uuid_name('pk_uuid_helper', format('%s.%I', l.leaf, f.column_name), l.relname || '_' || f.column_name), l.leaf, f.column_name)
                FROM @extschema@.pk_uuid_references(key_table, key_column) f
                CROSS JOIN LATERAL (
                    SELECT c.oid::regclass AS leaf, c.relname FROM pg_class c
                    WHERE c.oid IN (SELECT relid FROM pg_partition_tree(f.referencing) WHERE isleaf UNION SELECT f.referencing::oid) AND c.relkind = 'r') l
                WHERE NOT EXISTS (
                    SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
                    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = f.column_name
                    WHERE i.indrelid = l.leaf AND i.indisvalid AND i.indpred IS NULL AND m.amname IN ('btree', 'hash') AND i.indkey[0] = a.attnum)
                UNION ALL
                SELECT 9, '', CASE phase WHEN 'back' THEN 'move the keys back; rows made since keep theirs' ELSE 'move the keys' END, 'the rows of a batch while it runs', format('CALL @extschema@.pk_uuid_move(%s%s)', arguments, CASE WHEN phase = 'back' THEN ', back => true' END)
                UNION ALL
                SELECT 10, '', 'check: all failures are to be 0', NULL, format('SELECT * FROM @extschema@.pk_uuid_verify(%s)', concat_ws(', ', quote_literal(key_table), quote_literal(time_column), CASE WHEN phase = 'back' THEN 'back => true' END))
            ) s ORDER BY s.part, s.sort, s.statement
        LOOP
            step := step + 1;
            RETURN NEXT;
        END LOOP;
    END LOOP;

    phase := 'clean up';
    FOR title, blocks, statement IN
        SELECT s.title, s.blocks, s.statement FROM (
            SELECT 1 AS part, c.oid::regclass::text AS sort, 'no longer needed' AS title, NULL AS blocks, format('DROP INDEX CONCURRENTLY IF EXISTS %s', c.oid::regclass) AS statement
            FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
            WHERE c.relname ~ '^pk_uuid_helper_[0-9a-f]{16}_' AND i.indrelid = ANY (pieces)
            UNION ALL
            SELECT 2, c.oid::regclass::text, 'half of it is dead entries', NULL, format('REINDEX INDEX CONCURRENTLY %s', c.oid::regclass)
            FROM (SELECT key_table AS "table", key_column AS "column" UNION SELECT referencing, column_name FROM @extschema@.pk_uuid_references(key_table, key_column)) f
            CROSS JOIN LATERAL (SELECT relid FROM pg_partition_tree(f."table") UNION SELECT f."table") l
            JOIN pg_attribute a ON a.attrelid = l.relid AND a.attname = f."column"
            JOIN pg_index i ON i.indrelid = l.relid AND a.attnum = ANY (i.indkey) AND i.indisvalid
            JOIN pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i' AND c.relname !~ '^pk_uuid_helper_[0-9a-f]{16}_'
            GROUP BY c.oid
            UNION ALL
            SELECT 3, u.r::text, 'the room of the old rows, and statistics', NULL, format('VACUUM (ANALYZE) %s', u.r) FROM unnest(relations) u(r)
            UNION ALL
            SELECT 4, f.referencing::text, 'when nobody holds former keys any more', waiting, format('DROP FUNCTION IF EXISTS %s() CASCADE', @extschema@.pk_uuid_translate_name(key_table, f.referencing))
            FROM (SELECT DISTINCT referencing FROM @extschema@.pk_uuid_references(key_table, key_column)) f
        ) s ORDER BY s.part, s.sort
    LOOP
        step := step + 1;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION pk_uuid_migrate(regclass, name, int) IS
'The plan that turns the random keys of a table into version 7, in place and under running writers, with all that refers to them. Changes nothing itself. After an interruption at any point, the plan can be asked for again and be run again. ERRORs as pk_uuid_key_column() and pk_uuid_own_map(), 22023, 42703 for arguments out of range.
key_table: the table, or partitioned table, of the keys
time_column: when a row was made, for the time in its key; NULL for the time of the move
batch: keys in a transaction
step: the order
phase: note (to be read), forward (to be run, in order), back (the way back, at any time), or clean up (after either)
title: what a step is for
blocks: what others wait for meanwhile; NULL where for nothing
statement: what to run, as a statement of its own outside of a transaction; NULL for notes';


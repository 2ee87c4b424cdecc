
-- The key of a table, what refers to it, and the names of what moving it needs.

CREATE FUNCTION pk_uuid_references(key_table regclass, key_column name, OUT referencing regclass, OUT column_name name, OUT through text[])
    RETURNS SETOF record
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
    -- Partitions stand for their root, whose foreign keys are theirs.
    WITH RECURSIVE foreign_key AS (
        SELECT c.conname, coalesce(pg_partition_root(c.conrelid), c.conrelid)::oid AS from_table, f.attname AS from_column,
               coalesce(pg_partition_root(c.confrelid), c.confrelid)::oid AS to_table, t.attname AS to_column
        FROM pg_constraint c
        CROSS JOIN LATERAL unnest(c.conkey, c.confkey) k(from_number, to_number)
        JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.from_number
        JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.to_number
        WHERE c.contype = 'f'
    ), found AS (
        SELECT coalesce(pg_partition_root(key_table), key_table)::oid AS "table", key_column COLLATE "C" AS "column"
        UNION
        SELECT k.from_table, k.from_column
        FROM foreign_key k JOIN found ON k.to_table = found."table" AND k.to_column = found."column"
    )
    SELECT f."table"::regclass, f."column", array_agg(DISTINCT k.conname::text ORDER BY k.conname::text)
    FROM found f JOIN foreign_key k ON k.from_table = f."table" AND k.from_column = f."column"
    JOIN found t ON k.to_table = t."table" AND k.to_column = t."column"
    GROUP BY f."table", f."column"
    ORDER BY f."table"::regclass::text, f."column"
    $$;
COMMENT ON FUNCTION pk_uuid_references(regclass, name) IS
'The columns that hold values of a key because of foreign keys, directly and through other keys; partitioned tables by their root.
key_table: the table of the key
key_column: the key, or a column of it
referencing: a table, or the same one, which refers to it
column_name: the column that does
through: the foreign keys';

CREATE FUNCTION pk_uuid_key_column(key_table regclass) RETURNS name
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    columns name[];
    kind "char" := (SELECT relkind FROM pg_class WHERE oid = key_table);
BEGIN
    IF kind IS NULL OR kind NOT IN ('r', 'p') THEN
        RAISE undefined_table USING MESSAGE = format('there is no table %s', key_table);
    ELSIF (SELECT relispartition FROM pg_class WHERE oid = key_table) THEN
        RAISE wrong_object_type USING MESSAGE = format('%s is a partition', key_table),
            HINT = format('Its keys move with those of %s.', pg_partition_root(key_table));
    ELSIF kind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = key_table) THEN
        RAISE feature_not_supported USING MESSAGE = format('%s has child tables by inheritance', key_table),
            DETAIL = 'Foreign keys do not see their rows.';
    ELSIF EXISTS (SELECT FROM pg_partition_tree(key_table) t JOIN pg_class c ON c.oid = t.relid WHERE c.relkind = 'f') THEN
        RAISE feature_not_supported USING MESSAGE = format('%s has foreign tables as partitions', key_table);
    END IF;
    SELECT array_agg(a.attname ORDER BY a.attnum) INTO columns
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = key_table AND i.indisprimary AND a.atttypid = 'uuid'::regtype
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = key_table AND a.attnum = ANY (c.conkey)
                      AND c.confrelid <> key_table);
    IF cardinality(columns) IS DISTINCT FROM 1 THEN
        RAISE invalid_table_definition USING
            MESSAGE = format('%s has no single uuid column of its own in its primary key', key_table),
            DETAIL = format('There: %s.', coalesce(array_to_string(columns, ', '), 'none')),
            HINT = 'A key that is a foreign key, too, moves with the table that it refers to.';
    END IF;
    RETURN columns[1];
END $$;
COMMENT ON FUNCTION pk_uuid_key_column(regclass) IS
'The uuid column of a table''s primary key that is not a foreign key to another table: what pk_uuid_migrate() moves.
ERROR 42P16 where there is none or more than one, 42P01, 42809, 0A000 for what is no table or one whose keys cannot be moved.';

CREATE FUNCTION pk_uuid_name(kind text, identity text, readable text) RETURNS name
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    -- To name cuts at 63 bytes, between characters.
    AS $$ SELECT (kind || '_' || left(encode(sha256(convert_to(identity, getdatabaseencoding())), 'hex'), 16) || '_' || readable)::name $$;
COMMENT ON FUNCTION pk_uuid_name(text, text, text) IS
'The name of something that pk_uuid_migrate() makes: another for each identity, however long the names that it is made of.
kind: what it begins with
identity: what it is made for
readable: what it ends with, as far as there is room';

CREATE FUNCTION pk_uuid_map(key_table regclass) RETURNS text
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT format('%I.%I', n.nspname, CASE WHEN octet_length(c.relname || '_uuid_map') < 64 THEN c.relname || '_uuid_map'
                                           ELSE @extschema@.pk_uuid_name('uuid_map', key_table::text, c.relname) END)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = key_table
    $$;
COMMENT ON FUNCTION pk_uuid_map(regclass) IS
'The name, with its schema, of the table in which pk_uuid_migrate() keeps the old and the new keys of a table.';

CREATE FUNCTION pk_uuid_translate_name(key_table regclass, referencing regclass) RETURNS text
    LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT format('%I.%I', n.nspname, @extschema@.pk_uuid_name('pk_uuid_translate', referencing::text || ' ' || key_table::text, f.relname))
    FROM pg_class f JOIN pg_namespace n ON n.oid = f.relnamespace WHERE f.oid = referencing
    $$;
COMMENT ON FUNCTION pk_uuid_translate_name(regclass, regclass) IS
'The name, with its schema, of the trigger function that pk_uuid_migrate() makes for a referencing table.
key_table: the table of the keys
referencing: the table that refers to it';

CREATE FUNCTION pk_uuid_own_map(key_table regclass, with_functions boolean DEFAULT true) RETURNS regclass
    LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    map regclass := to_regclass(@extschema@.pk_uuid_map(key_table));
    owner oid := (SELECT relowner FROM pg_class WHERE oid = key_table);
    trusted oid[] := ARRAY(SELECT oid FROM pg_roles WHERE rolsuper OR oid = owner);
    found text;
BEGIN
    -- Whoever may create something in a schema could have made them first, to be run or read by others.
    SELECT CASE WHEN c.relkind <> 'r' THEN 'it is no plain table'
                WHEN c.relowner <> ALL (trusted) THEN format('it belongs to %s', pg_get_userbyid(c.relowner))
                WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) THEN 'it has a trigger'
                WHEN EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) THEN 'it has a rule'
                WHEN c.relrowsecurity THEN 'it has row security'
                WHEN (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('old_id', 'new_id') AND a.atttypid = 'uuid'::regtype) <> 2
                THEN 'it has other columns' END
    INTO found FROM pg_class c WHERE c.oid = map;
    IF found IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('%s is not the map of %s: %s', map, key_table, found),
            HINT = 'Rename it, or drop it. One that the plan has made belongs to the owner of the table or to a superuser.';
    END IF;
    IF NOT with_functions THEN
        RETURN map;
    END IF;
    SELECT format('%s() is not the function that translates keys of %s: it belongs to %s', p.oid::regproc, key_table, pg_get_userbyid(p.proowner))
    INTO found
    FROM @extschema@.pk_uuid_references(key_table, @extschema@.pk_uuid_key_column(key_table)) r
    JOIN pg_proc p ON p.oid = to_regprocedure(@extschema@.pk_uuid_translate_name(key_table, r.referencing) || '()')
    WHERE p.proowner <> ALL (trusted) LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = found,
            HINT = 'Rename it, or drop it. One that the plan has made belongs to the owner of the table or to a superuser.';
    END IF;
    RETURN map;
END $$;
COMMENT ON FUNCTION pk_uuid_own_map(regclass, boolean) IS
'The table in which pk_uuid_migrate() keeps the old and the new keys of a table, or NULL where there is none yet. ERROR 55000 where what has its name, or that of a trigger function of the move, belongs to neither the owner of the table nor a superuser, or the map has triggers, rules, row security or other columns; and those of pk_uuid_key_column().
key_table: the table of the keys
with_functions: look at the trigger functions, too';


-- uuid: time-ordered identifiers (RFC 9562)

CREATE FUNCTION pk_uuidv7() RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7() IS
'A new UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix time in ms, 12 bits of time below it, 62 random
bits. Strictly increasing within a session. ERROR 22008 where the clock is before 1970 or after 10889.';

CREATE FUNCTION pk_uuidv7(shift interval) RETURNS uuid
    AS 'MODULE_PATHNAME', 'pk_uuidv7_shift' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7(interval) IS
'A new UUID of version 7 whose time is now plus shift, which hides when it was made. Strictly increasing within a
session for one shift. ERROR 22008 where that is before 1970 or after 10889.';

CREATE FUNCTION pk_uuidv7(at timestamptz) RETURNS uuid
    AS 'MODULE_PATHNAME', 'pk_uuidv7_at' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7(timestamptz) IS
'A UUID of version 7 of the given time, to the microsecond; those of one microsecond are in random order.
ERROR 22008 for infinite times and those before 1970 or after 10889.';

CREATE FUNCTION pk_uuidv7_batch_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7_batch_support(internal) IS 'Tells the planner how many rows pk_uuidv7_batch returns.';

CREATE FUNCTION pk_uuidv7_batch(n bigint) RETURNS SETOF uuid
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE SUPPORT pk_uuidv7_batch_support;
COMMENT ON FUNCTION pk_uuidv7_batch(bigint) IS
'n new UUIDs of version 7, increasing, as pk_uuidv7() makes them. In a select list they stream; in FROM, PostgreSQL
stores the rows of any function first. ERROR 22023 for a negative n.';

-- The name that applications already call.  Where pg_uuidv7 can be created it is left to it also
-- before that happens: a dump creates extensions in the order of their names.
DO $$
DECLARE
    owner text;
BEGIN
    SELECT pg_catalog.format('extension %I', e.extname) INTO owner
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    WHERE p.proname = 'uuid_generate_v7' LIMIT 1;
    IF owner IS NULL AND pg_catalog.to_regprocedure('@extschema@.uuid_generate_v7()') IS NOT NULL THEN
        owner := 'the function that is there';
    END IF;
    IF owner IS NULL AND EXISTS (SELECT FROM pg_catalog.pg_available_extensions() WHERE name = 'pg_uuidv7') THEN
        owner := 'extension pg_uuidv7, which is available here';
    END IF;
    IF owner IS NOT NULL THEN
        -- CREATE EXTENSION hides notices while it runs a script.
        PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
        RAISE NOTICE 'uuid_generate_v7() is left to %', owner USING HINT = 'pg_perfkit''s own function is pk_uuidv7().';
        PERFORM pg_catalog.set_config('client_min_messages', 'warning', true);
        RETURN;
    END IF;
    CREATE FUNCTION @extschema@.uuid_generate_v7() RETURNS uuid
        AS 'MODULE_PATHNAME', 'pk_uuidv7' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
    COMMENT ON FUNCTION @extschema@.uuid_generate_v7() IS
        'Another name of pk_uuidv7(), for applications that call it. ERROR 22008 as there.';
END $$;

CREATE FUNCTION pk_uuid_version(id uuid) RETURNS smallint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_version(uuid) IS
'The version of a UUID, 1 to 8 as RFC 9562 defines them; NULL where its variant is not the RFC''s.';

CREATE FUNCTION pk_uuid_timestamp(id uuid) RETURNS timestamptz
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_timestamp(uuid) IS
'The time in a UUID, rounded down: of version 7 to the millisecond, of versions 1 and 6 to the microsecond; NULL for
other versions and variants.';

CREATE FUNCTION pk_uuidv7_floor(at timestamptz) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7_floor(timestamptz) IS
'The least UUID of version 7 in the millisecond of a time: no UUID made then or later is less. The least of all before
1970, ffffffff-ffff-ffff-ffff-ffffffffffff after 10889.';

CREATE FUNCTION pk_uuidv7_ceil(at timestamptz) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7_ceil(timestamptz) IS
'The greatest UUID of version 7 in the millisecond of a time: no UUID made then or earlier is greater.
00000000-0000-0000-0000-000000000000 before 1970, the greatest of all after 10889.';

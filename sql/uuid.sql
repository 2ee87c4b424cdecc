
-- uuid: time-ordered identifiers (RFC 9562)

CREATE FUNCTION pk_uuidv7() RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuidv7() IS
    'A version 7 UUID (RFC 9562, section 5.7): Unix time in ms, 12 bits of sub-millisecond time, 62 random bits; strictly increasing within a session';

CREATE FUNCTION pk_uuid_timestamp(id uuid) RETURNS timestamptz
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_timestamp(uuid) IS
    'The time in a UUID of version 7, to the millisecond (RFC 9562, section 5.7); NULL for other versions';

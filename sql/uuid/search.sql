
-- Time conditions on version 7 UUIDs, which the planner turns into ranges of the plain index.

CREATE FUNCTION pk_uuid_search_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_search_support(internal) IS
'Tells the planner which range of an index, which partitions and how many rows a time condition on a UUID needs.';

CREATE FUNCTION pk_uuid_search_sel(internal, oid, internal, integer) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_search_sel(internal, oid, internal, integer) IS
'Estimates how many rows a comparison of a UUID with a time leaves.';

CREATE FUNCTION pk_uuid_is_v7(id uuid) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT pk_uuid_search_support;
COMMENT ON FUNCTION pk_uuid_is_v7(uuid) IS 'Whether a UUID is of version 7.';

CREATE FUNCTION pk_uuid_cut(at timestamptz, past boolean DEFAULT false) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_cut(timestamptz, boolean) IS
'The least UUID of version 7 whose time, in ms, is at or after the given one: where index ranges for times begin and end.
00000000-0000-0000-0000-000000000000 before 1970, ffffffff-ffff-ffff-ffff-ffffffffffff after 10889.
at: the time
past: its time is only to be after the given one';

CREATE FUNCTION pk_uuid_range_start(during tstzrange) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_range_start(tstzrange) IS
'The least UUID of version 7 whose time is in the range or after it; ffffffff-ffff-ffff-ffff-ffffffffffff for the empty range.';

CREATE FUNCTION pk_uuid_range_end(during tstzrange) RETURNS uuid
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION pk_uuid_range_end(tstzrange) IS
'The least UUID of version 7 whose time is after the range; 00000000-0000-0000-0000-000000000000 for the empty range.';

CREATE FUNCTION pk_uuid_in(id uuid, during tstzrange) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT pk_uuid_search_support;
COMMENT ON FUNCTION pk_uuid_in(uuid, tstzrange) IS
'Whether a UUID is of version 7 and its time, in ms, is in the range. False for other versions. The plain B-tree or
BRIN index on the UUID is used.';

CREATE FUNCTION pk_uuid_lt(id uuid, at timestamptz) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT pk_uuid_search_support;
COMMENT ON FUNCTION pk_uuid_lt(uuid, timestamptz) IS
'Whether a UUID is of version 7 and its time, in ms, is before the given one. False for other versions.';
CREATE FUNCTION pk_uuid_le(id uuid, at timestamptz) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT pk_uuid_search_support;
COMMENT ON FUNCTION pk_uuid_le(uuid, timestamptz) IS
'Whether a UUID is of version 7 and its time, in ms, is the given one or before it. False for other versions.';
CREATE FUNCTION pk_uuid_ge(id uuid, at timestamptz) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT pk_uuid_search_support;
COMMENT ON FUNCTION pk_uuid_ge(uuid, timestamptz) IS
'Whether a UUID is of version 7 and its time, in ms, is the given one or after it. False for other versions.';
CREATE FUNCTION pk_uuid_gt(id uuid, at timestamptz) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT pk_uuid_search_support;
COMMENT ON FUNCTION pk_uuid_gt(uuid, timestamptz) IS
'Whether a UUID is of version 7 and its time, in ms, is after the given one. False for other versions.';

-- No negators: of a UUID without a time neither "before" nor "not before" is true.
CREATE OPERATOR < (FUNCTION = pk_uuid_lt, LEFTARG = uuid, RIGHTARG = timestamptz, RESTRICT = pk_uuid_search_sel, JOIN = scalarltjoinsel);
CREATE OPERATOR <= (FUNCTION = pk_uuid_le, LEFTARG = uuid, RIGHTARG = timestamptz, RESTRICT = pk_uuid_search_sel, JOIN = scalarlejoinsel);
CREATE OPERATOR >= (FUNCTION = pk_uuid_ge, LEFTARG = uuid, RIGHTARG = timestamptz, RESTRICT = pk_uuid_search_sel, JOIN = scalargejoinsel);
CREATE OPERATOR > (FUNCTION = pk_uuid_gt, LEFTARG = uuid, RIGHTARG = timestamptz, RESTRICT = pk_uuid_search_sel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR < (uuid, timestamptz) IS 'made before a time (UUIDs of version 7)';
COMMENT ON OPERATOR <= (uuid, timestamptz) IS 'made at a time or before (UUIDs of version 7)';
COMMENT ON OPERATOR >= (uuid, timestamptz) IS 'made at a time or after (UUIDs of version 7)';
COMMENT ON OPERATOR > (uuid, timestamptz) IS 'made after a time (UUIDs of version 7)';

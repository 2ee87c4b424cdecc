
-- bits: distances between bit strings

CREATE FUNCTION pk_hamming_distance(a bit, b bit) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION pk_hamming_distance(bit, bit) IS
'Number of bits that differ. ERROR 22000 for different lengths';

CREATE FUNCTION pk_jaccard_distance(a bit, b bit) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION pk_jaccard_distance(bit, bit) IS
'Of the bits that are set in either, the share that is not set in both: 0 for the same set of bits, 1 where none is in both, also where none is set at all. ERROR 22000 for different lengths';

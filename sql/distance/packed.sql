
-- packed: vectors packed into bytea

CREATE FUNCTION pk_pack(vector real[], format text) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_pack(real[], text) IS
'A vector in fewer bytes, each element rounded to the nearest that the format has, ties to even: f16 (IEEE 754 binary16, 2 bytes), bf16 (bfloat16, 2 bytes), int8 (whole numbers from -128 to 127, 1 byte), int8_scaled (whole numbers from -127 to 127, 1 byte, times a scale, which is a float in the first 4 bytes, such that the largest size becomes 127). Little-endian, without a header. ERROR 22003 for elements beyond the range of the format, 22004 for NULL elements, 2202E for more than one dimension, 22023 for an unknown format';

CREATE FUNCTION pk_unpack(vector bytea, format text) RETURNS real[]
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_unpack(bytea, text) IS
'The elements of a vector that pk_pack() packed, or that lies so: f16, bf16, int8 or int8_scaled. Those of the last are rounded to real. ERROR 22P03 where the bytes are no vector of the format, 22023 for an unknown format, 54000 for more elements than an array can have';

CREATE FUNCTION pk_l2_distance(a bytea, b bytea, format text) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_distance_packed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_distance(bytea, bytea, text) IS
'Euclidean (L2) distance of two packed vectors: the square root of the sum of the squared differences. Of what the format, f16, bf16, int8 or int8_scaled, says that the bytes stand for, as pk_pack() makes them. ERROR 22000 for different lengths, 22P03 where the bytes are no vector of the format, 22023 for an unknown format';

CREATE FUNCTION pk_l2_squared_distance(a bytea, b bytea, format text) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_squared_distance_packed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_squared_distance(bytea, bytea, text) IS
'Square of the Euclidean (L2) distance of two packed vectors: orders like the distance and costs no square root. Of what the format, f16, bf16, int8 or int8_scaled, says that the bytes stand for, as pk_pack() makes them. ERROR 22000 for different lengths, 22P03 where the bytes are no vector of the format, 22023 for an unknown format';

CREATE FUNCTION pk_inner_product(a bytea, b bytea, format text) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_inner_product_packed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_inner_product(bytea, bytea, text) IS
'Inner (dot) product of two packed vectors: the sum of the products of their elements; greater is nearer. Of what the format, f16, bf16, int8 or int8_scaled, says that the bytes stand for, as pk_pack() makes them. ERROR 22000 for different lengths, 22P03 where the bytes are no vector of the format, 22023 for an unknown format';

CREATE FUNCTION pk_cosine_distance(a bytea, b bytea, format text) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_cosine_distance_packed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_cosine_distance(bytea, bytea, text) IS
'Cosine distance of two packed vectors, 1 - cos(angle): 0 for the same direction, 1 for a right angle, 2 for opposite directions; NaN where a vector is zero or empty. Of what the format, f16, bf16, int8 or int8_scaled, says that the bytes stand for, as pk_pack() makes them. ERROR 22000 for different lengths, 22P03 where the bytes are no vector of the format, 22023 for an unknown format';

CREATE FUNCTION pk_l1_distance(a bytea, b bytea, format text) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l1_distance_packed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l1_distance(bytea, bytea, text) IS
'Manhattan (L1, taxicab) distance of two packed vectors: the sum of the absolute differences. Of what the format, f16, bf16, int8 or int8_scaled, says that the bytes stand for, as pk_pack() makes them. ERROR 22000 for different lengths, 22P03 where the bytes are no vector of the format, 22023 for an unknown format';

CREATE FUNCTION pk_norm(a bytea, format text) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_norm_packed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_norm(bytea, text) IS
'Euclidean norm (length) of a packed vector: the square root of the sum of its squares. Of what the format, f16, bf16, int8 or int8_scaled, says that the bytes stand for, as pk_pack() makes them. ERROR 22P03 where the bytes are no vector of the format, 22023 for an unknown format';

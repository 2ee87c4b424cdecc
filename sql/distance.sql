
-- distance: distances between vectors held in arrays

CREATE FUNCTION pk_l2_distance(a real[], b real[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_distance(real[], real[]) IS
    'Euclidean (L2) distance of two vectors: the square root of the sum of the squared differences. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_l2_squared_distance(a real[], b real[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_squared_distance(real[], real[]) IS
    'Square of the Euclidean (L2) distance of two vectors: the sum of the squared differences; orders like the distance and costs no square root. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_inner_product(a real[], b real[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_inner_product(real[], real[]) IS
    'Inner (dot) product of two vectors: the sum of the products; greater is nearer. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_cosine_distance(a real[], b real[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_cosine_distance(real[], real[]) IS
    'Cosine distance of two vectors, 1 - cos(angle): 0 for the same direction, 1 for a right angle, 2 for opposite directions; NaN where a vector is zero or empty. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_l1_distance(a real[], b real[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l1_distance(real[], real[]) IS
    'Manhattan (L1, taxicab) distance of two vectors: the sum of the absolute differences. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_norm(a real[]) RETURNS double precision
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_norm(real[]) IS
    'Euclidean norm (length) of a vector: the square root of the sum of its squares. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_l2_distance(a double precision[], b double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_distance_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_distance(double precision[], double precision[]) IS
    'Euclidean (L2) distance of two vectors: the square root of the sum of the squared differences. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_l2_squared_distance(a double precision[], b double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_squared_distance_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_squared_distance(double precision[], double precision[]) IS
    'Square of the Euclidean (L2) distance of two vectors: the sum of the squared differences; orders like the distance and costs no square root. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_inner_product(a double precision[], b double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_inner_product_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_inner_product(double precision[], double precision[]) IS
    'Inner (dot) product of two vectors: the sum of the products; greater is nearer. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_cosine_distance(a double precision[], b double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_cosine_distance_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_cosine_distance(double precision[], double precision[]) IS
    'Cosine distance of two vectors, 1 - cos(angle): 0 for the same direction, 1 for a right angle, 2 for opposite directions; NaN where a vector is zero or empty. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_l1_distance(a double precision[], b double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l1_distance_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l1_distance(double precision[], double precision[]) IS
    'Manhattan (L1, taxicab) distance of two vectors: the sum of the absolute differences. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22000 for different lengths, 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_norm(a double precision[]) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_norm_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_norm(double precision[]) IS
    'Euclidean norm (length) of a vector: the square root of the sum of its squares. Neither overflows nor underflows on the way; NaN and infinite elements follow IEEE 754. ERROR 22004 for NULL elements, 2202E for more than one dimension';

CREATE FUNCTION pk_simd(OUT kind text, OUT name text, OUT value text) RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION pk_simd() IS
'How this session computes distances: what it chose, from what, and why.
kind: setting, choice (the instruction set in use), set (in this library, and whether this processor can run it), feature (of the processor, as far as the kernels ask for it) or kernel
name: the setting, instruction set, feature, or kernel with its element type
value: the setting''s value, the choice, "available" or why not, yes or no, the variant in use
Source: CPUID (x86-64), the auxiliary vector or sysctl (arm64)';

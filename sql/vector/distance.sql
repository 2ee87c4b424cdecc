
-- distance: distances between pgvector's vectors

CREATE FUNCTION pk_l2_distance(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_distance_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_distance(vector, vector) IS
    'Euclidean (L2) distance of two vectors, as pgvector''s <->. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_l2_squared_distance(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_squared_distance_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_squared_distance(vector, vector) IS
    'Square of the Euclidean (L2) distance of two vectors; orders like the distance and costs no square root. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_inner_product(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_inner_product_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_inner_product(vector, vector) IS
    'Inner (dot) product of two vectors; greater is nearer (pgvector''s <#> is its negative). Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_cosine_distance(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_cosine_distance_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_cosine_distance(vector, vector) IS
    'Cosine distance of two vectors, 1 - cos(angle), as pgvector''s <=>; NaN where a vector is zero. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_l1_distance(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l1_distance_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l1_distance(vector, vector) IS
    'Manhattan (L1, taxicab) distance of two vectors, as pgvector''s <+>. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_norm(a vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_norm_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_norm(vector) IS
    'Euclidean norm (length) of a vector: the square root of the sum of its squares. Neither overflows nor underflows on the way';

CREATE FUNCTION pk_l2_distance(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_distance_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_distance(halfvec, halfvec) IS
    'Euclidean (L2) distance of two vectors, as pgvector''s <->. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_l2_squared_distance(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l2_squared_distance_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l2_squared_distance(halfvec, halfvec) IS
    'Square of the Euclidean (L2) distance of two vectors; orders like the distance and costs no square root. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_inner_product(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_inner_product_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_inner_product(halfvec, halfvec) IS
    'Inner (dot) product of two vectors; greater is nearer (pgvector''s <#> is its negative). Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_cosine_distance(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_cosine_distance_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_cosine_distance(halfvec, halfvec) IS
    'Cosine distance of two vectors, 1 - cos(angle), as pgvector''s <=>; NaN where a vector is zero. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_l1_distance(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_l1_distance_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_l1_distance(halfvec, halfvec) IS
    'Manhattan (L1, taxicab) distance of two vectors, as pgvector''s <+>. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_norm(a halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_norm_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_norm(halfvec) IS
    'Euclidean norm (length) of a vector: the square root of the sum of its squares. Neither overflows nor underflows on the way';


-- operators: operator classes for pgvector's index methods, with the kernels as support functions

CREATE FUNCTION pk_negative_inner_product(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_negative_inner_product_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_negative_inner_product(vector, vector) IS
    'Inner (dot) product of two vectors with its sign turned, as pgvector''s <#>: less is nearer. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_spherical_distance(a vector, b vector) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_spherical_distance_vector' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_spherical_distance(vector, vector) IS
    'Angle between two vectors of length 1, as a share of a half turn: 0 for the same direction, 1 for opposite ones. For the lists of ivfflat; other lengths give no meaningful result. ERROR 22000 for different dimensions';

CREATE OPERATOR CLASS pk_vector_l2_ops FOR TYPE vector USING hnsw AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_l2_squared_distance(vector, vector);
COMMENT ON OPERATOR CLASS pk_vector_l2_ops USING hnsw IS
    'As pgvector''s vector_l2_ops (Euclidean distance, operator <->), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_vector_ip_ops FOR TYPE vector USING hnsw AS
    OPERATOR 1 <#> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(vector, vector);
COMMENT ON OPERATOR CLASS pk_vector_ip_ops USING hnsw IS
    'As pgvector''s vector_ip_ops (inner product, operator <#>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_vector_cosine_ops FOR TYPE vector USING hnsw AS
    OPERATOR 1 <=> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(vector, vector),
    FUNCTION 2 pk_norm(vector);
COMMENT ON OPERATOR CLASS pk_vector_cosine_ops USING hnsw IS
    'As pgvector''s vector_cosine_ops (cosine distance, operator <=>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_vector_l1_ops FOR TYPE vector USING hnsw AS
    OPERATOR 1 <+> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_l1_distance(vector, vector);
COMMENT ON OPERATOR CLASS pk_vector_l1_ops USING hnsw IS
    'As pgvector''s vector_l1_ops (Manhattan distance, operator <+>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_vector_l2_ops FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <-> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_l2_squared_distance(vector, vector),
    FUNCTION 3 pk_l2_distance(vector, vector);
COMMENT ON OPERATOR CLASS pk_vector_l2_ops USING ivfflat IS
    'As pgvector''s vector_l2_ops (Euclidean distance, operator <->), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_vector_ip_ops FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <#> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(vector, vector),
    FUNCTION 3 pk_spherical_distance(vector, vector),
    FUNCTION 4 pk_norm(vector);
COMMENT ON OPERATOR CLASS pk_vector_ip_ops USING ivfflat IS
    'As pgvector''s vector_ip_ops (inner product, operator <#>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_vector_cosine_ops FOR TYPE vector USING ivfflat AS
    OPERATOR 1 <=> (vector, vector) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(vector, vector),
    FUNCTION 2 pk_norm(vector),
    FUNCTION 3 pk_spherical_distance(vector, vector),
    FUNCTION 4 pk_norm(vector);
COMMENT ON OPERATOR CLASS pk_vector_cosine_ops USING ivfflat IS
    'As pgvector''s vector_cosine_ops (cosine distance, operator <=>), with the distances of pg_perfkit';

CREATE FUNCTION pk_negative_inner_product(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_negative_inner_product_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_negative_inner_product(halfvec, halfvec) IS
    'Inner (dot) product of two vectors with its sign turned, as pgvector''s <#>: less is nearer. Neither overflows nor underflows on the way; ERROR 22000 for different dimensions';

CREATE FUNCTION pk_spherical_distance(a halfvec, b halfvec) RETURNS double precision
    AS 'MODULE_PATHNAME', 'pk_spherical_distance_halfvec' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_spherical_distance(halfvec, halfvec) IS
    'Angle between two vectors of length 1, as a share of a half turn: 0 for the same direction, 1 for opposite ones. For the lists of ivfflat; other lengths give no meaningful result. ERROR 22000 for different dimensions';

CREATE OPERATOR CLASS pk_halfvec_l2_ops FOR TYPE halfvec USING hnsw AS
    OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_l2_squared_distance(halfvec, halfvec),
    FUNCTION 3 hnsw_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_l2_ops USING hnsw IS
    'As pgvector''s halfvec_l2_ops (Euclidean distance, operator <->), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_halfvec_ip_ops FOR TYPE halfvec USING hnsw AS
    OPERATOR 1 <#> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(halfvec, halfvec),
    FUNCTION 3 hnsw_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_ip_ops USING hnsw IS
    'As pgvector''s halfvec_ip_ops (inner product, operator <#>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_halfvec_cosine_ops FOR TYPE halfvec USING hnsw AS
    OPERATOR 1 <=> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(halfvec, halfvec),
    FUNCTION 2 pk_norm(halfvec),
    FUNCTION 3 hnsw_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_cosine_ops USING hnsw IS
    'As pgvector''s halfvec_cosine_ops (cosine distance, operator <=>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_halfvec_l1_ops FOR TYPE halfvec USING hnsw AS
    OPERATOR 1 <+> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_l1_distance(halfvec, halfvec),
    FUNCTION 3 hnsw_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_l1_ops USING hnsw IS
    'As pgvector''s halfvec_l1_ops (Manhattan distance, operator <+>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_halfvec_l2_ops FOR TYPE halfvec USING ivfflat AS
    OPERATOR 1 <-> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_l2_squared_distance(halfvec, halfvec),
    FUNCTION 3 pk_l2_distance(halfvec, halfvec),
    FUNCTION 5 ivfflat_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_l2_ops USING ivfflat IS
    'As pgvector''s halfvec_l2_ops (Euclidean distance, operator <->), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_halfvec_ip_ops FOR TYPE halfvec USING ivfflat AS
    OPERATOR 1 <#> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(halfvec, halfvec),
    FUNCTION 3 pk_spherical_distance(halfvec, halfvec),
    FUNCTION 4 pk_norm(halfvec),
    FUNCTION 5 ivfflat_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_ip_ops USING ivfflat IS
    'As pgvector''s halfvec_ip_ops (inner product, operator <#>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_halfvec_cosine_ops FOR TYPE halfvec USING ivfflat AS
    OPERATOR 1 <=> (halfvec, halfvec) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_negative_inner_product(halfvec, halfvec),
    FUNCTION 2 pk_norm(halfvec),
    FUNCTION 3 pk_spherical_distance(halfvec, halfvec),
    FUNCTION 4 pk_norm(halfvec),
    FUNCTION 5 ivfflat_halfvec_support(internal);
COMMENT ON OPERATOR CLASS pk_halfvec_cosine_ops USING ivfflat IS
    'As pgvector''s halfvec_cosine_ops (cosine distance, operator <=>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_bit_hamming_ops FOR TYPE bit USING hnsw AS
    OPERATOR 1 <~> (bit, bit) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_hamming_distance(bit, bit),
    FUNCTION 3 hnsw_bit_support(internal);
COMMENT ON OPERATOR CLASS pk_bit_hamming_ops USING hnsw IS
    'As pgvector''s bit_hamming_ops (Hamming distance, operator <~>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_bit_jaccard_ops FOR TYPE bit USING hnsw AS
    OPERATOR 1 <%> (bit, bit) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_jaccard_distance(bit, bit),
    FUNCTION 3 hnsw_bit_support(internal);
COMMENT ON OPERATOR CLASS pk_bit_jaccard_ops USING hnsw IS
    'As pgvector''s bit_jaccard_ops (Jaccard distance, operator <%>), with the distances of pg_perfkit';

CREATE OPERATOR CLASS pk_bit_hamming_ops FOR TYPE bit USING ivfflat AS
    OPERATOR 1 <~> (bit, bit) FOR ORDER BY pg_catalog.float_ops,
    FUNCTION 1 pk_hamming_distance(bit, bit),
    FUNCTION 3 pk_hamming_distance(bit, bit),
    FUNCTION 5 ivfflat_bit_support(internal);
COMMENT ON OPERATOR CLASS pk_bit_hamming_ops USING ivfflat IS
    'As pgvector''s bit_hamming_ops (Hamming distance, operator <~>), with the distances of pg_perfkit';

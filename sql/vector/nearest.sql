
-- nearest: the k nearest rows, exactly, over pgvector's types

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding vector, query vector, k integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_vector' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, vector, vector, integer) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding vector, query vector, k integer) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, vector, vector, integer) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding vector, query vector, k integer) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, vector, vector, integer) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by Euclidean distance: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000 or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding vector, query vector, k integer, metric text) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_vector' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, vector, vector, integer, text) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding vector, query vector, k integer, metric text) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, vector, vector, integer, text) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding vector, query vector, k integer, metric text) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, vector, vector, integer, text) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by the metric l2 (Euclidean), inner_product (greater is nearer), cosine or l1 (Manhattan): exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000, an unknown metric, or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding halfvec, query halfvec, k integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_halfvec' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, halfvec, halfvec, integer) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding halfvec, query halfvec, k integer) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, halfvec, halfvec, integer) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding halfvec, query halfvec, k integer) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, halfvec, halfvec, integer) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by Euclidean distance: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000 or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding halfvec, query halfvec, k integer, metric text) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_halfvec' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, halfvec, halfvec, integer, text) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding halfvec, query halfvec, k integer, metric text) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, halfvec, halfvec, integer, text) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding halfvec, query halfvec, k integer, metric text) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, halfvec, halfvec, integer, text) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by the metric l2 (Euclidean), inner_product (greater is nearer), cosine or l1 (Manhattan): exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000, an unknown metric, or a k that changes, 22004 where k is NULL';


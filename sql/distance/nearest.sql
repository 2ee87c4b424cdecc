
-- nearest: the k nearest rows, exactly, as an aggregate

CREATE FUNCTION pk_nearest_combine(a internal, b internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_combine(internal, internal) IS
    'A part of the aggregate pk_nearest: joins what two workers found';
CREATE FUNCTION pk_nearest_serialize(state internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_serialize(internal) IS
    'A part of the aggregate pk_nearest: what a worker hands over';
CREATE FUNCTION pk_nearest_deserialize(bytes bytea, unused internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_deserialize(bytea, internal) IS
    'A part of the aggregate pk_nearest: takes what a worker handed over';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding real[], query real[], k integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_real' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, real[], real[], integer) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding real[], query real[], k integer) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, real[], real[], integer) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding real[], query real[], k integer) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, real[], real[], integer) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by Euclidean distance: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000 or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding real[], query real[], k integer, metric text) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_real' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, real[], real[], integer, text) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding real[], query real[], k integer, metric text) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, real[], real[], integer, text) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding real[], query real[], k integer, metric text) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, real[], real[], integer, text) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by the metric l2 (Euclidean), inner_product (greater is nearer), cosine or l1 (Manhattan): exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000, an unknown metric, or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding double precision[], query double precision[], k integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, double precision[], double precision[], integer) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding double precision[], query double precision[], k integer) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, double precision[], double precision[], integer) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding double precision[], query double precision[], k integer) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, double precision[], double precision[], integer) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by Euclidean distance: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000 or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding double precision[], query double precision[], k integer, metric text) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, double precision[], double precision[], integer, text) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding double precision[], query double precision[], k integer, metric text) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, double precision[], double precision[], integer, text) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding double precision[], query double precision[], k integer, metric text) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, double precision[], double precision[], integer, text) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by the metric l2 (Euclidean), inner_product (greater is nearer), cosine or l1 (Manhattan): exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000, an unknown metric, or a k that changes, 22004 where k is NULL';


CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding bytea, query bytea, k integer, metric text, format text) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_packed' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, bytea, bytea, integer, text, text) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding bytea, query bytea, k integer, metric text, format text) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, bytea, bytea, integer, text, text) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding bytea, query bytea, k integer, metric text, format text) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, bytea, bytea, integer, text, text) IS
    'The ids of the k rows whose packed embedding is nearest to the packed query, nearest first, by the metric l2 (Euclidean), inner_product (greater is nearer), cosine or l1 (Manhattan), of vectors in the format f16, bf16, int8 or int8_scaled, as pk_pack() makes them: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; distances that are NaN come last; NULL where no row is left. ERROR 22000 for different lengths, 22P03 where bytes are no vector of the format, 22023 for k below 1 or above 1000000, an unknown metric or format, or one of these that changes, 22004 where one is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding bit, query bit, k integer) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_bit' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, bit, bit, integer) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding bit, query bit, k integer) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, bit, bit, integer) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding bit, query bit, k integer) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, bit, bit, integer) IS
    'The ids of the k rows of whose embedding the fewest bits differ from the query, nearest first: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000 or a k that changes, 22004 where k is NULL';

CREATE FUNCTION pk_nearest_transition(state internal, id anynonarray, embedding bit, query bit, k integer, bit_metric text) RETURNS internal
    AS 'MODULE_PATHNAME', 'pk_nearest_transition_bit' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION pk_nearest_transition(internal, anynonarray, bit, bit, integer, text) IS
    'A part of the aggregate pk_nearest: takes in one row';
CREATE FUNCTION pk_nearest_result(state internal, id anynonarray, embedding bit, query bit, k integer, bit_metric text) RETURNS anyarray
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION pk_nearest_result(internal, anynonarray, bit, bit, integer, text) IS
    'A part of the aggregate pk_nearest: gives the ids, nearest first';
CREATE AGGREGATE pk_nearest(id anynonarray, embedding bit, query bit, k integer, bit_metric text) (
    SFUNC = pk_nearest_transition, STYPE = internal, SSPACE = 1024, FINALFUNC = pk_nearest_result, FINALFUNC_EXTRA,
    COMBINEFUNC = pk_nearest_combine, SERIALFUNC = pk_nearest_serialize, DESERIALFUNC = pk_nearest_deserialize,
    PARALLEL = SAFE);
COMMENT ON AGGREGATE pk_nearest(anynonarray, bit, bit, integer, text) IS
    'The ids of the k rows whose embedding is nearest to the query, nearest first, by the metric hamming or jaccard: exact, from all rows, without an index. Rows whose id, embedding or query is NULL do not count; NULL where no row is left. ERROR 22000 for different lengths, 22023 for k below 1 or above 1000000, an unknown metric, or one of these that changes, 22004 where one is NULL';

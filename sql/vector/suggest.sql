
-- suggest: which index a column of vectors should have

CREATE FUNCTION pk_suggest_vector_indexes(
    tables regclass[] DEFAULT NULL, metric text DEFAULT NULL, memory text DEFAULT NULL, exact_ms float8 DEFAULT 10,
    OUT schema_name text, OUT table_name text, OUT column_name text, OUT type text, OUT dimensions int, OUT est_rows bigint,
    OUT ordered_by text, OUT action text, OUT method text, OUT ddl text, OUT build_settings text, OUT search_settings text,
    OUT m int, OUT ef_construction int, OUT lists int, OUT probes int, OUT est_size_bytes bigint, OUT est_build_memory_bytes bigint,
    OUT build_workers int, OUT est_exact_ms float8, OUT existing_index text, OUT reason text, OUT warning text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20;
COMMENT ON FUNCTION pk_suggest_vector_indexes(regclass[], text, text, float8) IS
'For each column of type vector, halfvec, or bit (of 64 bits and more) that the caller may SELECT: which index it should have, hnsw, ivfflat or none, or what to do about the one it has. Reads catalogs and statistics; of a column whose type sets no dimensions also some rows, where no lock is to be waited for and no policy of row-level security applies to the caller. Changes nothing. ERROR 22023 for an unknown metric, memory that is no size, or exact_ms out of range. docs/vector.md
tables: advise on these tables only; NULL for all
metric: what queries order by, l2, inner_product, cosine, l1, for bit hamming or jaccard; NULL: as the operators in captured statements say that the caller may read (pk_workload_samples, pg_stat_statements), else cosine, for bit hamming
memory: what an index in use, and a build, may take of the server''s memory, such as ''8GB''; NULL: effective_cache_size
exact_ms: a search without index that takes no longer needs none, in milliseconds, from 0 on
schema_name: schema of the table
table_name: the table, or partition
column_name: the column
type: its type
dimensions: of its vectors; NULL where unknown
est_rows: rows that are not NULL, as of the last VACUUM or ANALYZE, else as counted since
ordered_by: the metric
action: create, rebuild, keep, or none
method: hnsw, ivfflat, or exact
ddl: statements to run one by one, outside a transaction block; NULL where there is nothing to do
build_settings: what to SET before, so that the build has the memory it needs; NULL where it has it
search_settings: what to SET for queries at first; pk_vector_recall() tells what that finds, and what to set for more
m: of hnsw
ef_construction: of hnsw
lists: of ivfflat
probes: of ivfflat
est_size_bytes: of the index once built
est_build_memory_bytes: least maintenance_work_mem for a build in memory
build_workers: parallel workers of a build with as much
est_exact_ms: time of a search without index, in milliseconds, by one process with the table in memory
existing_index: the index that is kept or rebuilt
reason: why
warning: what to know before building or searching';


-- cache: how many of the blocks that were needed lay in shared_buffers

CREATE FUNCTION pk_hit_percent(hits bigint, reads bigint) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(100.0 * hits / nullif(hits::numeric + reads, 0), 2)::float8;
COMMENT ON FUNCTION pk_hit_percent(bigint, bigint) IS
'Blocks found in shared_buffers in percent of all that were needed; NULL where none was needed, or where an argument is NULL.';

CREATE FUNCTION pk_hit_class(percent float8) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN percent > 99 THEN 'good' WHEN percent >= 90 THEN 'fair' WHEN percent < 90 THEN 'warn' END;
COMMENT ON FUNCTION pk_hit_class(float8) IS
'What a hit percentage means: good (above 99), fair (90 to 99), warn (below 90); NULL for NULL.';

CREATE VIEW pk_cache_database AS
    SELECT d.datname AS database_name, d.blks_read AS reads, d.blks_hit AS hits, p.percent AS hit_percent,
           @extschema@.pk_hit_class(p.percent) AS class, d.stats_reset AS since
    FROM pg_catalog.pg_stat_database d
    CROSS JOIN LATERAL (SELECT @extschema@.pk_hit_percent(d.blks_hit, d.blks_read) AS percent) p;
COMMENT ON VIEW pk_cache_database IS
'Cache hits of every database of the cluster, as pg_stat_database counts them. A read is a block that was not in shared_buffers; it may have come from the cache of the operating system.';
COMMENT ON COLUMN pk_cache_database.database_name IS 'NULL for the catalogs that all databases share';
COMMENT ON COLUMN pk_cache_database.reads IS 'blocks that were not in shared_buffers';
COMMENT ON COLUMN pk_cache_database.hits IS 'blocks that were in shared_buffers';
COMMENT ON COLUMN pk_cache_database.hit_percent IS 'hits in percent of hits and reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_database.class IS 'good (above 99 %), fair (90 to 99 %), warn (below 90 %)';
COMMENT ON COLUMN pk_cache_database.since IS 'last reset of the database''s statistics; NULL where they have not been reset since they were created';
GRANT SELECT ON pk_cache_database TO PUBLIC;

CREATE VIEW pk_cache_table AS
    SELECT s.schemaname AS schema_name, s.relname AS table_name,
           s.heap_blks_read AS heap_reads, s.heap_blks_hit AS heap_hits,
           @extschema@.pk_hit_percent(s.heap_blks_hit, s.heap_blks_read) AS heap_percent,
           s.idx_blks_read AS index_reads, s.idx_blks_hit AS index_hits,
           @extschema@.pk_hit_percent(s.idx_blks_hit, s.idx_blks_read) AS index_percent,
           t.reads AS toast_reads, t.hits AS toast_hits,
           @extschema@.pk_hit_percent(t.hits, t.reads) AS toast_percent,
           a.reads, a.hits, p.percent AS hit_percent, @extschema@.pk_hit_class(p.percent) AS class, d.stats_reset AS since
    FROM pg_catalog.pg_statio_all_tables s
    CROSS JOIN LATERAL (SELECT s.toast_blks_read + coalesce(s.tidx_blks_read, 0) AS reads,
                               s.toast_blks_hit + coalesce(s.tidx_blks_hit, 0) AS hits) t
    CROSS JOIN LATERAL (SELECT s.heap_blks_read + coalesce(s.idx_blks_read, 0) + coalesce(t.reads, 0) AS reads,
                               s.heap_blks_hit + coalesce(s.idx_blks_hit, 0) + coalesce(t.hits, 0) AS hits) a
    CROSS JOIN LATERAL (SELECT @extschema@.pk_hit_percent(a.hits, a.reads) AS percent) p
    LEFT JOIN pg_catalog.pg_stat_database d ON d.datname = pg_catalog.current_database()
    WHERE s.schemaname <> 'pg_toast';
COMMENT ON VIEW pk_cache_table IS
'Cache hits of every table and materialized view of the database, with its indexes and its TOAST table, as pg_statio_all_tables counts them. A read is a block that was not in shared_buffers; it may have come from the cache of the operating system.';
COMMENT ON COLUMN pk_cache_table.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_cache_table.table_name IS 'the table';
COMMENT ON COLUMN pk_cache_table.heap_reads IS 'blocks of the table itself that were not in shared_buffers';
COMMENT ON COLUMN pk_cache_table.heap_hits IS 'blocks of the table itself that were in shared_buffers';
COMMENT ON COLUMN pk_cache_table.heap_percent IS 'heap_hits in percent of heap_hits and heap_reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_table.index_reads IS 'the same for all its indexes; NULL where it has none';
COMMENT ON COLUMN pk_cache_table.index_hits IS 'the same for all its indexes; NULL where it has none';
COMMENT ON COLUMN pk_cache_table.index_percent IS 'index_hits in percent of index_hits and index_reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_table.toast_reads IS 'the same for its TOAST table with its index; NULL where it has none';
COMMENT ON COLUMN pk_cache_table.toast_hits IS 'the same for its TOAST table with its index; NULL where it has none';
COMMENT ON COLUMN pk_cache_table.toast_percent IS 'toast_hits in percent of toast_hits and toast_reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_table.reads IS 'heap, index and TOAST reads';
COMMENT ON COLUMN pk_cache_table.hits IS 'heap, index and TOAST hits';
COMMENT ON COLUMN pk_cache_table.hit_percent IS 'hits in percent of hits and reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_table.class IS 'good (above 99 %), fair (90 to 99 %), warn (below 90 %)';
COMMENT ON COLUMN pk_cache_table.since IS 'last reset of the database''s statistics; NULL where they have not been reset since they were created';
GRANT SELECT ON pk_cache_table TO PUBLIC;

CREATE VIEW pk_cache_index AS
    SELECT s.schemaname AS schema_name, s.relname AS table_name, s.indexrelname AS index_name,
           s.idx_blks_read AS reads, s.idx_blks_hit AS hits, p.percent AS hit_percent,
           @extschema@.pk_hit_class(p.percent) AS class, d.stats_reset AS since
    FROM pg_catalog.pg_statio_all_indexes s
    CROSS JOIN LATERAL (SELECT @extschema@.pk_hit_percent(s.idx_blks_hit, s.idx_blks_read) AS percent) p
    LEFT JOIN pg_catalog.pg_stat_database d ON d.datname = pg_catalog.current_database()
    WHERE s.schemaname <> 'pg_toast';
COMMENT ON VIEW pk_cache_index IS
'Cache hits of every index of the database but those of TOAST tables, as pg_statio_all_indexes counts them. A read is a block that was not in shared_buffers; it may have come from the cache of the operating system.';
COMMENT ON COLUMN pk_cache_index.schema_name IS 'schema of the table and its index';
COMMENT ON COLUMN pk_cache_index.table_name IS 'the table';
COMMENT ON COLUMN pk_cache_index.index_name IS 'the index';
COMMENT ON COLUMN pk_cache_index.reads IS 'blocks that were not in shared_buffers';
COMMENT ON COLUMN pk_cache_index.hits IS 'blocks that were in shared_buffers';
COMMENT ON COLUMN pk_cache_index.hit_percent IS 'hits in percent of hits and reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_index.class IS 'good (above 99 %), fair (90 to 99 %), warn (below 90 %)';
COMMENT ON COLUMN pk_cache_index.since IS 'last reset of the database''s statistics; NULL where they have not been reset since they were created';
GRANT SELECT ON pk_cache_index TO PUBLIC;

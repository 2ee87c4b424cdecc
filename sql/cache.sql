
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

CREATE VIEW pk_cache_query AS
    SELECT w.database AS database_name, w.role AS role_name, w.toplevel, w.queryid, w.calls,
           w.shared_blks_read AS reads, w.shared_blks_hit AS hits, p.percent AS hit_percent, @extschema@.pk_hit_class(p.percent) AS class,
           w.read_ms, w.first_seen AS since, w.query
    FROM @extschema@.pk_workload w
    CROSS JOIN LATERAL (SELECT @extschema@.pk_hit_percent(w.shared_blks_hit, w.shared_blks_read) AS percent) p;
COMMENT ON VIEW pk_cache_query IS
'Cache hits of every statement that pk_workload has; without preload, that pg_stat_statements has, with a NOTICE. Temporary tables and files do not count. A read is a block that was not in shared_buffers; it may have come from the cache of the operating system. A statement that ran inside another one counts for both.';
COMMENT ON COLUMN pk_cache_query.database_name IS 'the database; NULL where it has been dropped';
COMMENT ON COLUMN pk_cache_query.role_name IS 'the role whose rights the statement ran with; NULL where it has been dropped';
COMMENT ON COLUMN pk_cache_query.toplevel IS 'true: sent by the client; false: run inside another statement';
COMMENT ON COLUMN pk_cache_query.queryid IS 'the server''s query identifier; NULL for statements of others without the rights of pg_read_all_stats';
COMMENT ON COLUMN pk_cache_query.calls IS 'executions that ended normally';
COMMENT ON COLUMN pk_cache_query.reads IS 'blocks of tables and indexes that were not in shared_buffers';
COMMENT ON COLUMN pk_cache_query.hits IS 'blocks of tables and indexes that were in shared_buffers';
COMMENT ON COLUMN pk_cache_query.hit_percent IS 'hits in percent of hits and reads; NULL where there were none';
COMMENT ON COLUMN pk_cache_query.class IS 'good (above 99 %), fair (90 to 99 %), warn (below 90 %)';
COMMENT ON COLUMN pk_cache_query.read_ms IS 'time of the reads (track_io_timing)';
COMMENT ON COLUMN pk_cache_query.since IS 'start of the client statement with which it was first seen; NULL from pg_stat_statements before version 17';
COMMENT ON COLUMN pk_cache_query.query IS 'its text without constants; NULL where there is none, and without the right to see it';
GRANT SELECT ON pk_cache_query TO PUBLIC;

CREATE FUNCTION pk_relation_days(relation regclass) RETURNS float8
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION pk_relation_days(regclass) IS
'Days for which the file of a relation has existed at least: since it was created where the file system knows that, else since it was last written. What rewrites the relation makes a new file. NULL for what has no file. Waits for no lock.';

CREATE FUNCTION pk_relation_bytes(relation regclass) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION pk_relation_bytes(regclass) IS
'Size of the main fork in bytes, like pg_relation_size(), but without a lock, so that it never waits. NULL where there is no such relation or it has no file.';

CREATE FUNCTION pk_buffer_contents(
    OUT database oid, OUT tablespace oid, OUT filenode oid, OUT buffers bigint, OUT main_buffers bigint,
    OUT dirty bigint, OUT pinned bigint, OUT usage_count float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 1000;
COMMENT ON FUNCTION pk_buffer_contents() IS
'What shared_buffers holds, a row for each file of a relation and one for the empty buffers. Takes no lock, not even those of single buffers: while others work, a buffer may be counted as what it was just before.
database: OID of its database; 0 for shared catalogs, NULL for empty buffers
tablespace: OID of its tablespace
filenode: number of its file
buffers: number of its pages in shared_buffers, all forks together
main_buffers: those of its main fork
dirty: those that were changed and not written yet
pinned: those that a process is using at the moment
usage_count: their mean usage count, from 0 (next to be evicted) to 5';
REVOKE EXECUTE ON FUNCTION pk_buffer_contents() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_buffer_contents() TO pg_monitor;

CREATE VIEW pk_cache_contents AS
    WITH here AS MATERIALIZED (
        SELECT d.oid, d.dattablespace, pg_catalog.current_setting('block_size')::bigint AS block,
               (SELECT s.setting::float8 FROM pg_catalog.pg_settings s WHERE s.name = 'shared_buffers') AS all_buffers
        FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
    )
    SELECT d.datname AS database_name, n.nspname AS schema_name, c.relname AS relation_name,
           CASE c.relkind WHEN 'r' THEN 'table' WHEN 'i' THEN 'index' WHEN 't' THEN 'toast' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' END AS kind,
           b.buffers, b.buffers * h.block AS bytes, pg_catalog.round((100 * b.buffers / h.all_buffers)::numeric, 2)::float8 AS share_percent,
           pg_catalog.round(100.0 * b.main_buffers * h.block / nullif(@extschema@.pk_relation_bytes(c.oid), 0), 2)::float8 AS cached_percent,
           b.dirty, b.pinned, pg_catalog.round(b.usage_count::numeric, 2)::float8 AS usage_count, c.oid::pg_catalog.regclass AS relation
    FROM here h
    CROSS JOIN @extschema@.pk_buffer_contents() b
    LEFT JOIN pg_catalog.pg_database d ON d.oid = b.database
    LEFT JOIN pg_catalog.pg_class c
        ON CASE c.relfilenode WHEN 0 THEN pg_catalog.pg_relation_filenode(c.oid) ELSE c.relfilenode END = b.filenode
       AND CASE c.reltablespace WHEN 0 THEN h.dattablespace ELSE c.reltablespace END = b.tablespace
       AND CASE WHEN c.relisshared THEN 0 ELSE h.oid END = b.database
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace;
COMMENT ON VIEW pk_cache_contents IS
'What shared_buffers holds: a row for each relation of this database, for each file of a relation of another one (without its name), and for the empty buffers. Read without a lock; buffers are counted while they change.';
COMMENT ON COLUMN pk_cache_contents.database_name IS 'the database; NULL for shared catalogs and empty buffers';
COMMENT ON COLUMN pk_cache_contents.schema_name IS 'schema of the relation; NULL where it is one of another database, was dropped, or was made by a transaction that has not committed';
COMMENT ON COLUMN pk_cache_contents.relation_name IS 'the relation; NULL like its schema';
COMMENT ON COLUMN pk_cache_contents.kind IS 'table, index, toast, materialized view or sequence';
COMMENT ON COLUMN pk_cache_contents.buffers IS 'number of its pages in shared_buffers, all forks together';
COMMENT ON COLUMN pk_cache_contents.bytes IS 'the same in bytes';
COMMENT ON COLUMN pk_cache_contents.share_percent IS 'in percent of shared_buffers';
COMMENT ON COLUMN pk_cache_contents.cached_percent IS 'share of its main fork that is in shared_buffers';
COMMENT ON COLUMN pk_cache_contents.dirty IS 'pages that were changed and not written yet';
COMMENT ON COLUMN pk_cache_contents.pinned IS 'pages that a process is using at the moment';
COMMENT ON COLUMN pk_cache_contents.usage_count IS 'mean usage count of its pages, from 0 (next to be evicted) to 5; NULL for empty buffers';
COMMENT ON COLUMN pk_cache_contents.relation IS 'the relation itself; NULL like its name';
GRANT SELECT ON pk_cache_contents TO pg_monitor;

CREATE FUNCTION pk_cache_advice(
    OUT factor float8, OUT shared_buffers_bytes bigint, OUT hit_percent float8, OUT low_percent float8, OUT high_percent float8,
    OUT reads_percent float8, OUT status text, OUT since timestamptz, OUT seen_percent float8,
    OUT double_buffered_bytes bigint, OUT double_buffered_percent float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 4;
COMMENT ON FUNCTION pk_cache_advice() IS
'The hit ratio that other sizes of shared_buffers would give, a row for each of 1/2, 1, 2 and 4 times the present size, from what a background worker has seen of a sample of the blocks: which left shared_buffers and came back, and by their usage counts, which were used. Recent observations count most: their weight halves every hour. Without pg_perfkit in shared_preload_libraries: ERROR 55000.
factor: times the present size
shared_buffers_bytes: that size
hit_percent: blocks found in shared_buffers in percent of all that were needed: at the present size as the cumulative statistics count them, at the others the forecast; NULL as long as status does not say observed, ready or rough
low_percent: the lower end of the forecast''s 95 % interval as far as the sample goes; how the assumptions fit is not in it (docs/cache.md)
high_percent: its upper end, with those blocks as hits of which it is not known whether they had left before; at half the size, both ends are those of all sizes from 40 to 60 %
reads_percent: reads in percent of those at the present size
status: observed (the present size), ready, rough (and why), learning (too little was seen, and of what), unknown (half the size cannot be told, and why), off (and why)
since: when the worker began, or was reset
seen_percent: blocks that the worker saw come into shared_buffers, scaled up from the sample, in percent of the buffers that were taken for others; below 90 the forecast is rough
double_buffered_bytes: in the row of the present size, how much of what shared_buffers hold the cache of the operating system holds once more, from a sample of at most 1,024 pages asked for by mincore(2); NULL where shared_buffers hold nothing or the system does not tell
double_buffered_percent: the same in percent of what they hold';
REVOKE EXECUTE ON FUNCTION pk_cache_advice() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_cache_advice() TO pg_monitor;

CREATE FUNCTION pk_cache_advice_reset() RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_cache_advice_reset() IS
'Makes pk_cache_advice() forget what it has seen and begin anew. Without pg_perfkit in shared_preload_libraries: ERROR 55000.';
REVOKE EXECUTE ON FUNCTION pk_cache_advice_reset() FROM PUBLIC;


-- usage: how large tables are, and how their indexes and rows are reached and changed

CREATE FUNCTION pk_stats_since(database oid DEFAULT NULL) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
    AS $$
    -- A database whose counters were never reset says nothing.  Those of the whole server begin with the
    -- cluster, or the crash that lost all of them; a clean restart keeps them.
    SELECT greatest(pg_stat_get_db_stat_reset_time(d.oid), least(b.stats_reset, a.stats_reset, w.stats_reset))
    FROM pg_database d, pg_stat_bgwriter b, pg_stat_archiver a, pg_stat_wal w
    WHERE CASE WHEN database IS NULL THEN d.datname = current_database() ELSE d.oid = database END
$$;
COMMENT ON FUNCTION pk_stats_since(oid) IS
'Since when the statistics of a database count: since they were last reset, or lost in a crash; a clean restart keeps them. Where they never were, since those of the whole server began; a database that was created later has counted for less long. NULL where nobody knows, and where there is no such database.
database: its OID; NULL for the current one';

CREATE VIEW pk_table_sizes AS
    SELECT n.nspname AS schema_name, c.relname AS table_name, greatest(c.reltuples, 0)::bigint AS estimated_rows,
           s.total_bytes, s.table_bytes, s.toast_bytes, s.index_bytes, s.indexes,
           pg_catalog.round(100 * s.total_bytes / nullif(pg_catalog.sum(s.total_bytes) OVER (), 0), 2)::float8 AS share_percent,
           c.oid::pg_catalog.regclass AS relation
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) FILTER (WHERE i.indrelid = c.oid) AS indexes,
               coalesce(pg_catalog.sum(@extschema@.pk_relation_bytes(i.indexrelid)) FILTER (WHERE i.indrelid = c.oid), 0)::bigint AS index_bytes,
               coalesce(pg_catalog.sum(@extschema@.pk_relation_bytes(i.indexrelid)) FILTER (WHERE i.indrelid <> c.oid), 0)::bigint AS toast_index_bytes
        FROM pg_catalog.pg_index i WHERE i.indrelid IN (c.oid, nullif(c.reltoastrelid, 0))
        OFFSET 0) i
    CROSS JOIN LATERAL (
        SELECT @extschema@.pk_relation_bytes(c.oid) AS table_bytes,
               coalesce(@extschema@.pk_relation_bytes(nullif(c.reltoastrelid, 0)), 0) + i.toast_index_bytes AS toast_bytes
        OFFSET 0) t
    CROSS JOIN LATERAL (
        SELECT coalesce(t.table_bytes, 0) + t.toast_bytes + i.index_bytes AS total_bytes, t.table_bytes, t.toast_bytes, i.index_bytes, i.indexes) s
    WHERE c.relkind IN ('r', 'm');
COMMENT ON VIEW pk_table_sizes IS
'Size of every table and materialized view with its TOAST table and its indexes. The sizes are those of the main forks, read without a lock, so that a table that is locked has its size, too.';
COMMENT ON COLUMN pk_table_sizes.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_table_sizes.table_name IS 'the table';
COMMENT ON COLUMN pk_table_sizes.estimated_rows IS 'rows, as the last VACUUM or ANALYZE has counted them; 0 before the first';
COMMENT ON COLUMN pk_table_sizes.total_bytes IS 'table, TOAST table and indexes';
COMMENT ON COLUMN pk_table_sizes.table_bytes IS 'the table itself; NULL where it has no file';
COMMENT ON COLUMN pk_table_sizes.toast_bytes IS 'its TOAST table and the index of that';
COMMENT ON COLUMN pk_table_sizes.index_bytes IS 'its indexes';
COMMENT ON COLUMN pk_table_sizes.indexes IS 'number of its indexes';
COMMENT ON COLUMN pk_table_sizes.share_percent IS 'total_bytes in percent of those of all tables of this database';
COMMENT ON COLUMN pk_table_sizes.relation IS 'the table itself';
GRANT SELECT ON pk_table_sizes TO PUBLIC;

CREATE VIEW pk_index_usage AS
    SELECT s.schemaname AS schema_name, s.relname AS table_name, s.indexrelname AS index_name, s.idx_scan AS scans,
           -- since version 16
           (pg_catalog.to_jsonb(s) ->> 'last_idx_scan')::pg_catalog.timestamptz AS last_scan,
           s.idx_tup_read AS entries_read, s.idx_tup_fetch AS rows_fetched,
           pg_catalog.round(100.0 * s.idx_scan / nullif(pg_catalog.sum(s.idx_scan) OVER (PARTITION BY s.relid), 0), 2)::float8 AS share_percent,
           @extschema@.pk_relation_bytes(s.indexrelid) AS bytes, i.indisvalid AS valid,
           CASE WHEN i.indisprimary THEN 'primary key' WHEN i.indisexclusion THEN 'exclusion constraint' WHEN i.indisunique THEN 'uniqueness'
                WHEN i.indisreplident THEN 'replica identity' WHEN i.indisclustered THEN 'CLUSTER'
                WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = s.indexrelid) THEN 'constraint' END AS needed_for,
           CASE WHEN s.idx_scan > 0 THEN 'used'
                WHEN i.indisprimary OR i.indisexclusion OR i.indisunique OR i.indisreplident OR i.indisclustered
                     OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = s.indexrelid) THEN 'needed'
                ELSE 'unused' END AS class,
           d.stats_reset AS since, s.indexrelid::pg_catalog.regclass AS relation
    FROM pg_catalog.pg_stat_user_indexes s
    JOIN pg_catalog.pg_index i ON i.indexrelid = s.indexrelid
    CROSS JOIN (SELECT x.stats_reset FROM pg_catalog.pg_stat_database x WHERE x.datname = pg_catalog.current_database()) d;
COMMENT ON VIEW pk_index_usage IS
'How often each index of the users'' tables was scanned since the statistics began. That an index is unused here does not mean that it can go: a standby has statistics of its own, and some queries come once in a quarter.';
COMMENT ON COLUMN pk_index_usage.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_index_usage.table_name IS 'the table';
COMMENT ON COLUMN pk_index_usage.index_name IS 'the index';
COMMENT ON COLUMN pk_index_usage.scans IS 'number of scans';
COMMENT ON COLUMN pk_index_usage.last_scan IS 'the last one; NULL before version 16, and where there was none';
COMMENT ON COLUMN pk_index_usage.entries_read IS 'entries that the scans have returned';
COMMENT ON COLUMN pk_index_usage.rows_fetched IS 'rows that plain index scans have fetched';
COMMENT ON COLUMN pk_index_usage.share_percent IS 'its share of the scans of all indexes of the table; NULL where there were none';
COMMENT ON COLUMN pk_index_usage.bytes IS 'its size';
COMMENT ON COLUMN pk_index_usage.valid IS 'false where its build has failed or goes on: it costs, and serves no query';
COMMENT ON COLUMN pk_index_usage.needed_for IS 'what it is needed for, scanned or not; NULL where it only serves queries';
COMMENT ON COLUMN pk_index_usage.class IS 'used, needed (never scanned, but needed_for says for what) or unused';
COMMENT ON COLUMN pk_index_usage.since IS 'last reset of the database''s statistics; NULL where they have not been reset since they were created';
COMMENT ON COLUMN pk_index_usage.relation IS 'the index itself';
GRANT SELECT ON pk_index_usage TO PUBLIC;

CREATE VIEW pk_seq_scans AS
    SELECT s.schemaname AS schema_name, s.relname AS table_name, s.seq_scan AS seq_scans,
           (pg_catalog.to_jsonb(s) ->> 'last_seq_scan')::pg_catalog.timestamptz AS last_seq_scan,
           s.seq_tup_read AS rows_read, pg_catalog.round(s.seq_tup_read::numeric / nullif(s.seq_scan, 0), 1)::float8 AS rows_per_scan,
           s.idx_scan AS index_scans,
           pg_catalog.round(100.0 * s.seq_scan / nullif(s.seq_scan + coalesce(s.idx_scan, 0), 0), 2)::float8 AS seq_percent,
           s.n_live_tup AS live_rows, @extschema@.pk_relation_bytes(s.relid) AS bytes, d.stats_reset AS since, s.relid::pg_catalog.regclass AS relation
    FROM pg_catalog.pg_stat_user_tables s
    CROSS JOIN (SELECT x.stats_reset FROM pg_catalog.pg_stat_database x WHERE x.datname = pg_catalog.current_database()) d;
COMMENT ON VIEW pk_seq_scans IS
'How often each table of the users was read from end to end, and what that cost. Many rows_read on a large table are a reason to ask pk_suggest_indexes().';
COMMENT ON COLUMN pk_seq_scans.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_seq_scans.table_name IS 'the table';
COMMENT ON COLUMN pk_seq_scans.seq_scans IS 'number of sequential scans';
COMMENT ON COLUMN pk_seq_scans.last_seq_scan IS 'the last one; NULL before version 16, and where there was none';
COMMENT ON COLUMN pk_seq_scans.rows_read IS 'rows that they have read';
COMMENT ON COLUMN pk_seq_scans.rows_per_scan IS 'rows that one of them has read on average; NULL where there was none';
COMMENT ON COLUMN pk_seq_scans.index_scans IS 'number of index scans; NULL where the table has no index';
COMMENT ON COLUMN pk_seq_scans.seq_percent IS 'sequential scans in percent of all; NULL where there were none';
COMMENT ON COLUMN pk_seq_scans.live_rows IS 'live rows, as the statistics count them';
COMMENT ON COLUMN pk_seq_scans.bytes IS 'size of the table';
COMMENT ON COLUMN pk_seq_scans.since IS 'last reset of the database''s statistics; NULL where they have not been reset since they were created';
COMMENT ON COLUMN pk_seq_scans.relation IS 'the table itself';
GRANT SELECT ON pk_seq_scans TO PUBLIC;

CREATE VIEW pk_hot_updates AS
    SELECT u.schema_name, u.table_name, u.updates, u.hot_updates, u.new_page_updates,
           pg_catalog.round(100.0 * u.hot_updates / nullif(u.updates, 0), 2)::float8 AS hot_percent,
           pg_catalog.round(100.0 * u.new_page_updates / nullif(u.updates, 0), 2)::float8 AS new_page_percent, u.fillfactor,
           -- An update goes to another page for want of room; where it stays and is not HOT, an indexed column has changed.
           CASE WHEN u.updates >= 1000 AND u.new_page_updates > 0.2 * u.updates AND u.fillfactor > 80
                THEN pg_catalog.format('ALTER TABLE %I.%I SET (fillfactor = %s)', u.schema_name, u.table_name, CASE WHEN u.fillfactor > 90 THEN 90 ELSE 80 END)
                END AS recommendation, u.relation
    FROM (SELECT s.schemaname AS schema_name, s.relname AS table_name, s.n_tup_upd AS updates, s.n_tup_hot_upd AS hot_updates,
                 (pg_catalog.to_jsonb(s) ->> 'n_tup_newpage_upd')::bigint AS new_page_updates,
                 coalesce((SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) o WHERE o.option_name = 'fillfactor')::int, 100) AS fillfactor,
                 c.oid::pg_catalog.regclass AS relation
          FROM pg_catalog.pg_stat_user_tables s JOIN pg_catalog.pg_class c ON c.oid = s.relid) u;
COMMENT ON VIEW pk_hot_updates IS
'Which share of the updates of each table was HOT, that is, needed no new index entries and leaves nothing to VACUUM, and what keeps the others from it.';
COMMENT ON COLUMN pk_hot_updates.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_hot_updates.table_name IS 'the table';
COMMENT ON COLUMN pk_hot_updates.updates IS 'rows updated since the statistics began';
COMMENT ON COLUMN pk_hot_updates.hot_updates IS 'those that were HOT';
COMMENT ON COLUMN pk_hot_updates.new_page_updates IS 'those whose new version went to another page for want of room; NULL before version 16';
COMMENT ON COLUMN pk_hot_updates.hot_percent IS 'hot_updates in percent of updates; NULL where there were none';
COMMENT ON COLUMN pk_hot_updates.new_page_percent IS 'new_page_updates in percent of updates';
COMMENT ON COLUMN pk_hot_updates.fillfactor IS 'in force for the table, in percent';
COMMENT ON COLUMN pk_hot_updates.recommendation IS 'the statement that leaves room for updates, where more than a fifth of 1000 or more lacked it; it holds for pages filled from then on';
COMMENT ON COLUMN pk_hot_updates.relation IS 'the table itself';
GRANT SELECT ON pk_hot_updates TO PUBLIC;

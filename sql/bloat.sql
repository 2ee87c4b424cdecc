
-- bloat: what a rewrite of a relation would give back, by looking at a sample of its pages

CREATE FUNCTION pk_bloat(
    relation regclass, method text DEFAULT 'sample', max_pages int DEFAULT NULL, seed bigint DEFAULT NULL,
    OUT kind text, OUT real_bytes bigint, OUT ideal_bytes bigint, OUT wasted_bytes bigint,
    OUT bloat_percent float8, OUT low_percent float8, OUT high_percent float8,
    OUT live_tuples bigint, OUT dead_tuples bigint, OUT held_tuples bigint,
    OUT fillfactor int, OUT leaf_density float8, OUT pages_read bigint,
    OUT class text, OUT recommendation text, OUT reason text,
    OUT detail text, OUT empty_tail_bytes bigint, OUT measured_at timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1;
COMMENT ON FUNCTION pk_bloat(regclass, text, int, bigint) IS
'Bloat of one relation: what VACUUM FULL or REINDEX would give back, as its pages show. No row where there is no such relation. Waits for no lock, sets no hint bits; a WARNING for each damaged page. ERROR 42501 without SELECT on the table or pg_stat_scan_tables, 22023 for a method or limit that does not exist.
method: ''sample'' (a share of the pages, with a 95 % interval) or ''exact'' (all of them)
max_pages: most pages to read, but for a B-tree''s upper levels; NULL for pg_perfkit.bloat_max_pages
seed: makes the sample repeatable; NULL for a new one each time
kind: table, partition, toast or materialized view; the access method of an index
real_bytes: size of the main fork
ideal_bytes: its size after a rewrite
wasted_bytes: what a rewrite would give back; negative where it would make the relation larger
bloat_percent: wasted_bytes in percent of real_bytes
low_percent: lower end of its 95 % interval
high_percent: upper end of its 95 % interval
live_tuples: rows, or entries of an index
dead_tuples: dead rows or entries, line pointers that VACUUM has not freed yet among them
held_tuples: those of the dead which an old snapshot still needs, so that a rewrite keeps them
fillfactor: in force for the relation, in percent
leaf_density: of a B-tree, filled share of its leaf pages in percent, as pgstatindex() counts it
pages_read: pages that the figures come from
class: ok, moderate or high; ok where less than 1 MB is wasted
recommendation: the statement to run, where one would help
reason: why the figures are NULL
detail: what an index that is not a B-tree tells of itself: the pending list of a GIN index, the summarized ranges of a BRIN index, the overflow pages of a hash index
empty_tail_bytes: at the end of a table, without a row that anybody needs: VACUUM cuts them off, unless the table''s vacuum_truncate is off; 0 where they are too few for it
measured_at: when it was measured (pg_perfkit.bloat_max_age)';

CREATE VIEW pk_table_bloat AS
    SELECT n.nspname AS schema_name, o.relname AS table_name,
           b.kind, b.real_bytes, b.ideal_bytes, b.wasted_bytes, b.bloat_percent,
           b.low_percent, b.high_percent, b.live_tuples, b.dead_tuples, b.held_tuples,
           b.fillfactor, b.pages_read, b.class, b.recommendation, b.reason,
           b.empty_tail_bytes, b.measured_at, c.oid::pg_catalog.regclass AS relation
    FROM pg_catalog.pg_class o
    JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
    CROSS JOIN LATERAL (VALUES (o.oid), (o.reltoastrelid)) c(oid)
    CROSS JOIN LATERAL @extschema@.pk_bloat(c.oid) b
    WHERE o.relkind IN ('r', 'm', 'p') AND c.oid <> 0
      -- Evaluated before anything is read: whose bloat the caller may see.
      AND ((SELECT pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE')) OR pg_catalog.has_table_privilege(o.oid, 'SELECT'));
COMMENT ON VIEW pk_table_bloat IS
'Bloat of every table, materialized view and TOAST table that the caller may see, from a sample of the pages of each: what VACUUM FULL would give back. A TOAST table bears the name of its table and the kind toast. The WHERE clause decides what is read.';
COMMENT ON COLUMN pk_table_bloat.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_table_bloat.table_name IS 'the table; of a TOAST table, the one it belongs to';
COMMENT ON COLUMN pk_table_bloat.kind IS 'table, partition, toast, materialized view or partitioned table';
COMMENT ON COLUMN pk_table_bloat.real_bytes IS 'size of the main fork';
COMMENT ON COLUMN pk_table_bloat.ideal_bytes IS 'its size after a rewrite';
COMMENT ON COLUMN pk_table_bloat.wasted_bytes IS 'what a rewrite would give back; negative where it would make the relation larger';
COMMENT ON COLUMN pk_table_bloat.bloat_percent IS 'wasted_bytes in percent of real_bytes';
COMMENT ON COLUMN pk_table_bloat.low_percent IS 'lower end of the 95 % interval of bloat_percent';
COMMENT ON COLUMN pk_table_bloat.high_percent IS 'upper end of the 95 % interval of bloat_percent';
COMMENT ON COLUMN pk_table_bloat.live_tuples IS 'live rows (estimated from the sample)';
COMMENT ON COLUMN pk_table_bloat.dead_tuples IS 'dead rows, line pointers that VACUUM has not freed yet among them';
COMMENT ON COLUMN pk_table_bloat.held_tuples IS 'those of the dead rows which an old snapshot still needs, so that a rewrite keeps them';
COMMENT ON COLUMN pk_table_bloat.fillfactor IS 'in force for the relation, in percent';
COMMENT ON COLUMN pk_table_bloat.pages_read IS 'pages that the figures come from';
COMMENT ON COLUMN pk_table_bloat.class IS 'ok, moderate (above 20 %) or high (above 50 %); ok where less than 1 MB is wasted';
COMMENT ON COLUMN pk_table_bloat.recommendation IS 'the statement to run, where one would help';
COMMENT ON COLUMN pk_table_bloat.reason IS 'why figures are NULL';
COMMENT ON COLUMN pk_table_bloat.empty_tail_bytes IS 'at the end of the file, without a row that anybody needs: VACUUM cuts them off, unless the table''s vacuum_truncate is off; 0 where they are too few for it';
COMMENT ON COLUMN pk_table_bloat.measured_at IS 'when it was measured (pg_perfkit.bloat_max_age)';
COMMENT ON COLUMN pk_table_bloat.relation IS 'the relation itself, also where it is a TOAST table';
GRANT SELECT ON pk_table_bloat TO PUBLIC;

CREATE VIEW pk_index_bloat AS
    SELECT n.nspname AS schema_name, o.relname AS table_name, c.relname AS index_name,
           b.kind, b.real_bytes, b.ideal_bytes, b.wasted_bytes, b.bloat_percent,
           b.low_percent, b.high_percent, b.live_tuples, b.dead_tuples, b.fillfactor,
           b.leaf_density, b.pages_read, b.class, b.recommendation, b.reason,
           b.detail, b.measured_at, c.oid::pg_catalog.regclass AS relation
    FROM pg_catalog.pg_class o
    JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
    CROSS JOIN LATERAL (VALUES (o.oid), (o.reltoastrelid)) t(oid)
    JOIN pg_catalog.pg_index x ON x.indrelid = t.oid
    JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
    CROSS JOIN LATERAL @extschema@.pk_bloat(c.oid) b
    WHERE o.relkind IN ('r', 'm', 'p')
      -- Evaluated before anything is read: whose bloat the caller may see.
      AND ((SELECT pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE')) OR pg_catalog.has_table_privilege(o.oid, 'SELECT'));
COMMENT ON VIEW pk_index_bloat IS
'Bloat of every index whose table the caller may see, from a sample of the pages of each: what REINDEX would give back. The index of a TOAST table bears the name of the table that this belongs to. The WHERE clause decides what is read.';
COMMENT ON COLUMN pk_index_bloat.schema_name IS 'schema of the table and its index';
COMMENT ON COLUMN pk_index_bloat.table_name IS 'the table; of the index of a TOAST table, the one that this belongs to';
COMMENT ON COLUMN pk_index_bloat.index_name IS 'the index';
COMMENT ON COLUMN pk_index_bloat.kind IS 'access method of the index, or partitioned index';
COMMENT ON COLUMN pk_index_bloat.real_bytes IS 'size of the main fork';
COMMENT ON COLUMN pk_index_bloat.ideal_bytes IS 'its size after a rewrite';
COMMENT ON COLUMN pk_index_bloat.wasted_bytes IS 'what a rewrite would give back; negative where it would make the relation larger';
COMMENT ON COLUMN pk_index_bloat.bloat_percent IS 'wasted_bytes in percent of real_bytes';
COMMENT ON COLUMN pk_index_bloat.low_percent IS 'lower end of the 95 % interval of bloat_percent';
COMMENT ON COLUMN pk_index_bloat.high_percent IS 'upper end of the 95 % interval of bloat_percent';
COMMENT ON COLUMN pk_index_bloat.live_tuples IS 'live entries (estimated from the sample)';
COMMENT ON COLUMN pk_index_bloat.dead_tuples IS 'entries known to be dead';
COMMENT ON COLUMN pk_index_bloat.fillfactor IS 'in force for the relation, in percent';
COMMENT ON COLUMN pk_index_bloat.leaf_density IS 'of a B-tree: filled share of its leaf pages in percent, as pgstatindex() counts it';
COMMENT ON COLUMN pk_index_bloat.pages_read IS 'pages that the figures come from';
COMMENT ON COLUMN pk_index_bloat.class IS 'ok, moderate (filled less than 85 % where a new index is filled 90 %) or high (less than 70 %); ok where less than 1 MB is wasted';
COMMENT ON COLUMN pk_index_bloat.recommendation IS 'the statement to run, where one would help';
COMMENT ON COLUMN pk_index_bloat.reason IS 'why figures are NULL';
COMMENT ON COLUMN pk_index_bloat.detail IS 'what an index that is not a B-tree tells of itself: the pending list of a GIN index, the summarized ranges of a BRIN index, the overflow pages of a hash index';
COMMENT ON COLUMN pk_index_bloat.measured_at IS 'when it was measured (pg_perfkit.bloat_max_age)';
COMMENT ON COLUMN pk_index_bloat.relation IS 'the index itself';
GRANT SELECT ON pk_index_bloat TO PUBLIC;

CREATE VIEW pk_table_bloat_total AS
    SELECT n.nspname AS schema_name, o.relname AS table_name,
           CASE o.relkind WHEN 'p' THEN 'partitioned table' WHEN 'm' THEN 'materialized view' ELSE CASE WHEN o.relispartition THEN 'partition' ELSE 'table' END END AS kind,
           t.real_bytes, t.ideal_bytes, t.wasted_bytes,
           pg_catalog.round((100 * t.wasted_bytes / nullif(t.measured_bytes, 0))::numeric, 2)::float8 AS bloat_percent,
           pg_catalog.round((100 * (t.wasted_bytes - t.margin) / nullif(t.measured_bytes, 0))::numeric, 2)::float8 AS low_percent,
           least(pg_catalog.round((100 * (t.wasted_bytes + t.margin) / nullif(t.measured_bytes, 0))::numeric, 2)::float8, 100) AS high_percent,
           t.live_tuples, t.dead_tuples, t.held_tuples, t.pages_read, t.measured, t.not_measured,
           o.oid::pg_catalog.regclass AS relation
    FROM pg_catalog.pg_class o
    JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace
    CROSS JOIN LATERAL (
        -- pg_partition_tree() would wait for locks.
        WITH RECURSIVE part(oid) AS (
            SELECT o.oid
            UNION ALL SELECT i.inhrelid FROM part p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid WHERE o.relkind = 'p'
        ), member(oid, main, allowed) AS (
            SELECT r.oid, r.oid = c.oid, (SELECT pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE')) OR pg_catalog.has_table_privilege(c.oid, 'SELECT')
            FROM part
            -- OFFSET keeps the planner from reading all of pg_class for each table, where it expects many partitions.
            CROSS JOIN LATERAL (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = part.oid AND c.relkind IN ('r', 'm') OFFSET 0) c
            CROSS JOIN LATERAL (VALUES (c.oid), (c.reltoastrelid)) r(oid)
            WHERE r.oid <> 0
        )
        SELECT pg_catalog.sum(b.real_bytes)::bigint AS real_bytes, pg_catalog.sum(b.ideal_bytes)::bigint AS ideal_bytes,
               pg_catalog.sum(b.wasted_bytes)::bigint AS wasted_bytes,
               pg_catalog.sum(b.real_bytes) FILTER (WHERE b.reason IS NULL)::float8 AS measured_bytes,
               pg_catalog.sqrt(pg_catalog.sum(((b.high_percent - b.low_percent) / 200 * b.real_bytes) ^ 2)) AS margin,
               pg_catalog.sum(b.live_tuples) FILTER (WHERE m.main)::bigint AS live_tuples, pg_catalog.sum(b.dead_tuples) FILTER (WHERE m.main)::bigint AS dead_tuples,
               pg_catalog.sum(b.held_tuples) FILTER (WHERE m.main)::bigint AS held_tuples, pg_catalog.sum(b.pages_read)::bigint AS pages_read,
               pg_catalog.count(b.ideal_bytes) AS measured, pg_catalog.count(*) - pg_catalog.count(b.ideal_bytes) AS not_measured
        FROM member m LEFT JOIN LATERAL @extschema@.pk_bloat(CASE WHEN m.allowed THEN m.oid END) b ON true) t
    WHERE o.relkind IN ('r', 'm', 'p')
      AND ((SELECT pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE')) OR pg_catalog.has_table_privilege(o.oid, 'SELECT'));
COMMENT ON VIEW pk_table_bloat_total IS
'Bloat of every table and materialized view with its TOAST table, and of every partitioned table with all its partitions, from the samples that pk_table_bloat takes. A partition counts in its own row and in those of the tables above it, and is measured for each. The WHERE clause decides what is read.';
COMMENT ON COLUMN pk_table_bloat_total.schema_name IS 'schema of the table';
COMMENT ON COLUMN pk_table_bloat_total.table_name IS 'the table';
COMMENT ON COLUMN pk_table_bloat_total.kind IS 'table, partition, materialized view or partitioned table';
COMMENT ON COLUMN pk_table_bloat_total.real_bytes IS 'size of the main forks';
COMMENT ON COLUMN pk_table_bloat_total.ideal_bytes IS 'their size after a rewrite';
COMMENT ON COLUMN pk_table_bloat_total.wasted_bytes IS 'what a rewrite would give back';
COMMENT ON COLUMN pk_table_bloat_total.bloat_percent IS 'wasted_bytes in percent of what was measured';
COMMENT ON COLUMN pk_table_bloat_total.low_percent IS 'lower end of its 95 % interval';
COMMENT ON COLUMN pk_table_bloat_total.high_percent IS 'upper end of its 95 % interval';
COMMENT ON COLUMN pk_table_bloat_total.live_tuples IS 'live rows, without those of TOAST tables';
COMMENT ON COLUMN pk_table_bloat_total.dead_tuples IS 'dead rows, without those of TOAST tables';
COMMENT ON COLUMN pk_table_bloat_total.held_tuples IS 'those of the dead rows which an old snapshot still needs';
COMMENT ON COLUMN pk_table_bloat_total.pages_read IS 'pages that the figures come from';
COMMENT ON COLUMN pk_table_bloat_total.measured IS 'number of tables and TOAST tables in the figures';
COMMENT ON COLUMN pk_table_bloat_total.not_measured IS 'number of those that are not, being busy, of another access method, or not for the caller to see';
COMMENT ON COLUMN pk_table_bloat_total.relation IS 'the table itself';
GRANT SELECT ON pk_table_bloat_total TO PUBLIC;

CREATE FUNCTION pk_bloat_kept(
    OUT relation oid, OUT filenode oid, OUT real_bytes bigint, OUT ideal_bytes bigint, OUT measured_at timestamptz)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION pk_bloat_kept() IS
'Results of pk_bloat() and of the views made of it, as far as they are kept for this database (pg_perfkit.bloat_results): for dashboards, which must not measure. Reads no page. Without preload those of this session.
relation: what was measured, by oid
filenode: its file then; a relation that was rewritten since has another
real_bytes: size of the main fork
ideal_bytes: its size after a rewrite
measured_at: when it was measured';
REVOKE ALL ON FUNCTION pk_bloat_kept() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pk_bloat_kept() TO pg_stat_scan_tables;

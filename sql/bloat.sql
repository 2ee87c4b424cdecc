
-- bloat: what a rewrite of a relation would give back, by looking at a sample of its pages

CREATE FUNCTION pk_bloat(
    relation regclass, method text DEFAULT 'sample', max_pages int DEFAULT NULL, seed bigint DEFAULT NULL,
    OUT kind text, OUT real_bytes bigint, OUT ideal_bytes bigint, OUT wasted_bytes bigint,
    OUT bloat_percent float8, OUT low_percent float8, OUT high_percent float8,
    OUT live_tuples bigint, OUT dead_tuples bigint, OUT held_tuples bigint,
    OUT fillfactor int, OUT leaf_density float8, OUT pages_read bigint,
    OUT class text, OUT recommendation text, OUT reason text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 1;
COMMENT ON FUNCTION pk_bloat(regclass, text, int, bigint) IS
'Bloat of one relation: what VACUUM FULL or REINDEX would give back, as its pages show. No row where there is no such relation. Waits for no lock, sets no hint bits; a WARNING for each damaged page. ERROR 42501 without SELECT on the table or pg_stat_scan_tables, 22023 for a method or limit that does not exist.
method: ''sample'' (a share of the pages, with a 95 % interval) or ''exact'' (all of them)
max_pages: most pages to read; NULL for the default of 3000
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
reason: why the figures are NULL';

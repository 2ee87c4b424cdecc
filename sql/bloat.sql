
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
    'Bloat of one relation: what VACUUM FULL or REINDEX would give back, from a sample of its pages with a 95 % interval (low_percent, high_percent) or, by method ''exact'', from all of them. Sizes in bytes, percentages of real_bytes; dead_tuples includes held_tuples, which an old snapshot still needs and a rewrite keeps. Reads at most max_pages pages (default: pg_perfkit.bloat_max_pages); seed makes the sample repeatable. Never waits for a lock and sets no hint bits; reason says why figures are NULL; ERROR 42501 without SELECT on the table or pg_stat_scan_tables';

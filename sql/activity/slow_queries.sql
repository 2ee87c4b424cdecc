
-- activity: the statements of this database, what took most time first

CREATE VIEW pk_slow_queries AS
    SELECT w.queryid, w.role AS role_name, w.toplevel, w.calls, w.failed + w.cancelled AS failures,
           pg_catalog.round(w.total_ms::numeric, 3)::float8 AS total_ms,
           -- Nested ones are counted in those that run them.
           CASE WHEN w.toplevel THEN pg_catalog.round((100 * w.total_ms / nullif(pg_catalog.sum(w.total_ms) FILTER (WHERE w.toplevel) OVER (), 0))::numeric, 2)::float8
           END AS share_percent,
           CASE WHEN w.calls > 0 THEN pg_catalog.round(w.mean_ms::numeric, 4)::float8 END AS mean_ms, w.p50_ms, w.p95_ms, w.p99_ms, w.max_ms,
           @extschema@.pk_hit_percent(w.shared_blks_hit, w.shared_blks_read) AS hit_percent,
           pg_catalog.round(w.rows::numeric / nullif(w.calls, 0), 2)::float8 AS rows_per_call, w.wal_bytes, w.first_seen AS since, w.query
    FROM @extschema@.pk_workload w
    WHERE w.database = pg_catalog.current_database()
    ORDER BY w.total_ms DESC, w.queryid;
COMMENT ON VIEW pk_slow_queries IS
'The statements of this database since the last reset, what took most time in all first; pk_slow_queries_window has those of a window of time, pk_workload every counter and all databases. Without preload: from pg_stat_statements where it is there, without percentiles, with a NOTICE. Identifiers and texts of others'' statements only with the rights of pg_read_all_stats.';
COMMENT ON COLUMN pk_slow_queries.queryid IS 'as in pg_stat_activity; NULL for a statement of another role that the caller may not see';
COMMENT ON COLUMN pk_slow_queries.role_name IS 'the role whose rights it ran with; NULL where it has been dropped';
COMMENT ON COLUMN pk_slow_queries.toplevel IS 'true: sent by the client; false: run inside another statement';
COMMENT ON COLUMN pk_slow_queries.calls IS 'executions that ended normally';
COMMENT ON COLUMN pk_slow_queries.failures IS 'executions and plannings that failed or were cancelled; NULL from pg_stat_statements';
COMMENT ON COLUMN pk_slow_queries.total_ms IS 'time of all calls, without planning';
COMMENT ON COLUMN pk_slow_queries.share_percent IS 'of the time of all statements that clients sent to this database; NULL for one that ran inside another';
COMMENT ON COLUMN pk_slow_queries.mean_ms IS 'mean time of a call; NULL where none ended normally';
COMMENT ON COLUMN pk_slow_queries.p50_ms IS 'median time of a call, within 4.5 %; NULL from pg_stat_statements';
COMMENT ON COLUMN pk_slow_queries.p95_ms IS '95 % of the calls took no longer, within 4.5 %; NULL from pg_stat_statements';
COMMENT ON COLUMN pk_slow_queries.p99_ms IS '99 % of the calls took no longer, within 4.5 %; NULL from pg_stat_statements';
COMMENT ON COLUMN pk_slow_queries.max_ms IS 'longest call';
COMMENT ON COLUMN pk_slow_queries.hit_percent IS 'blocks found in shared_buffers in percent of those needed; NULL where none was';
COMMENT ON COLUMN pk_slow_queries.rows_per_call IS 'rows returned or changed by a call';
COMMENT ON COLUMN pk_slow_queries.wal_bytes IS 'bytes of WAL';
COMMENT ON COLUMN pk_slow_queries.since IS 'start of the client statement with which it was first seen; NULL from pg_stat_statements before version 17';
COMMENT ON COLUMN pk_slow_queries.query IS 'its text without constants; NULL where there is no sample of it, and without the right to see it';
GRANT SELECT ON pk_slow_queries TO PUBLIC;

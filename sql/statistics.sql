
-- statistics: where the planner's estimates are wrong, and which statistics would make them right

-- What was seen before the last ANALYZE says nothing of the statistics that there are now.
CREATE VIEW pk_estimates AS
WITH RECURSIVE seen AS MATERIALIZED (
    SELECT * FROM @extschema@.pk_predicates_read() WHERE kind IN ('filter', 'index condition', 'scan', 'group') AND relid >= 16384
), tree(root, relation) AS (
    SELECT relid, relid FROM seen
    UNION SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relation
), size AS MATERIALIZED (
    SELECT t.root, sum(greatest(c.reltuples, 0)::float8) FILTER (WHERE c.relkind <> 'p') AS rows,
           max(greatest(pg_catalog.pg_stat_get_last_analyze_time(c.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))) AS analyzed
    FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.relation
    GROUP BY t.root
)
SELECT s.relid::pg_catalog.regclass AS relation, s.kind, s.predicate, s.executions, r.comparisons,
       least(1, coalesce(r.actual, s.rows_out / s.executions) / nullif(d.rows, 0)) AS observed_selectivity,
       least(1, r.estimated / nullif(d.rows, 0)) AS estimated_selectivity,
       r.error_factor, r.error_rows, r.estimated AS estimated_rows, r.actual AS actual_rows,
       t.rows AS table_rows, d.whole AS whole_table, t.analyzed AS last_analyze, s.clause_columns, s.clause_operators, s.column_numbers, s.operator_oids, s.queryids, s.first_seen, s.last_seen
FROM seen s
JOIN size t ON t.root = s.relid
CROSS JOIN LATERAL (
    SELECT count(*) AS comparisons, avg(x.estimated::float8) AS estimated, avg(x.actual::float8) AS actual, avg(abs(x.estimated::float8 - x.actual::float8)) AS error_rows,
           -- Whichever way each was wrong.  As the planner never estimates less than a row, one row is the least that counts.
           exp(avg(abs(ln(greatest(x.estimated::float8, 1) / greatest(x.actual::float8, 1))))) AS error_factor
    FROM ROWS FROM (pg_catalog.unnest(s.recent_at), pg_catalog.unnest(s.recent_estimated), pg_catalog.unnest(s.recent_actual)) x(at, estimated, actual)
    WHERE x.at > t.analyzed OR t.analyzed IS NULL) r
CROSS JOIN LATERAL (
    SELECT CASE s.kind WHEN 'group' THEN s.rows_in / s.executions ELSE t.rows * s.loops / s.executions END AS rows,
           s.kind <> 'group' OR s.rows_in >= 0.5 * t.rows * s.loops AS whole) d;
COMMENT ON VIEW pk_estimates IS
'How far the planner''s estimates are from what came, for each conjunction of conditions and each GROUP BY on one table, by the latest executions since the table''s last ANALYZE. From pk_predicates, with its rights. No rows without preload';
COMMENT ON COLUMN pk_estimates.relation IS 'the table; of partitions the one that was queried';
COMMENT ON COLUMN pk_estimates.kind IS 'filter, index condition, scan (both together) or group, as in pk_predicates';
COMMENT ON COLUMN pk_estimates.predicate IS 'the conjunction, or the keys of the groups; ? for constants';
COMMENT ON COLUMN pk_estimates.executions IS 'all sampled executions';
COMMENT ON COLUMN pk_estimates.comparisons IS 'of the latest eight that could be compared, those since the last ANALYZE; the columns below are of these';
COMMENT ON COLUMN pk_estimates.observed_selectivity IS 'rows that passed / rows of the table, in each loop; groups / rows grouped. Where nothing was compared: of all executions';
COMMENT ON COLUMN pk_estimates.estimated_selectivity IS 'the same as the planner expected it';
COMMENT ON COLUMN pk_estimates.error_factor IS 'by what factor an estimate was too high or too low: the geometric mean';
COMMENT ON COLUMN pk_estimates.error_rows IS 'by how many rows an estimate was wrong: the mean';
COMMENT ON COLUMN pk_estimates.estimated_rows IS 'rows that the planner expected in an execution, over all loops: the mean';
COMMENT ON COLUMN pk_estimates.actual_rows IS 'rows that came: the mean';
COMMENT ON COLUMN pk_estimates.table_rows IS 'rows of the table and its partitions or children, as they were last counted';
COMMENT ON COLUMN pk_estimates.whole_table IS 'false: groups of less than half of the table, whose number depends on the conditions too';
COMMENT ON COLUMN pk_estimates.last_analyze IS 'the last ANALYZE of the table or any of its partitions or children, by whomever; NULL where none is known';
COMMENT ON COLUMN pk_estimates.clause_columns IS 'the numbers of the columns that its conditions compare with values, or of its keys; 0 for anything else; NULL for more than eight';
COMMENT ON COLUMN pk_estimates.clause_operators IS 'the operators of these comparisons, by oid; 0 for a test for NULL, and for keys';
COMMENT ON COLUMN pk_estimates.column_numbers IS 'the numbers of all columns in it';
COMMENT ON COLUMN pk_estimates.operator_oids IS 'all operators in it, by oid';
COMMENT ON COLUMN pk_estimates.queryids IS 'up to eight statements that had it, as in pk_predicates';
COMMENT ON COLUMN pk_estimates.first_seen IS 'start of the client statement with which it was first seen';
COMMENT ON COLUMN pk_estimates.last_seen IS 'start of the client statement with which it was last seen';
GRANT SELECT ON pk_estimates TO PUBLIC;

CREATE FUNCTION pk_selectivity(
    relation regclass,
    OUT kind text, OUT columns text[], OUT condition text, OUT executions bigint, OUT comparisons bigint,
    OUT observed_selectivity float8, OUT estimated_selectivity float8, OUT error_factor float8, OUT estimated_rows float8, OUT actual_rows float8,
    OUT distinct_values float8, OUT null_share float8, OUT most_common_share float8, OUT correlation float8)
    RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED ROWS 20 SET search_path = pg_catalog, pg_temp
    AS $$
    (SELECT e.kind, k.columns, e.predicate, e.executions, e.comparisons, e.observed_selectivity, e.estimated_selectivity, e.error_factor, e.estimated_rows, e.actual_rows,
           NULL::float8, NULL::float8, NULL::float8, NULL::float8
    FROM @extschema@.pk_estimates e
    CROSS JOIN LATERAL (
        SELECT array_agg(a.attname::text ORDER BY a.attnum) AS columns
        FROM pg_attribute a WHERE a.attrelid = e.relation AND a.attnum = ANY (e.clause_columns) AND a.attnum > 0) k
    WHERE e.relation = $1
    ORDER BY e.error_factor DESC NULLS LAST, e.executions DESC, e.kind COLLATE "C", e.predicate COLLATE "C")
    UNION ALL
    (SELECT 'column', ARRAY[a.attname::text], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(c.reltuples, 0) ELSE s.n_distinct END,
           s.null_frac, s.most_common_freqs[1], s.correlation
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    -- Of the partitions or children together, where there are any.
    LEFT JOIN LATERAL (SELECT * FROM pg_stats p WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.attname = a.attname
                       ORDER BY p.inherited DESC LIMIT 1) s ON true
    WHERE c.oid = $1 AND c.relkind IN ('r', 'p', 'm', 'f')
    ORDER BY a.attnum)
    $$;
COMMENT ON FUNCTION pk_selectivity(regclass) IS
'How selective the conditions on a table are, as observed and as the planner estimates it (pk_estimates, the worst first), and what ANALYZE knows of its columns (pg_stats, where the caller may read the column).
relation: the table
kind: filter, index condition, scan (both together) or group, as in pk_predicates; column: what ANALYZE knows of a column
columns: the columns that are compared with values, or grouped by, in the table''s order
condition: the conjunction, or the keys of the groups; ? for constants; NULL for a column
executions: sampled executions
comparisons: of the latest eight that could be compared, those since the last ANALYZE
observed_selectivity: rows that passed / rows of the table; groups / rows grouped
estimated_selectivity: the same as the planner expected it; NULL where nothing was compared
error_factor: by what factor an estimate was too high or too low: the geometric mean
estimated_rows: rows that the planner expected in an execution: the mean
actual_rows: rows that came: the mean
distinct_values: number of different values
null_share: share of the rows in which it is NULL, 0 to 1
most_common_share: share of the rows that have the most common value, 0 to 1; NULL where ANALYZE found no value to be common
correlation: between the order of the values and that of the rows on disk, -1 to 1';


-- workload: predicates of sampled executions

CREATE FUNCTION pk_predicates_read(
    OUT relid oid, OUT kind text, OUT join_type text, OUT predicate text, OUT truncated boolean,
    OUT column_relids oid[], OUT column_numbers integer[], OUT operator_oids oid[],
    OUT executions bigint, OUT loops float8, OUT rows_in float8, OUT rows_out float8,
    OUT compared bigint, OUT estimated_rows float8, OUT actual_rows float8, OUT least_ratio float8, OUT greatest_ratio float8,
    OUT queryids bigint[], OUT first_seen timestamptz, OUT last_seen timestamptz,
    OUT clause_columns integer[], OUT clause_operators oid[],
    OUT recent_at timestamptz[], OUT recent_estimated real[], OUT recent_actual real[])
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 1000;
COMMENT ON FUNCTION pk_predicates_read() IS
'What the view pk_predicates shows, with relations, columns and operators by oid: those that the caller''s own statements had, and all for members of pg_read_all_stats. No rows without preload.
relid: the table that was filtered, sorted or grouped, by oid (of a partition: its root); NULL for several tables, and for what is no table
kind: filter: rows were read and tested; index condition: an index found them; scan: both, taken together; join; sort; group: GROUP BY, DISTINCT and the like
join_type: inner, left (right joins too, as which side is read first is the planner''s choice), full, semi, anti, other; NULL where kind is not join
predicate: the conjunction that a node of the plan applied, or the keys of a sort or of groups; ? for constants, parameters and what subqueries gave
truncated: predicate is longer than 768 bytes
column_relids: the tables of its columns, by oid; up to eight columns
column_numbers: the columns'' numbers in pg_attribute, in the same order
operator_oids: its operators, by oid; up to eight
executions: sampled executions of which a node applied it
loops: how often the node ran in these
rows_in: rows that were tested; for joins pairs of rows (for semi and anti joins, rows of the side that is kept); NULL for index conditions and scans
rows_out: rows that passed; groups
compared: executions in which the node ran to its end, so that the planner''s estimate can be compared
estimated_rows: rows that the planner expected in these, over all loops
actual_rows: rows that passed in these
least_ratio: the least ratio of estimated to actual rows in one execution, both at least 1; below 1: the planner expected too few
greatest_ratio: the greatest such ratio; above 1: the planner expected too many
queryids: up to eight statements that had it, the latest first; those of others only with the rights of pg_read_all_stats
first_seen: start of the client statement with which it was first seen
last_seen: start of the client statement with which it was last seen
clause_columns: of each condition of the conjunction, or key of the groups, the number of the column that it compares with a value; 0 for anything else; NULL for sorts, joins, and more than eight
clause_operators: the operators of these comparisons, by oid; 0 for a test for NULL, and for keys
recent_at: start of the client statements of the latest eight executions that were compared, the latest first
recent_estimated: rows that the planner expected in these
recent_actual: rows that passed in these';

CREATE VIEW pk_predicates AS
SELECT p.relid::pg_catalog.regclass AS relation, p.kind, p.join_type, p.predicate,
       (SELECT pg_catalog.array_agg(pg_catalog.format('%s.%I', a.attrelid::pg_catalog.regclass, a.attname) ORDER BY c.place)
        FROM ROWS FROM (pg_catalog.unnest(p.column_relids), pg_catalog.unnest(p.column_numbers)) WITH ORDINALITY AS c(relid, number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.relid AND a.attnum OPERATOR(pg_catalog.=) c.number::pg_catalog.int2) AS columns,
       (SELECT pg_catalog.array_agg(o.oid::pg_catalog.regoperator::pg_catalog.text ORDER BY o.place)
        FROM pg_catalog.unnest(p.operator_oids) WITH ORDINALITY AS o(oid, place)) AS operators,
       p.executions, p.loops, p.rows_in, p.rows_out,
       CASE WHEN p.kind OPERATOR(pg_catalog.=) 'sort' THEN NULL
            WHEN p.kind IN ('index condition', 'scan') THEN (SELECT LEAST(1, p.rows_out OPERATOR(pg_catalog./) (p.loops OPERATOR(pg_catalog.*) r.reltuples))
                                         FROM pg_catalog.pg_class r WHERE r.oid OPERATOR(pg_catalog.=) p.relid AND r.reltuples OPERATOR(pg_catalog.>) 0)
            ELSE p.rows_out OPERATOR(pg_catalog./) NULLIF(p.rows_in, 0) END AS selectivity,
       p.compared,
       CASE WHEN p.actual_rows OPERATOR(pg_catalog.>) 0 THEN p.estimated_rows OPERATOR(pg_catalog./) p.actual_rows END AS estimate_ratio,
       p.least_ratio, p.greatest_ratio, p.queryids, p.truncated, p.first_seen, p.last_seen, p.relid, p.column_relids, p.column_numbers, p.operator_oids,
       p.estimated_rows, p.actual_rows, p.clause_columns, p.clause_operators, p.recent_at, p.recent_estimated, p.recent_actual
FROM @extschema@.pk_predicates_read() p;
COMMENT ON VIEW pk_predicates IS
    'What sampled executions in this database filtered, joined, sorted and grouped by: a row per table, kind and conjunction without its constants, with rows in and out and how far the planner''s estimates were from them. pg_perfkit.predicate_rate says how many executions are sampled. Members of pg_read_all_stats see all, others those that their own statements had';
COMMENT ON COLUMN pk_predicates.relation IS 'the table that was filtered, sorted or grouped (of a partition: its root); NULL for several tables, and for what is no table';
COMMENT ON COLUMN pk_predicates.columns IS 'its columns, as table.column; up to eight';
COMMENT ON COLUMN pk_predicates.operators IS 'its operators; up to eight';
COMMENT ON COLUMN pk_predicates.selectivity IS 'rows out / rows in; for index conditions and scans rows out / rows of the table, as ANALYZE counted them, in each loop; NULL for sorts';
COMMENT ON COLUMN pk_predicates.estimate_ratio IS 'estimated_rows / actual_rows: 1 is right, 0.01 means that the planner expected a hundredth';
GRANT SELECT ON pk_predicates TO PUBLIC;

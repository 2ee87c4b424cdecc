
-- what-if: the plan of a query as if some indexes existed, and others did not

CREATE FUNCTION pk_whatif_create(ddl text, OUT index_name text, OUT table_name text, OUT est_size_bytes bigint)
    RETURNS SETOF record AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1;
COMMENT ON FUNCTION pk_whatif_create(text) IS
'Lets pk_explain() plan, in this session, as if this CREATE INDEX statement had been run. Nothing is built, and no other session sees anything. B-tree, hash, GIN and BRIN, with expressions, INCLUDE and WHERE. Needs SELECT on the table. ERROR as the statement would raise, 55P03 where the table is locked, 0A000 for storage parameters, 22023 for another index method. docs/advisor.md
ddl: one CREATE INDEX statement
index_name: its name, or the one thought up for it
table_name: its table
est_size_bytes: what it would take, once built';

CREATE FUNCTION pk_whatif_hide(index regclass) RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_whatif_hide(regclass) IS
'Lets pk_explain() plan, in this session, as if this index did not exist. ERROR 42809 for what is not an index. docs/advisor.md
index: an index, that of a partitioned table with those of the partitions';

CREATE FUNCTION pk_whatif_list(OUT state text, OUT index_name text, OUT table_name text, OUT definition text, OUT size_bytes bigint)
    RETURNS SETOF record AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 5;
COMMENT ON FUNCTION pk_whatif_list() IS
'What pk_whatif_create() and pk_whatif_hide() have been told in this session. docs/advisor.md
state: created or hidden; gone where the table does not exist any more
index_name: the index
table_name: its table
definition: the statement that makes it
size_bytes: estimated where it was created here, else as of the last VACUUM';

CREATE FUNCTION pk_whatif_reset() RETURNS void
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION pk_whatif_reset() IS
'Forgets what pk_whatif_create() and pk_whatif_hide() have been told in this session. docs/advisor.md';

CREATE FUNCTION pk_explain(query text, ddl text[] DEFAULT NULL, hide regclass[] DEFAULT NULL, OUT variant text, OUT total_cost float8, OUT plan text)
    RETURNS SETOF record AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000 ROWS 2;
COMMENT ON FUNCTION pk_explain(text, text[], regclass[]) IS
'EXPLAIN of a query twice: as it is, and with the hypothetical indexes of this session and without the hidden ones. The query is planned with the caller''s rights, and not run. Where it has parameters ($1) it gets a generic plan. ERROR as EXPLAIN and pk_whatif_create() would raise, 42601 for more than one statement, 42809 for a command without a plan. docs/advisor.md
query: one SELECT, INSERT, UPDATE, DELETE or MERGE
ddl: further CREATE INDEX statements, for this call only
hide: further indexes to plan without, for this call only
variant: as it is, or what if
total_cost: the planner''s cost
plan: as EXPLAIN shows it; hypothetical indexes are marked';

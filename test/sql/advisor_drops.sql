-- Existing indexes that could go: each kind, beside one that looks like it and has to stay.
SET client_min_messages = warning;
CREATE SCHEMA pk_drops;
CREATE FUNCTION pk_drops.advice(tables regclass[], VARIADIC queries text[], OUT action text, OUT index_name text, OUT ddl text, OUT reason text, OUT warning text, OUT other text, OUT reverse text)
RETURNS SETOF record LANGUAGE sql AS $$
    SELECT a.action, a.index_name, a.ddl, CASE a.action WHEN 'drop' THEN a.reason END, a.warning,
           coalesce(a.evidence ->> 'same_work', (SELECT b.index_name FROM pk_suggest_indexes(queries => queries, tables => tables) b
                                                 WHERE b.advice_id IN (a.evidence ->> 'replaced_by', a.evidence -> 'replaces' ->> 0))),
           a.evidence ->> 'reverse'
    FROM pk_suggest_indexes(queries => queries, tables => tables) a ORDER BY a.action = 'drop', a.index_name COLLATE "C"
$$;

CREATE TABLE pk_drops.t (a int, b int, c int, d text, e int UNIQUE);
INSERT INTO pk_drops.t SELECT i, i % 100, i % 7, 'd' || i % 50, i FROM generate_series(1, 5000) i;
CREATE INDEX same_1 ON pk_drops.t (b, c);
CREATE INDEX "same ""2" ON pk_drops.t (b, c);
CREATE INDEX prefix ON pk_drops.t (a DESC);
CREATE INDEX whole ON pk_drops.t (a, b) INCLUDE (c);
CREATE INDEX other_opclass ON pk_drops.t (d text_pattern_ops);
CREATE INDEX wide_text ON pk_drops.t (d, a);
CREATE INDEX partial_index ON pk_drops.t (a) WHERE c = 1;
CREATE INDEX other_nulls ON pk_drops.t (a NULLS FIRST);
CREATE UNIQUE INDEX unique_prefix ON pk_drops.t (e, a);
CREATE INDEX not_needed ON pk_drops.t (e);
CREATE INDEX of_expression ON pk_drops.t (lower(d));
CREATE INDEX of_other ON pk_drops.t (upper(d), a);
ANALYZE pk_drops.t;
SELECT * FROM pk_drops.advice('{pk_drops.t}', 'SELECT 1 FROM pk_drops.t WHERE a = 1');
-- Not of tables that are not asked about, nor where no drops are wanted.
SELECT * FROM pk_drops.advice('{pg_catalog.pg_class}', 'SELECT 1 FROM pk_drops.t WHERE a = 1');
SELECT count(*) FROM pk_suggest_indexes(ARRAY['SELECT 1 FROM pk_drops.t WHERE a = 1'], include_drops => false);
-- The statements do what they say, and so does what takes them back.
SELECT ddl, evidence ->> 'reverse' AS reverse FROM pk_suggest_indexes(ARRAY['SELECT 1'], tables => '{pk_drops.t}') WHERE index_name = 'same "2' \gset
:ddl;
:reverse;
SELECT indexdef FROM pg_indexes WHERE indexname = 'same "2';

-- Of two unique ones the second goes only where both refuse the same; of two others, where they have the same parameters.
CREATE TABLE pk_drops.ruled (a int, b int, c int);
CREATE UNIQUE INDEX ruled_1 ON pk_drops.ruled (a);
CREATE UNIQUE INDEX ruled_2 ON pk_drops.ruled (a) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX ruled_3 ON pk_drops.ruled (a) NULLS NOT DISTINCT;
CREATE INDEX ranges_1 ON pk_drops.ruled USING brin (b);
CREATE INDEX ranges_2 ON pk_drops.ruled USING brin (b) WITH (pages_per_range = 4);
CREATE INDEX ranges_3 ON pk_drops.ruled USING brin (b) WITH (pages_per_range = 4);
CREATE INDEX values_1 ON pk_drops.ruled USING brin (c int4_minmax_multi_ops);
CREATE INDEX values_2 ON pk_drops.ruled USING brin (c int4_minmax_multi_ops (values_per_range = 16));
CREATE INDEX values_3 ON pk_drops.ruled USING brin (c int4_minmax_multi_ops (values_per_range = 16));
SELECT index_name, reason, other FROM pk_drops.advice('{pk_drops.ruled}', 'SELECT 1');

-- What an interrupted CREATE INDEX CONCURRENTLY leaves behind.
CREATE TABLE pk_drops.broken (a int);
INSERT INTO pk_drops.broken VALUES (1), (1);
CREATE UNIQUE INDEX CONCURRENTLY broken_index ON pk_drops.broken (a);
SELECT * FROM pk_drops.advice('{pk_drops.broken}', 'SELECT 1');

-- A better index takes the place of one: a create and a drop that name each other.
CREATE TABLE pk_drops.log (who int, at timestamptz, what text);
INSERT INTO pk_drops.log SELECT i % 500, timestamptz '2026-01-01 00:00Z' + i * interval '1 s', 'x' FROM generate_series(1, 30000) i;
CREATE INDEX log_who ON pk_drops.log (who);
VACUUM ANALYZE pk_drops.log;
SELECT * FROM pk_drops.advice('{pk_drops.log}', 'SELECT * FROM pk_drops.log WHERE who = 5 ORDER BY at DESC LIMIT 3');
-- One that includes other columns is extended, and the old one goes; not where that would cost its queries more than a
-- little, nor where a constraint needs it.
CREATE TABLE pk_drops.days (day int, a int, b int, note text, filler text);
INSERT INTO pk_drops.days SELECT i * 7919 % 1000, i, i, repeat('note', 25), repeat('f', 700) FROM generate_series(1, 30000) i;
SET max_parallel_workers_per_gather = 0;
CREATE INDEX days_note ON pk_drops.days (day) INCLUDE (note);
VACUUM ANALYZE pk_drops.days;
SELECT action, index_name, ddl FROM pk_drops.advice('{pk_drops.days}', 'SELECT count(note) FROM pk_drops.days WHERE day < 50', 'SELECT sum(a) FROM pk_drops.days WHERE day < 60');
DROP INDEX pk_drops.days_note;
CREATE INDEX days_b ON pk_drops.days (day) INCLUDE (b);
SELECT action, index_name, ddl FROM pk_drops.advice('{pk_drops.days}', 'SELECT sum(b) FROM pk_drops.days WHERE day < 50', 'SELECT count(note) FROM pk_drops.days WHERE day < 60');
DROP INDEX pk_drops.days_b;
ALTER TABLE pk_drops.days ADD UNIQUE (day, a) INCLUDE (note);
SELECT action, index_name, ddl FROM pk_drops.advice('{pk_drops.days}', 'SELECT count(note) FROM pk_drops.days WHERE day < 50 AND a > 0', 'SELECT sum(b) FROM pk_drops.days WHERE day < 60');

RESET max_parallel_workers_per_gather;
-- An index that a query would miss stays, whatever stands beside it.
CREATE TABLE pk_drops.narrow (a int, b text);
INSERT INTO pk_drops.narrow SELECT i, repeat('long', 100) || i FROM generate_series(1, 20000) i;
CREATE INDEX narrow_a ON pk_drops.narrow (a);
CREATE INDEX wide_a ON pk_drops.narrow (a) INCLUDE (b);
VACUUM ANALYZE pk_drops.narrow;
SELECT index_name FROM pk_drops.advice('{pk_drops.narrow}', 'SELECT count(*) FROM pk_drops.narrow WHERE a > 1000');
SELECT index_name FROM pk_drops.advice('{pk_drops.narrow}', 'SELECT 1');

-- An index of a partitioned table goes with its partitions' at once, and theirs are no advice of their own.
CREATE TABLE pk_drops.parted (a int, b int) PARTITION BY LIST (b);
CREATE TABLE pk_drops.part PARTITION OF pk_drops.parted FOR VALUES IN (1);
CREATE INDEX parted_1 ON pk_drops.parted (a);
CREATE INDEX parted_2 ON pk_drops.parted (a);
SELECT * FROM pk_drops.advice('{pk_drops.parted,pk_drops.part}', 'SELECT 1');

-- Deleting a customer looks for his orders: without an index, by reading all of them.
CREATE TABLE pk_drops.customers (id int PRIMARY KEY, code int UNIQUE, name text);
CREATE TABLE pk_drops."Orders ""ü""" (id int PRIMARY KEY, customer int REFERENCES pk_drops.customers, "Code ""ö""" int REFERENCES pk_drops.customers (code));
INSERT INTO pk_drops.customers SELECT i, i, i FROM generate_series(1, 2000) i;
INSERT INTO pk_drops."Orders ""ü""" SELECT i, 1 + i % 2000, 1 + i % 2000 FROM generate_series(1, 20000) i;
ANALYZE pk_drops.customers, pk_drops."Orders ""ü""";
SELECT ddl FROM pk_drops.advice(NULL, 'DELETE FROM pk_drops.customers WHERE id = 7');
-- An update looks for them only where it sets what they refer to.
SELECT ddl FROM pk_drops.advice(NULL, 'UPDATE pk_drops.customers SET code = 3 WHERE id = 7');
SELECT ddl FROM pk_drops.advice(NULL, 'UPDATE pk_drops.customers SET name = 3 WHERE id = 7');
DROP SCHEMA pk_drops CASCADE;

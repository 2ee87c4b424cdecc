-- Every check sees a bad state that is made for real, and sees it go.  What needs more than one session
-- or another configuration is tested by the system test of the same name.
SET client_min_messages = warning;
CREATE SCHEMA pk_health_test;
-- What a check says of this schema.
CREATE FUNCTION pk_health_test.says(call text, OUT status text, OUT objects text, OUT recommendation text) LANGUAGE plpgsql AS $$
DECLARE
    r pk_health_row;
BEGIN
    EXECUTE format('SELECT * FROM pk_check_%s', call) INTO r;
    objects := (SELECT string_agg(regexp_replace(o, '\d+ (bytes|kB|MB)', 'N \1'), ', ' ORDER BY o) FROM unnest(r.objects) o WHERE o LIKE '%pk_health_test%');
    -- Whatever else may be wrong in this database is not this test's.
    status := CASE WHEN objects IS NOT NULL OR r.status = 'skipped' THEN r.status ELSE 'ok for us' END;
    recommendation := CASE WHEN r.recommendation LIKE '%pk_health_test%' THEN r.recommendation END;
END $$;

CREATE TABLE pk_health_test.parent (id int PRIMARY KEY, a int, b int);
INSERT INTO pk_health_test.parent SELECT i, i, i FROM generate_series(1, 100) i;
ANALYZE pk_health_test.parent;

-- An index left behind by CREATE INDEX CONCURRENTLY.
SELECT * FROM pk_health_test.says('invalid_indexes()');
INSERT INTO pk_health_test.parent VALUES (101, 1, 1);
CREATE UNIQUE INDEX CONCURRENTLY "left ""over" ON pk_health_test.parent (a);
SELECT * FROM pk_health_test.says('invalid_indexes()');
DROP INDEX pk_health_test."left ""over";
SELECT * FROM pk_health_test.says('invalid_indexes()');

SELECT * FROM pk_health_test.says('unvalidated_constraints()');
ALTER TABLE pk_health_test.parent ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
SELECT * FROM pk_health_test.says('unvalidated_constraints()');
ALTER TABLE pk_health_test.parent VALIDATE CONSTRAINT positive;
SELECT * FROM pk_health_test.says('unvalidated_constraints()');

-- Equal in everything; not equal: another order, operator class, collation, predicate, expression, access method.
CREATE TABLE pk_health_test.twice (a int, b text, c int);
CREATE INDEX first ON pk_health_test.twice (a, b);
CREATE INDEX different_1 ON pk_health_test.twice (a DESC, b);
CREATE INDEX different_2 ON pk_health_test.twice (a, b text_pattern_ops);
CREATE INDEX different_3 ON pk_health_test.twice (a, b COLLATE "C");
CREATE INDEX different_4 ON pk_health_test.twice (a, b) WHERE c > 0;
CREATE INDEX different_5 ON pk_health_test.twice (b, a);
CREATE INDEX different_6 ON pk_health_test.twice USING hash (a);
CREATE INDEX different_7 ON pk_health_test.twice (lower(b));
CREATE INDEX different_8 ON pk_health_test.twice (upper(b));
SELECT * FROM pk_health_test.says('duplicate_indexes()');
SELECT * FROM pk_health_test.says('redundant_indexes()');
CREATE INDEX second ON pk_health_test.twice (a, b);
CREATE INDEX lower_again ON pk_health_test.twice (lower(b));
SELECT * FROM pk_health_test.says('duplicate_indexes()');
DROP INDEX pk_health_test.second, pk_health_test.lower_again;
-- Other parameters make another index, but for how full its pages are.
CREATE INDEX ranges ON pk_health_test.twice USING brin (a);
CREATE INDEX finer_ranges ON pk_health_test.twice USING brin (a) WITH (pages_per_range = 4);
CREATE INDEX more_values ON pk_health_test.twice USING brin (c int4_minmax_multi_ops (values_per_range = 16));
CREATE INDEX fewer_values ON pk_health_test.twice USING brin (c int4_minmax_multi_ops (values_per_range = 8));
CREATE INDEX fuller ON pk_health_test.twice (a, b) WITH (fillfactor = 100);
SELECT * FROM pk_health_test.says('duplicate_indexes()');
DROP INDEX pk_health_test.ranges, pk_health_test.finer_ranges, pk_health_test.more_values, pk_health_test.fewer_values, pk_health_test.fuller;
-- The one that a constraint needs is not the one to go.
ALTER TABLE pk_health_test.twice ADD CONSTRAINT needed UNIQUE (a, b);
SELECT * FROM pk_health_test.says('duplicate_indexes()');
DROP INDEX pk_health_test.first;
SELECT * FROM pk_health_test.says('duplicate_indexes()');
CREATE INDEX prefix ON pk_health_test.twice (a);
CREATE INDEX no_prefix ON pk_health_test.twice (c);
CREATE INDEX not_the_same ON pk_health_test.twice (a) INCLUDE (c);
SELECT * FROM pk_health_test.says('redundant_indexes()');
DROP INDEX pk_health_test.prefix;
SELECT * FROM pk_health_test.says('redundant_indexes()');

-- Never scanned, and no constraint's.
DROP INDEX pk_health_test.different_1, pk_health_test.different_2, pk_health_test.different_3, pk_health_test.different_4,
    pk_health_test.different_5, pk_health_test.different_6, pk_health_test.different_7, pk_health_test.different_8;
SELECT status, objects FROM pk_health_test.says('unused_indexes(min_mb => 0, min_days => 0)');
SELECT status FROM pk_health_test.says('unused_indexes(min_days => 100000)');
DROP INDEX pk_health_test.not_the_same;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT count(*) FROM pk_health_test.twice WHERE c = 1;
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT pg_stat_force_next_flush() \gset
SELECT status, objects FROM pk_health_test.says('unused_indexes(min_mb => 0, min_days => 0)');
DROP TABLE pk_health_test.twice;

CREATE TABLE pk_health_test.child (x int, y int, z int, FOREIGN KEY (y) REFERENCES pk_health_test.parent);
CREATE INDEX wrong_order ON pk_health_test.child (x, y);
CREATE INDEX partial ON pk_health_test.child (y) WHERE x > 0;
SELECT * FROM pk_health_test.says('foreign_keys_without_index()');
SELECT * FROM pk_health_test.says('foreign_keys_without_index(min_mb => 0)');
CREATE INDEX found ON pk_health_test.child (y, z);
SELECT * FROM pk_health_test.says('foreign_keys_without_index(min_mb => 0)');
-- Of a partitioned table, named once.
CREATE TABLE pk_health_test.parted (id int REFERENCES pk_health_test.parent) PARTITION BY RANGE (id);
CREATE TABLE pk_health_test.part_1 PARTITION OF pk_health_test.parted FOR VALUES FROM (0) TO (10);
CREATE TABLE pk_health_test.part_2 PARTITION OF pk_health_test.parted FOR VALUES FROM (10) TO (20);
SELECT * FROM pk_health_test.says('foreign_keys_without_index(min_mb => 0)');
DROP TABLE pk_health_test.parted;

SELECT objects LIKE '%pk_health_test.child%' AND objects NOT LIKE '%parent%' AS child_only FROM pk_health_test.says('tables_without_primary_key()');
ALTER TABLE pk_health_test.child ADD PRIMARY KEY (x);
SELECT objects FROM pk_health_test.says('tables_without_primary_key()');

-- Sequences: by their own end, and by the column's; in both directions, but not where they cycle.
CREATE SEQUENCE pk_health_test.up MAXVALUE 100;
CREATE SEQUENCE pk_health_test.down INCREMENT -1 MINVALUE -100 MAXVALUE -1;
CREATE SEQUENCE pk_health_test.round MAXVALUE 100 CYCLE;
CREATE TABLE pk_health_test.counted (small smallserial, id int GENERATED ALWAYS AS IDENTITY, big bigserial);
SELECT pk_sequence_last_value('pk_health_test.up') AS none_yet;
SELECT setval('pk_health_test.up', 74), setval('pk_health_test.down', -70), setval('pk_health_test.round', 99);
SELECT * FROM pk_health_test.says('sequences()');
SELECT setval('pk_health_test.up', 80), setval('pk_health_test.down', -95);
SELECT pk_sequence_last_value('pk_health_test.up'), pk_sequence_last_value('pk_health_test.down');
SELECT * FROM pk_health_test.says('sequences()');
DROP SEQUENCE pk_health_test.up, pk_health_test.down;
SELECT setval('pk_health_test.counted_small_seq', 20000), setval('pk_health_test.counted_id_seq', 2000000000), setval('pk_health_test.counted_big_seq', 2000000000);
SELECT * FROM pk_health_test.says('sequences()');
SELECT * FROM pk_health_test.says('integer_keys()');
SELECT setval('pk_health_test.counted_small_seq', 1), setval('pk_health_test.counted_id_seq', 1);
SELECT * FROM pk_health_test.says('integer_keys()');
SELECT pk_sequence_last_value('pk_health_test.parent');
DROP TABLE pk_health_test.counted;

-- Rows that nobody has analyzed, then dead ones that nobody has vacuumed.
CREATE TABLE pk_health_test.busy (id int PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO pk_health_test.busy SELECT generate_series(1, 5000);
SELECT pg_stat_force_next_flush() \gset
SELECT * FROM pk_health_test.says('stale_statistics()');
ANALYZE pk_health_test.busy;
SELECT pg_stat_force_next_flush() \gset
SELECT * FROM pk_health_test.says('stale_statistics()');
SELECT * FROM pk_health_test.says('vacuum_overdue()');
UPDATE pk_health_test.busy SET id = -id;
SELECT pg_stat_force_next_flush() \gset
SELECT * FROM pk_health_test.says('stale_statistics()');
SELECT * FROM pk_health_test.says('vacuum_overdue()');
ALTER TABLE pk_health_test.busy SET (autovacuum_vacuum_threshold = 10000);
SELECT * FROM pk_health_test.says('vacuum_overdue()');
ALTER TABLE pk_health_test.busy RESET (autovacuum_vacuum_threshold);
VACUUM ANALYZE pk_health_test.busy;
SELECT pg_stat_force_next_flush() \gset
SELECT * FROM pk_health_test.says('vacuum_overdue()');
SELECT * FROM pk_health_test.says('stale_statistics()');
DROP TABLE pk_health_test.busy;

-- A table that is read from end to end: a few of its rows are not all of it.
CREATE TABLE pk_health_test.read_whole AS SELECT i, repeat('x', 100) AS pad FROM generate_series(1, 10000) i;
ANALYZE pk_health_test.read_whole;
SELECT pg_stat_force_next_flush() \gset
SELECT pg_stat_reset_single_table_counters('pk_health_test.read_whole'::regclass);
SELECT count(*) FROM (SELECT FROM pk_health_test.read_whole LIMIT 100) s;
SELECT pg_stat_force_next_flush() \gset
-- However long this server has counted, a tenth of what reading it whole is from now on.
SELECT 0.1 / greatest(extract(epoch FROM now() - pk_stats_since()) / 3600, 1) AS tenth \gset
SELECT * FROM pk_health_test.says('sequential_scans(min_mb => 0.5, min_hours => 0, min_per_hour => ' || :tenth || ')');
SELECT count(*) FROM pk_health_test.read_whole;
SELECT pg_stat_force_next_flush() \gset
SELECT status, objects ~ '^pk_health_test.read_whole \(N kB\): [0-9.]+ times an hour$' AS named
FROM pk_health_test.says('sequential_scans(min_mb => 0.5, min_hours => 0, min_per_hour => ' || :tenth || ')');
SELECT status FROM pk_health_test.says('sequential_scans(min_hours => 0, min_per_hour => ' || :tenth || ')');
SELECT status FROM pk_health_test.says('sequential_scans(min_hours => 1e9)');
SELECT pg_stat_reset_single_table_counters('pk_health_test.read_whole'::regclass);
SELECT * FROM pk_health_test.says('sequential_scans(min_mb => 0.5, min_hours => 0, min_per_hour => ' || :tenth || ')');
DROP TABLE pk_health_test.read_whole;

-- Bloat: only where it is large enough.
CREATE TABLE pk_health_test.bloated (id int PRIMARY KEY, pad text) WITH (autovacuum_enabled = off);
BEGIN; INSERT INTO pk_health_test.bloated SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i; ROLLBACK;
INSERT INTO pk_health_test.bloated SELECT i, repeat('x', 100) FROM generate_series(30001, 31000) i;
VACUUM pk_health_test.bloated;
SELECT * FROM pk_health_test.says('table_bloat()');
SELECT status, objects ~ '^pk_health_test.bloated: 9\d' AS named, recommendation FROM pk_health_test.says('table_bloat(min_mb => 1)');
SELECT status, objects ~ '^pk_health_test.bloated_pkey: 9\d' AS named FROM pk_health_test.says('index_bloat(min_mb => 0.3)');
VACUUM FULL pk_health_test.bloated;
SELECT * FROM pk_health_test.says('table_bloat(min_mb => 1)');
SELECT * FROM pk_health_test.says('index_bloat(min_mb => 0.3)');
SELECT pk_relation_bytes('pk_health_test.bloated') = pg_relation_size('pk_health_test.bloated') AS same,
       pk_relation_bytes('pg_class') = pg_relation_size('pg_class') AS mapped, pk_relation_bytes('pg_stat_activity') AS of_a_view, pk_relation_bytes(1::oid) AS of_none;

-- Every row is complete; a check without a verdict says why.
SELECT count(*) >= 30 AS many, count(DISTINCT name) = count(*) AS once,
       count(*) FILTER (WHERE status NOT IN ('ok', 'warn', 'critical', 'skipped') OR status IS NULL) AS strange,
       count(*) FILTER (WHERE name IS NULL OR area IS NULL OR meaning IS NULL OR unit IS NULL) AS unexplained,
       count(*) FILTER (WHERE (status = 'skipped') <> (reason IS NOT NULL) OR (status = 'skipped') <> (value IS NULL)) AS inconsistent,
       count(*) FILTER (WHERE (status IN ('warn', 'critical')) <> (recommendation IS NOT NULL)) AS without_advice,
       count(*) FILTER (WHERE reason ~ 'does not exist|permission denied|cannot') AS broken
FROM pk_health();
-- Thresholds: as arguments, and as settings.
SELECT status, threshold, value >= 0 AS value FROM pk_check_xid_age(warn => 0);
SELECT status, threshold FROM pk_check_xid_age(warn => 0, critical => 0);
SELECT status, threshold FROM pk_check_xid_age(warn => NULL, critical => NULL);
SELECT status, threshold FROM pk_check_cache_hit(warn => 100, critical => 0, min_blocks => 0);
SELECT status, threshold FROM pk_check_connections(warn => 0.001);
SET pg_perfkit.health_thresholds = 'xid_age = 0/100, multixact_age=/0';
SET pg_perfkit.health_mute = 'connections';
SELECT * FROM pk_health_settings() ORDER BY 1;
SELECT name, status, threshold, reason FROM pk_health('{xid_age,multixact_age,connections}');
SET client_min_messages = notice;
SELECT name FROM pk_health('{no_such_check}');
SET pg_perfkit.health_mute = 'no_such_check';
SELECT count(*) > 30 AS many FROM pk_health();
RESET pg_perfkit.health_mute;
SET pg_perfkit.health_thresholds = 'xid_age';
SET pg_perfkit.health_thresholds = 'xid_age=many';
SET pg_perfkit.health_mute = 'xid_age; connections';
RESET pg_perfkit.health_thresholds;
SELECT DISTINCT status, reason FROM pk_health(max_ms => -1);
-- One check that fails does not take the others with it.
CREATE FUNCTION pk_check_broken() RETURNS pk_health_row LANGUAGE plpgsql AS $$ BEGIN RAISE 'out of order'; END $$;
ALTER EXTENSION pg_perfkit ADD FUNCTION pk_check_broken();
SELECT name, status, reason FROM pk_health('{broken,xid_age}');
ALTER EXTENSION pg_perfkit DROP FUNCTION pk_check_broken();
-- What is not the extension's own is not run, whatever its name.
SELECT name FROM pk_health('{broken}');
DROP FUNCTION pk_check_broken();

-- Whoever may not look is told so, and is not told that all is well.
SELECT 'pk_health_test.round'::regclass::oid AS sequence \gset
CREATE ROLE pk_health_nobody;
SET ROLE pk_health_nobody;
SELECT name, status, reason FROM pk_health('{connections,table_bloat,sequences,xid_age}');
SELECT pk_sequence_last_value(:sequence) AS not_for_you;
RESET ROLE;
GRANT pg_monitor TO pk_health_nobody;
SET ROLE pk_health_nobody;
SELECT count(*) FILTER (WHERE reason ~ 'needs|permission denied|cannot') AS lacking FROM pk_health();
SELECT pk_sequence_last_value(:sequence);
RESET ROLE;
DROP ROLE pk_health_nobody;

SET client_min_messages = warning;
DROP SCHEMA pk_health_test CASCADE;

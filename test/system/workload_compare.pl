# Capture counts every form of statement as pg_stat_statements does with track = all, track_utility = off.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => join("\n",
		'pg_stat_statements.track = all',
		'pg_stat_statements.track_utility = off',
		'pg_stat_statements.max = 5000',
		'max_parallel_workers_per_gather = 2',
		'min_parallel_table_scan_size = 0',
		'parallel_setup_cost = 0',
		'parallel_tuple_cost = 0',
		'track_io_timing = on',
		'work_mem = 64kB',
		'temp_buffers = 800kB'));
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements; CREATE DATABASE compared; CREATE ROLE other');

my $setup = <<'SQL';
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent ON DELETE CASCADE, v text);
CREATE TABLE log (what text);
CREATE TABLE big AS SELECT i AS id, i % 97 AS k, repeat('x', 50) AS pad FROM generate_series(1, 20000) i;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN INSERT INTO log VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION note();
CREATE VIEW seen AS SELECT v FROM parent;
CREATE RULE seen_insert AS ON INSERT TO seen DO INSTEAD INSERT INTO log VALUES (NEW.v);
CREATE FUNCTION f_sql(x int) RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT count(*) FROM parent WHERE id > x';
CREATE FUNCTION f_inline(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x + 1';
CREATE FUNCTION f_set() RETURNS SETOF int LANGUAGE sql AS 'SELECT id AS fetched_by_sql FROM parent ORDER BY id';
CREATE FUNCTION f_immutable() RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT count(*) FROM parent); END $$;
CREATE FUNCTION f_loop() RETURNS int LANGUAGE plpgsql AS $$
	DECLARE r record; n int := 0; c refcursor;
	BEGIN
		FOR r IN SELECT id, k AS fetched_often FROM big WHERE id <= 200 LOOP n := n + 1; END LOOP;
		FOR r IN EXECUTE 'SELECT k, id AS fetched_often_too FROM big WHERE id <= 130' LOOP n := n + 1; EXIT WHEN n > 250; END LOOP;
		OPEN c FOR SELECT id / 2 AS fetched_by_plpgsql FROM parent ORDER BY id;
		FETCH c INTO r; MOVE FORWARD 2 FROM c; CLOSE c;
		PERFORM 1 FROM parent WHERE id = n;
		UPDATE parent SET v = v || 'u' WHERE id = 1;
		BEGIN
			INSERT INTO parent VALUES (1, 'twice');
		EXCEPTION WHEN unique_violation THEN INSERT INTO log VALUES ('caught');
		END;
		RETURN n;
	END $$;
CREATE FUNCTION f_deep(n int) RETURNS int LANGUAGE plpgsql AS $$
	BEGIN IF n = 0 THEN RETURN (SELECT count(*) FROM log); END IF; RETURN (SELECT f_deep(n - 1)); END $$;
CREATE FUNCTION f_definer() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN (SELECT sum(id) FROM parent); END $$;
CREATE FUNCTION f_parallel(x int) RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS $$ BEGIN RETURN (SELECT x % 7); END $$;
CREATE PROCEDURE p_commit() LANGUAGE plpgsql AS $$
	BEGIN FOR i IN 1..3 LOOP INSERT INTO log VALUES ('p'); COMMIT; END LOOP; END $$;
CREATE MATERIALIZED VIEW mv AS SELECT k, count(*) FROM big GROUP BY k;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO other;
ANALYZE;
SQL
$node->safe_psql('compared', $setup);

# Statements that are to fail stand where they do on purpose.
my $statements = <<'SQL';
SELECT 1;
SELECT 1 AS a, 'two' AS b, 3.0 WHERE 5 > 4;
SELECT 2\; SELECT 3 AS three\; SELECT 'x';
VALUES (1), (2), (3);
TABLE parent;
INSERT INTO parent SELECT i, 'v' FROM generate_series(1, 50) i;
INSERT INTO child SELECT i, i, 'v' FROM generate_series(1, 50) i;
INSERT INTO parent VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET v = 'y' RETURNING *;
INSERT INTO parent VALUES (1, 'x');
INSERT INTO child VALUES (1000, 1000, 'no parent');
UPDATE child SET v = 'w' WHERE id < 10;
UPDATE parent SET v = 'n' WHERE id < 0;
DELETE FROM parent WHERE id > 45;
DELETE FROM parent WHERE id = 44 RETURNING v;
INSERT INTO seen VALUES ('by rule');
MERGE INTO parent p USING (SELECT 43 AS id UNION ALL SELECT 500) s ON p.id = s.id
	WHEN MATCHED THEN UPDATE SET v = 'merged' WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'new');
WITH gone AS (DELETE FROM log WHERE what = 'UPDATE' RETURNING *), added AS (INSERT INTO log SELECT * FROM gone RETURNING *)
	SELECT count(*) FROM added;
WITH unused AS (UPDATE parent SET v = 'z' WHERE id = 2 RETURNING 1) SELECT 1;
PREPARE p (int) AS SELECT * FROM parent WHERE id = $1;
EXECUTE p(1); EXECUTE p(2); EXECUTE p(3); EXECUTE p(4); EXECUTE p(5); EXECUTE p(6); EXECUTE p(7);
PREPARE w (int, text) AS UPDATE parent SET v = $2 WHERE id = $1;
EXECUTE w(1, 'a'); EXECUTE w(2, 'b');
EXPLAIN SELECT count(*) FROM parent;
EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT count(*) FROM child;
EXPLAIN (ANALYZE, COSTS off, TIMING off) INSERT INTO log VALUES ('explained');
EXPLAIN EXECUTE p(1);
EXPLAIN ANALYZE EXECUTE p(1);
BEGIN; DECLARE c CURSOR FOR SELECT id + k AS fetched_by_cursor FROM big WHERE id <= 100; FETCH 10 FROM c; FETCH 20 FROM c; CLOSE c; COMMIT;
BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id * 2 AS fetched_once FROM parent ORDER BY id; FETCH 7 FROM c; COMMIT;
BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id FROM parent; COMMIT; FETCH 5 FROM c; CLOSE c;
BEGIN; DECLARE c CURSOR FOR SELECT id + 1 FROM parent; FETCH 1 FROM c; ROLLBACK;
BEGIN; DECLARE c CURSOR FOR SELECT id FROM parent WHERE id = 3 FOR UPDATE; FETCH 1 FROM c; UPDATE parent SET v = 'cur' WHERE CURRENT OF c; COMMIT;
\set FETCH_COUNT 30
SELECT id - k AS fetched_by_psql FROM big WHERE id <= 100;
\unset FETCH_COUNT
COPY (SELECT id, v FROM parent) TO STDOUT;
COPY (DELETE FROM log WHERE what = 'p' RETURNING what) TO STDOUT;
COPY parent TO STDOUT;
COPY log FROM STDIN;
copied
\.
CREATE TABLE made AS SELECT id, k FROM big WHERE k < 10;
CREATE TABLE IF NOT EXISTS made AS SELECT 1;
SELECT id INTO made_too FROM big WHERE k = 11;
CREATE TABLE made_by_execute AS EXECUTE p(1);
CREATE MATERIALIZED VIEW mv2 AS SELECT k FROM big WHERE k > 90;
REFRESH MATERIALIZED VIEW mv;
CREATE VIEW v2 AS SELECT k FROM big;
CREATE INDEX ON big (k);
ALTER TABLE made ADD CONSTRAINT c CHECK (id > 0), ADD COLUMN d int DEFAULT 5;
ALTER TABLE made ALTER COLUMN k TYPE bigint;
ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent NOT VALID;
ANALYZE big;
VACUUM parent;
TRUNCATE log;
SELECT f_sql(3);
SELECT f_sql(id) FROM parent WHERE id < 5;
SELECT f_inline(2), f_inline(id) FROM parent LIMIT 3;
SELECT * FROM f_set();
SELECT f_set() LIMIT 2;
SELECT f_immutable();
SELECT 1 FROM parent WHERE id = f_immutable();
SELECT f_loop();
SELECT f_deep(4);
CALL p_commit();
DO $$ BEGIN PERFORM f_deep(2); EXECUTE 'SELECT $1 + 1' USING 4; END $$;
SET ROLE other;
SELECT count(*) FROM parent;
SELECT f_definer();
INSERT INTO parent VALUES (900, 'not allowed');
RESET ROLE;
SELECT k, count(*), max(pad) FROM big GROUP BY k ORDER BY k;
SELECT count(*) FROM big WHERE pad LIKE '%y%';
SELECT sum(f_parallel(id)) FROM big;
SELECT * FROM big a JOIN big b USING (id) ORDER BY a.pad, b.k DESC LIMIT 5;
CREATE TEMP TABLE t AS SELECT * FROM big;
UPDATE t SET k = k + 1;
SELECT count(*) FROM t;
SELECT 1 / (id - 3) FROM parent;
SELECT 1 / 0;
SELECT no_such_column FROM parent;
BEGIN; SELECT 41; SAVEPOINT s; SELECT 1 / (id - 4) FROM parent; ROLLBACK TO s; SELECT 42; COMMIT;
SET statement_timeout = '1s'; SELECT pg_sleep(100); RESET statement_timeout;
SELECT lo_create(0) > 0;
SET enable_seqscan = off; SELECT count(*) FROM parent WHERE id = 7; RESET enable_seqscan;
SELECT pg_catalog.set_config('work_mem', '1MB', false);
NOTIFY somebody;
SELECT xact_commit >= 0 FROM pg_stat_database LIMIT 1;
SQL

sub run_statements
{
	my ($settings) = @_;
	# Both resets in one transaction of another database, which is not compared.
	$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset(), pk_workload_reset()');
	$node->psql('compared', "$settings\n$statements", on_error_stop => 0);
	# Prepared and extended protocol, portals that bind a value of their own each time.
	append_to_file($node->basedir . '/bound.sql',
		"\\set id random(1, 40)\nSELECT v FROM parent WHERE id = :id;\nUPDATE big SET k = :id WHERE id = :id;\n");
	foreach my $protocol (qw(simple extended prepared))
	{
		$node->command_ok([ 'pgbench', '-n', '-M', $protocol, '-t', '100', '-c', '3', '-f', $node->basedir . '/bound.sql', 'compared' ],
			"pgbench by the $protocol protocol");
	}
	return;
}

my @columns = qw(calls rows shared_blks_hit shared_blks_read shared_blks_dirtied shared_blks_written local_blks_hit
  local_blks_read local_blks_dirtied local_blks_written temp_blks_read temp_blks_written wal_records wal_fpi wal_bytes);

# Rows of both that differ.  Before 17, pg_stat_statements calls what runs inside a utility statement top level.
sub differences_in
{
	my ($where, @compared) = @_;
	my $key = $version >= 170000 ? 'dbid, userid, queryid, toplevel' : 'dbid, userid, queryid';
	my $sums = join ', ', map { "sum($_) AS $_" } @compared;
	my $differ = join ' OR ', map { "coalesce(o.$_, 0) <> coalesce(t.$_, 0)" } @compared;
	return $node->safe_psql('postgres', <<SQL);
	WITH ours AS (SELECT $key, $sums, sum(total_ms) AS ms FROM pk_workload WHERE calls > 0 GROUP BY $key),
	theirs AS (SELECT $key, $sums, sum(total_exec_time) AS ms, min(query) AS query FROM pg_stat_statements
		WHERE calls > 0 GROUP BY $key)
	SELECT t.query, to_jsonb(o) AS ours, to_jsonb(t) AS theirs FROM ours o FULL JOIN theirs t USING ($key)
	WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'compared')
	  AND $where AND ($differ OR abs(coalesce(o.ms, 0) - coalesce(t.ms, 0)) > 0.001 + 0.0001 * t.ms)
SQL
}

run_statements('');
my $often = q{(t.query ~ 'fetched_(often|by)')};
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_statements s, pg_database d WHERE d.oid = dbid AND datname = 'compared'}),
	'>', 65, 'many statements are compared');
is(differences_in("$often IS NOT TRUE", @columns), '', 'all counters agree');
is(differences_in("$often IS TRUE", grep { $_ ne 'rows' || $version >= 160000 } @columns),
	'', 'and so for what was fetched piecewise');
# Before 16, pg_stat_statements counts the rows of the last fetch only; before 18, the server does not
# identify the statement of a DECLARE CURSOR.
is($node->safe_psql('postgres', q{SELECT substring(s.query from 'fetched_\w+'), sum(w.rows)
	FROM pk_workload w JOIN (SELECT DISTINCT queryid, query FROM pg_stat_statements) s USING (queryid)
	WHERE s.query ~ 'fetched_' AND s.query !~ 'fetched_by_sql' GROUP BY 1 ORDER BY 1}),
	join("\n", grep { $version >= 180000 || !/by_cursor|once/ && ($version >= 170000 || !/by_psql/) }
		qw(fetched_by_cursor|30 fetched_by_plpgsql|3 fetched_by_psql|100 fetched_often|200 fetched_often_too|60 fetched_once|7)),
	'the rows of all fetches are counted');

is($node->safe_psql('postgres', q{SELECT sum(failed), sum(cancelled) FROM pk_workload WHERE database = 'compared' AND toplevel}),
	'6|1', 'failed and cancelled executions stand in columns of their own');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pk_workload WHERE calls <> (SELECT sum(b.calls) FROM pk_latency_buckets(latency) b)
	AND calls > 0}), '0', 'histograms hold every call');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pk_workload WHERE NOT p50_ms BETWEEN min_ms AND max_ms OR p99_ms < p50_ms'),
	'0', 'percentiles are in order');

# Plannings, which pg_stat_statements counts where asked to.
run_statements('SET pg_stat_statements.track_planning = on;');
is(differences_in('true', 'calls'), '', 'calls agree where plannings are measured too');
my $plans = <<'SQL';
	WITH compared AS (SELECT query, o.plans AS ours, t.plans AS theirs, o.ms AS our_ms, t.ms AS their_ms
		FROM (SELECT dbid, userid, queryid, sum(plans) AS plans, sum(plan_ms) AS ms FROM pk_workload GROUP BY 1, 2, 3) o
		FULL JOIN (SELECT dbid, userid, queryid, sum(plans) AS plans, sum(total_plan_time) AS ms, min(query) AS query
			FROM pg_stat_statements GROUP BY 1, 2, 3) t USING (dbid, userid, queryid)
		WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'compared') AND t.plans > 0)
SQL
is($node->safe_psql('postgres', "$plans SELECT query, ours, theirs FROM compared WHERE ours IS DISTINCT FROM theirs"),
	'', 'plannings agree');
# Theirs is measured inside ours, which also has what it takes them to note it down; a session that is put off just then
# waits long, but few do.
is($node->safe_psql('postgres', "$plans SELECT sum(our_ms) >= sum(their_ms), percentile_cont(0.5) WITHIN GROUP (ORDER BY our_ms / nullif(their_ms, 0)) < 1.75 FROM compared"),
	't|t', 'and so does their time');

server_ok($node, 'after all statements');
$node->stop;
done_testing();

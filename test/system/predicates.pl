# Predicates: parallel plans, restarts, little room, cancels.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "pg_perfkit.predicate_rate = 1000000\npg_perfkit.predicate_max = 100\npg_perfkit.slow_plan_ms = -1");

sub value
{
	my ($query) = @_;
	return $node->safe_psql('postgres', "SET pg_perfkit.predicate_rate = 0; $query");
}

sub measured
{
	my ($query) = @_;
	return $node->safe_psql('postgres', $query);
}

value('CREATE TABLE t (a int, b int, c text); INSERT INTO t SELECT i, i % 10, i FROM generate_series(1, 20000) i; ANALYZE t');

subtest 'parallel plans are measured as a whole' => sub {
	my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2';
	my $query = 'SELECT b, count(*) FROM t WHERE a <= 10000 GROUP BY b';
	like(value("$parallel; EXPLAIN $query"), qr/Workers Planned/, 'the plan is parallel');
	measured("$parallel; $query");
	is(value(q{SELECT kind, rows_in, rows_out, executions FROM pk_predicates WHERE relation = 't'::regclass AND kind IN ('filter', 'group') ORDER BY kind}),
		"filter|20000|10000|1\ngroup|10000|10|1", 'rows of all workers');
	is(value(q{SELECT estimate_ratio BETWEEN 0.9 AND 1.1 FROM pk_predicates WHERE relation = 't'::regclass AND kind = 'filter'}), 't', 'and estimates of all');
};

subtest 'restarts' => sub {
	my $query = q{SELECT relation, kind, predicate, executions, rows_in, rows_out FROM pk_predicates WHERE relation = 't'::regclass ORDER BY kind, predicate};
	my $before = value($query);
	$node->restart;
	is(value($query), $before, 'a clean one keeps them');
	isnt($before, '', 'those there are');
	$node->stop;
	$node->append_conf('postgresql.conf', 'pg_perfkit.predicate_max = 101');
	$node->start;
	is(value($query), '', 'another size does not');
};

subtest 'little room' => sub {
	measured(join ';', map { my $i = $_; "SELECT FROM t WHERE length(c || '$i') " . ('+ 1 ' x $i) . '> 0 LIMIT 1' } 1 .. 150);
	is(value('SELECT predicates, predicate_evictions > 0 FROM pk_workload_info()'), '101|t', 'some make room');
	is(value(q{SELECT count(*) > 10, bool_and(octet_length(predicate) <= 768), bool_or(truncated) FROM pk_predicates}), 't|t|t', 'long ones are cut');
	my $queryid = value('SELECT queryids[1] FROM pk_predicates LIMIT 1');
	value("SELECT pk_workload_reset(NULL, NULL, $queryid)");
	is(value("SELECT count(*) FROM pk_predicates WHERE $queryid = ANY (queryids)"), '0', 'a reset forgets those of one query');
	isnt(value('SELECT count(*) FROM pk_predicates'), '0', 'and no others');
	value('SELECT pk_workload_reset()');
	is(value('SELECT count(*) FROM pk_predicates'), '0', 'or all');
};

subtest 'expressions that grow with each level of a query' => sub {
	value('SELECT pk_workload_reset()');
	my $query = 'SELECT a::numeric AS x FROM t WHERE b = 3';
	$query = "SELECT x + x AS x FROM ($query OFFSET 0) AS s" foreach 1 .. 24;
	is(measured("SELECT count(*) FROM ($query OFFSET 0) AS s WHERE x <> 0"), '2000', 'one of 2^24 terms is no obstacle');
	is(value(q{SELECT string_agg(predicate, ' ') FROM pk_predicates}), '(b = ?)', 'and not kept');
};

subtest 'a session that holds the lock stops nobody' => sub {
	while_lock_is_held($node, 'pg_perfkit_predicates', 'pk_predicates', sub {
		is(measured(join '', map { "SELECT a FROM t WHERE a = $_ ORDER BY b;" } 1 .. 50), join("\n", 1 .. 50), 'queries run');
	});
	measured('SELECT a FROM t WHERE a = 1 ORDER BY b');
	is(value(q{SELECT executions FROM pk_predicates WHERE predicate = '(a = ?)' AND kind = 'filter'}), '1', 'and it goes on');
};

subtest 'many sessions, with cancels' => sub {
	value('CREATE FUNCTION f(x int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN IF x % 7 = 0 THEN PERFORM pg_sleep(60); END IF; RETURN (SELECT count(*) FROM t WHERE a < x); END $$');
	my $script = $node->basedir . '/some.sql';
	append_to_file($script, "\\set x random(1, 100)\nSET statement_timeout = 0;\nBEGIN;\nSELECT count(*) FROM t WHERE a = :x AND b < :x;\nCOMMIT;\nSET statement_timeout = 500;\nDO \$\$ BEGIN PERFORM f(:x); EXCEPTION WHEN query_canceled THEN NULL; END \$\$;\n");
	$node->command_ok([ 'pgbench', '-n', '-c', 8, '-t', 20, '-f', $script, 'postgres' ], 'all go on');
	is(value(q{SELECT executions BETWEEN 80 AND 160 FROM pk_predicates WHERE predicate = '((b < ?) AND (a = ?))' OR predicate = '((a = ?) AND (b < ?))'}), 't', 'each is counted at most once, and few are lost to those who held the lock just then');
	is(value(q{SELECT count(*) FILTER (WHERE predicate = '(a < ?)') FROM pk_predicates WHERE kind = 'filter' AND relation = 't'::regclass}), '1', 'and what ended well in functions');
};

done_testing();

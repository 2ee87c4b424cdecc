# Capture beyond one session: locks, idle sessions, settings, privileges, eviction, failures, and the way without preload.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "pg_perfkit.workload_max = 100\npg_stat_statements.max = 5000\n"
	  . "pg_stat_statements.track = all\npg_stat_statements.track_utility = off");
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE t (id int PRIMARY KEY, v int);
INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) i;
CREATE ROLE reader;
CREATE ROLE owner LOGIN;
GRANT SELECT ON t TO owner;
CREATE DATABASE elsewhere;
SQL

sub value
{
	my ($query, $database) = @_;
	return $node->safe_psql($database // 'postgres', $query);
}

# The row of the one statement whose queryid pg_stat_statements knows by this text.
sub counted
{
	my ($what, $text) = @_;
	return value("SELECT $what FROM pk_workload JOIN (SELECT DISTINCT queryid FROM pg_stat_statements WHERE query LIKE "
		  . literal($text) . ') s USING (queryid)');
}

subtest 'an idle session keeps nothing back' => sub {
	my $session = $node->background_psql('postgres');
	$session->query_safe('SELECT v FROM t WHERE id = 1 AND v IS NOT NULL');
	is(counted('calls', '%v IS NOT NULL'), '1', 'its counts are seen at once');
	$session->query_safe('SELECT v FROM t WHERE id = 2 AND v IS NOT NULL');
	is(counted('calls', '%v IS NOT NULL'), '2', 'and the next ones too');
	$session->quit;
};

subtest 'a session that holds the lock stops nobody' => sub {
	append_to_file($node->basedir . '/select.sql', "\\set id random(1, 1000)\nSELECT v FROM t WHERE id = :id;\n");
	while_lock_is_held($node, 'pg_perfkit_workload', 'pk_workload', sub {
		local $ENV{PGAPPNAME} = 'pgbench';    # the test modules set it to the test's name
		$node->command_ok([ 'pgbench', '-n', '-M', 'prepared', '-t', '3000', '-c', '4', '-f', $node->basedir . '/select.sql', 'postgres' ],
			'12,000 transactions');
	});
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pgbench'});
	is(counted('calls, rows', 'SELECT v FROM t WHERE id = $1'), '12000|12000', 'and then nothing is missing');
	is(value('SELECT lost_events, damaged FROM pk_workload_info()'), '0|0', 'no event was lost');
};

subtest 'databases and roles can be left out' => sub {
	value('ALTER DATABASE elsewhere SET pg_perfkit.workload = off; ALTER ROLE owner SET pg_perfkit.workload = off');
	value('SELECT 1, 1, 1, 1, 1', 'elsewhere');
	is(value("SELECT count(*) FROM pk_workload WHERE database = 'elsewhere'"), '0', 'a database');
	$node->safe_psql('postgres', 'SELECT v FROM t WHERE id = 5', extra_params => [ '-U', 'owner' ]);
	is(value("SELECT count(*) FROM pk_workload WHERE role = 'owner'"), '0', 'a role');
	my ($code, undef, $error) = $node->psql('postgres', 'SET pg_perfkit.workload = off', extra_params => [ '-U', 'owner' ]);
	like($error, qr/permission denied to set parameter/, 'not by its own choice');
	value('ALTER DATABASE elsewhere RESET pg_perfkit.workload; ALTER ROLE owner RESET pg_perfkit.workload');
	value('SELECT 1, 1, 1, 1, 1', 'elsewhere');
	is(value("SELECT sum(calls) FROM pk_workload WHERE database = 'elsewhere'"), '1', 'and again taken in');
};

subtest 'privileges' => sub {
	$node->safe_psql('postgres', 'SELECT v, v FROM t WHERE id = 5', extra_params => [ '-U', 'owner' ]);
	my $visible = q{SELECT role, bool_and(queryid IS NOT NULL) FROM pk_workload WHERE role IN ('owner', 'postgres') GROUP BY 1 ORDER BY 1};
	is($node->safe_psql('postgres', $visible, extra_params => [ '-U', 'owner' ]), "owner|t\npostgres|f", 'one sees what one ran');
	value('GRANT pg_read_all_stats TO owner');
	is($node->safe_psql('postgres', $visible, extra_params => [ '-U', 'owner' ]), "owner|t\npostgres|t", 'and with pg_read_all_stats everything');
	my ($code, undef, $error) = $node->psql('postgres', 'SELECT pk_workload_reset()', extra_params => [ '-U', 'owner' ]);
	like($error, qr/permission denied for function pk_workload_reset/, 'but cannot reset it');
	value('GRANT EXECUTE ON FUNCTION pk_workload_reset TO owner');
	is($node->psql('postgres', 'SELECT pk_workload_reset()', extra_params => [ '-U', 'owner' ]), 0, 'unless allowed to');
};

subtest 'failures and cancels' => sub {
	value('SELECT pk_workload_reset()');
	$node->psql('postgres', 'SELECT 1 / (id - 7) FROM t') foreach 1 .. 3;
	$node->psql('postgres', 'SET statement_timeout = 2000; SELECT pg_sleep(60 + id) FROM t') foreach 1 .. 2;
	$node->psql('postgres', 'DO $$ BEGIN PERFORM 1 / (id - 8), id FROM t; EXCEPTION WHEN others THEN NULL; END $$');
	$node->psql('postgres', 'SELECT v FROM t WHERE id = 1; SELECT v / 0 FROM t WHERE id = 1');
	is(value(q{SELECT sum(failed) FILTER (WHERE toplevel), sum(failed) FILTER (WHERE NOT toplevel), sum(cancelled) FROM pk_workload}),
		'4|1|2', 'are counted where they happened');
	is(value('SELECT lost_ms BETWEEN 1000 AND 600000 FROM pk_workload WHERE cancelled = 2'), 't', 'with the time that they took');
	is(value('SELECT sum(calls) FROM pk_workload WHERE failed + cancelled > 0'), '0', 'and are not calls');
};

subtest 'executions that fail as they begin' => sub {
	$node->safe_psql('postgres', <<'SQL');
CREATE ROLE beginner;
CREATE TABLE parts (k int) PARTITION BY RANGE (k);
CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE other_part PARTITION OF parts FOR VALUES FROM (10) TO (20);
CREATE TABLE closed (k int);
GRANT SELECT ON parts, part, other_part TO beginner;
CREATE FUNCTION three() RETURNS int STABLE LANGUAGE plpgsql AS $$
BEGIN BEGIN PERFORM * FROM closed; EXCEPTION WHEN others THEN NULL; END; RETURN 3; END $$;
CREATE FUNCTION divides() RETURNS int STABLE SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / (k - k) FROM closed; END $$;
INSERT INTO closed VALUES (1);
SQL
	my $failed = q{SELECT string_agg(concat_ws(' ', role, toplevel, n), ', ' ORDER BY role, toplevel)
		FROM (SELECT role, toplevel, sum(failed) AS n FROM pk_workload WHERE failed > 0 GROUP BY 1, 2) f};
	my $counts = sub {
		my ($sql, $expected, $name) = @_;
		value('SELECT pk_workload_reset()');
		$node->psql('postgres', $sql, on_error_stop => 0);
		is(value($failed), $expected, $name);
	};
	my $superuser = value('SELECT current_user');
	$counts->('BEGIN; SET LOCAL ROLE beginner; SELECT * FROM closed', 'beginner t 1', 'as who began, though its role ends with the transaction');
	$counts->('SET ROLE beginner; BEGIN; SAVEPOINT a; SELECT * FROM closed; ROLLBACK TO a; SELECT 1; COMMIT', 'beginner t 1', 'in a subtransaction');
	$counts->('BEGIN READ ONLY; INSERT INTO closed VALUES (1)', "$superuser t 1", 'a write where there may be none');
	$counts->(q{DO $$ BEGIN SET LOCAL ROLE beginner; PERFORM * FROM closed; EXCEPTION WHEN others THEN NULL; END $$}, 'beginner f 1', 'inside of another');
	# Called to prune partitions when the statement is planned, and again when it begins.
	my $rows = q{SELECT string_agg(concat_ws(' ', role, toplevel, calls, failed), ', ' ORDER BY role, toplevel, calls)
		FROM pk_workload WHERE failed > 0 OR query LIKE '%k = three()'};
	value('SELECT pk_workload_reset()');
	$node->safe_psql('postgres', 'SET ROLE beginner; SELECT count(*) FROM parts WHERE k = three()');
	like(value($rows), qr/^beginner f 0 [1-9], beginner t 0 1, beginner t 1 0$/, 'what a function catches meanwhile is its own failure');
	$counts->('SET ROLE beginner; SELECT divides()', "beginner t 1, $superuser f 1", 'of a caller whose function has another role');
	$node->safe_psql('postgres', 'DROP TABLE parts, closed; DROP FUNCTION three, divides; DROP ROLE beginner');
};

subtest 'eviction by usage, and totals that remain' => sub {
	value('SELECT pk_workload_reset()');
	my $busy = 'SELECT v FROM t WHERE id = 9;' x 20;
	my $many = join '', map { 'SELECT ' . join(', ', ('id') x $_) . " FROM t WHERE id = 1;\n" . ($_ % 10 == 0 ? $busy : '') } 1 .. 300;
	value($many);
	is(value('SELECT entries <= max_entries AND max_entries = 100 AND evictions >= 200 FROM pk_workload_info()'), 't', 'the table stays in bounds');
	is(counted('calls', 'SELECT v FROM t WHERE id = $1'), '600', 'the busy one stays');
	cmp_ok(value('SELECT calls FROM pk_workload_total() WHERE toplevel'), '>=', 900, 'what went is in the total');
};

subtest 'reset' => sub {
	value('SELECT 1', 'elsewhere');
	my ($code, undef, $error) = $node->psql('postgres', q{SELECT pk_workload_reset('nowhere')});
	like($error, qr/database "nowhere" does not exist/, 'an unknown database');
	(undef, undef, $error) = $node->psql('postgres', q{SELECT pk_workload_reset(role => 'nobody')});
	like($error, qr/role "nobody" does not exist/, 'an unknown role');
	cmp_ok(value(q{SELECT pk_workload_reset('elsewhere')}), '>=', 1, 'one database');
	is(value(q{SELECT count(*) FILTER (WHERE database = 'elsewhere'), count(*) > 5 FROM pk_workload}), '0|t', 'and not the others');
	is(value(q{SELECT pk_workload_reset(queryid => queryid) FROM pk_workload WHERE calls = 600}), '1', 'one query');
	is(value(q{SELECT count(*) FROM pk_workload WHERE calls = 600}), '0', 'is gone');
	cmp_ok(value('SELECT calls FROM pk_workload_total() WHERE toplevel'), '>=', 900, 'totals stay');
	value('SELECT pk_workload_reset()');
	cmp_ok(value('SELECT calls FROM pk_workload_total() WHERE toplevel'), '<', 5, 'until everything is reset');
};

server_ok($node, 'preloaded');

subtest 'query identifiers turned off' => sub {
	$node->append_conf('postgresql.conf', 'compute_query_id = off');
	$node->reload;
	$node->poll_query_until('postgres', q{SELECT state = 'off: compute_query_id is off' FROM pk_workload_info()});
	is(value('SELECT state FROM pk_workload_info()'), 'off: compute_query_id is off', 'info says so');
};

subtest 'without preload' => sub {
	$node->append_conf('postgresql.conf', "compute_query_id = auto\nshared_preload_libraries = 'pg_stat_statements'");
	$node->restart;
	value('SELECT 1, 2');
	my ($code, $out, $notice) = $node->psql('postgres', q{SELECT count(*) > 0, bool_and(p99_ms IS NULL) FROM pk_workload WHERE calls > 0});
	is($out, 't|t', 'rows come from pg_stat_statements');
	like($notice, qr/NOTICE:  pg_perfkit captures no workload: showing what pg_stat_statements has\nDETAIL:  Missing: latency percentiles/,
		'a notice says what is missing');
	like($notice, qr/HINT:  Add pg_perfkit to shared_preload_libraries/, 'and what to do');
	is(value(q{SELECT count(*) FROM (SELECT dbid, userid, queryid, calls, rows, total_ms FROM pk_workload
		EXCEPT SELECT dbid, userid, queryid, calls, rows, total_exec_time FROM pg_stat_statements) d WHERE calls > 1}), '0', 'unchanged');
	is(value('SELECT state, entries FROM pk_workload_info()'), 'off: pg_perfkit is not in shared_preload_libraries|', 'info says so');
	(undef, undef, my $error) = $node->psql('postgres', 'SELECT * FROM pk_workload_total()');
	like($error, qr/ERROR:  pg_perfkit captures no workload\nHINT/, 'what needs capture says so');

	create_extension($node, 'elsewhere');
	($code, $out, $notice) = $node->psql('elsewhere', 'SELECT count(*) FROM pk_workload');
	is($out, '0', 'without pg_stat_statements in the database there is nothing');
	like($notice, qr/there is nothing to show/, 'and a notice says so');
	$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
	$node->restart;
	($code, $out) = $node->psql('postgres', 'SELECT count(*) FROM pk_workload');
	is("$code $out", '0 0', 'nor where pg_stat_statements is not preloaded');
};

server_ok($node, 'without preload');
$node->stop;
done_testing();

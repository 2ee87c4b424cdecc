# 64 sessions, random cancels, a backend killed, restarts: capture survives what the server survives.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $node = perfkit_node('main', conf => "max_connections = 100\nrestart_after_crash = on\n"
	  . "pg_perfkit.workload_max = 1000\npg_perfkit.workload_flush_interval = 20ms");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id int PRIMARY KEY, v int);
INSERT INTO t SELECT i, 0 FROM generate_series(1, 10000) i;
CREATE FUNCTION risky(x int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM 1 / (x % 5);
	RETURN (SELECT v FROM t WHERE id = x);
EXCEPTION WHEN division_by_zero THEN RETURN -1;
END $$;
SQL
append_to_file($node->basedir . '/mixed.sql', <<'SQL');
\set id random(1, 10000)
SELECT v FROM t WHERE id = :id;
UPDATE t SET v = v + 1 WHERE id = :id;
SELECT risky(:id);
SELECT count(*), pg_sleep(0.0005) FROM t WHERE id BETWEEN :id AND :id + 50;
\sleep 100 ms
SQL
append_to_file($node->basedir . '/counted.sql', "\\set id random(1, 10000)\nSELECT v, v FROM t WHERE id = :id;\n");

# 64 sessions, each made anew when something ends it, until stopped.
my $go = $node->basedir . '/go';

sub sessions
{
	append_to_file($go, '');
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	local $ENV{PGAPPNAME} = 'pgbench';    # the test modules set it to the test's name
	my $pgbench = 'pgbench -n -M prepared -T 5 -f ' . $node->basedir . '/mixed.sql -c 1 postgres >/dev/null 2>&1';
	my $all = IPC::Run::start([ 'sh', '-c', "for i in \$(seq 64); do while [ -e '$go' ]; do $pgbench; done & done; wait" ]);
	$node->poll_query_until('postgres', q{SELECT count(*) >= 32 FROM pg_stat_activity WHERE application_name = 'pgbench'})
	  or die 'the sessions do not start';
	return $all;
}

sub stop_sessions
{
	my ($all) = @_;
	unlink $go;
	$all->finish;
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'pgbench'});
	return;
}

my $victims = q{SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbench' ORDER BY random() LIMIT 8};

sub cancel_some
{
	my ($times) = @_;
	foreach (1 .. $times)
	{
		$node->psql('postgres', "SELECT pg_cancel_backend(pid) FROM ($victims) v");
		$node->psql('postgres', 'SELECT count(*) FROM pk_workload');
		$node->psql('postgres', 'SELECT pg_terminate_backend(pid) FROM (' . $victims =~ s/8/1/r . ') v');
	}
	return;
}

sub consistent
{
	my ($name) = @_;
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pk_workload WHERE calls <> coalesce((SELECT sum(b.calls) FROM pk_latency_buckets(latency) b), 0)
		OR calls < 0 OR rows < 0 OR NOT coalesce(min_ms <= mean_ms AND mean_ms <= max_ms, calls = 0)}), '0', "$name: every row makes sense");
	is($node->safe_psql('postgres', q{SELECT lost_events, damaged, evictions FROM pk_workload_info()}), '0|0|0', "$name: nothing lost, nothing damaged");
	return;
}

my $sessions = sessions();
cancel_some(15);
# On a slow machine they may all have met sessions that were just waiting for their turn.
my $counted = q{SELECT sum(cancelled) > 0 AND sum(failed) > 0 FROM pk_workload};
foreach (1 .. 100)
{
	last if $node->safe_psql('postgres', $counted) eq 't';
	cancel_some(1);
}
stop_sessions($sessions);
consistent('after cancels');
is($node->safe_psql('postgres', $counted), 't', 'cancels and failures were counted');
# All rows there are, so the totals have to be their sum (this very query's own call ends later in both).
is($node->safe_psql('postgres', q{SELECT (SELECT sum(calls) FROM pk_workload) = (SELECT sum(calls) FROM pk_workload_total())}),
	't', 'the totals are the sum of the rows');

# What sessions did is all there, however they end.
$node->command_ok([ 'pgbench', '-n', '-M', 'prepared', '-t', '20', '-c', '64', '-C', '-f', $node->basedir . '/counted.sql', 'postgres' ],
	'1,280 short sessions');
is($node->safe_psql('postgres', q{SELECT calls FROM pk_workload WHERE calls >= 1280 AND rows = calls ORDER BY abs(calls - 1280) LIMIT 1}),
	'1280', 'each counted');

$sessions = sessions();
my $log_start = -s $node->logfile;
my $killed = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
# One that stays until it is killed.
my $victim = $node->background_psql('postgres', on_error_stop => 0);
kill KILL => $victim->query_safe('SELECT pg_backend_pid()');
$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log_start);
$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'the server does not come back';
is($node->safe_psql('postgres', "SELECT state, since > '$killed' FROM pk_workload_info()"),
	'on|t', 'after kill -9 of a backend counting begins anew');
$victim->{run}->kill_kill;
stop_sessions($sessions);
consistent('after a crash');
is($node->safe_psql('postgres', q{SELECT sum(calls) > 0 FROM pk_workload}), 't', 'and goes on');

$node->stop('immediate');
$node->start;
consistent('after an immediate shutdown');
$node->command_ok([ 'pgbench', '-n', '-t', '10', '-c', '64', '-f', $node->basedir . '/mixed.sql', 'postgres' ], '64 sessions again');
consistent('at the end');
my $memory = $node->safe_psql('postgres', 'SELECT memory_bytes FROM pk_workload_info()');
$node->safe_psql('postgres', 'SELECT count(*) FROM pk_workload') foreach 1 .. 3;
is($node->safe_psql('postgres', q{SELECT allocated_size BETWEEN } . $memory . ' AND ' . ($memory + 4096) . q{ FROM (SELECT sum(allocated_size) AS allocated_size FROM pg_shmem_allocations WHERE name IN ('pg_perfkit workload', 'pg_perfkit samples', 'pg_perfkit plans', 'pg_perfkit predicates')) a}),
	't', 'shared memory of capture is what info says');
$node->stop;
done_testing();

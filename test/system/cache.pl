# The watch over shared_buffers: a forecast appears, and its worker is in nobody's way.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Perfkit;

my $advice = q{SELECT string_agg(split_part(status, ':', 1), '|' ORDER BY factor) FROM pk_cache_advice()};

# Without preload it says what to do.
my $bare = perfkit_node('bare', preload => '');
foreach my $call ('SELECT * FROM pk_cache_advice()', 'SELECT pk_cache_advice_reset()')
{
	my ($code, $out, $error) = $bare->psql('postgres', "\\set VERBOSITY verbose\n$call");
	like($error, qr/ERROR:  55000: .*HINT:  Add pg_perfkit to shared_preload_libraries and restart/s, "$call without preload");
}
$bare->stop;

my $node = perfkit_node('main', init => [ allows_streaming => 1 ],
	conf => "shared_buffers = 1MB\nautovacuum = on\nautovacuum_naptime = 1s\nrestart_after_crash = on\nlog_min_messages = log");
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id int PRIMARY KEY, filler text);
ALTER TABLE t ALTER filler SET STORAGE PLAIN;
INSERT INTO t SELECT i, repeat('x', 1100) FROM generate_series(1, 3500) i;
VACUUM ANALYZE t;
SQL
append_to_file($node->basedir . '/uniform.sql', "\\set id random(1, 3500)\nSELECT filler FROM t WHERE id = :id;\n");
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;

# Reads of blocks, four times as many as shared_buffers, until there is a forecast, and these reads are most of what it is
# made from: three of four accesses are hits then.  At most a minute.  Not at full speed, so that the worker gets its turn on
# a machine of few cores.
sub learnt
{
	my ($server, $name) = @_;
	my ($status, $settled) = ('', '');
	foreach (1 .. 30)
	{
		$server->command_ok([ 'pgbench', '-n', '-c', '2', '-T', '2', '-R', '4000', '-f', $node->basedir . '/uniform.sql', 'postgres' ], "$name: reads");
		$status = $server->safe_psql('postgres', $advice);
		$settled = $server->safe_psql('postgres', 'SELECT hit_percent < 80 FROM pk_cache_advice() WHERE factor = 1');
		last if $settled eq 't' && $status =~ /^\w+\|observed\|(ready|rough)\|(ready|rough)$/;
	}
	like("$settled|$status", qr/^t\|\w+\|observed\|(ready|rough)\|(ready|rough)$/, "$name: there is a forecast");
	return;
}

# What must hold of any: more memory, more hits; the present size as the server counts; all of the table fits in four times.
# Of a rough one, as on a busy machine, less precisely.
sub sensible
{
	my ($server, $name) = @_;
	is($server->safe_psql('postgres', <<'SQL'), 't|t|t|t|t|t|t', "$name: the forecast is sensible")
WITH advice AS MATERIALIZED (SELECT * FROM pk_cache_advice())
SELECT a.hit_percent < b.hit_percent - least, b.hit_percent < c.hit_percent - least, c.hit_percent > 90 + least, b.low_percent <= b.hit_percent AND b.hit_percent <= b.high_percent,
       c.reads_percent < b.reads_percent AND b.reads_percent < 100, b.shared_buffers_bytes = 2 * a.shared_buffers_bytes, a.double_buffered_percent BETWEEN 0 AND 100
FROM advice a, advice b, advice c,
     LATERAL (SELECT CASE WHEN 'ready' = ALL (ARRAY[b.status, c.status]) THEN 5 ELSE 0.5 END AS least) l WHERE a.factor = 1 AND b.factor = 2 AND c.factor = 4
SQL
	  or diag($server->safe_psql('postgres', 'SELECT factor, hit_percent, low_percent, high_percent, status, seen_percent FROM pk_cache_advice()'));
	return;
}

# Half the size takes longer, and is not to be told where half of so few buffers is used between two looks: so more slowly.
sub learnt_half
{
	my ($server, $name) = @_;
	my $status = '';
	foreach (1 .. 40)
	{
		$server->command_ok([ 'pgbench', '-n', '-c', '2', '-T', '3', '-R', '2000', '-f', $node->basedir . '/uniform.sql', 'postgres' ], "$name: reads, slowly");
		$status = $server->safe_psql('postgres', 'SELECT status FROM pk_cache_advice() WHERE factor = 0.5');
		last if $status =~ /^(ready|rough)/;
	}
	# A machine may be too busy for the worker to look often enough; then it has to say so.
	like($status, qr/^(ready|rough|learning|unknown: most)/, "$name: there is a forecast for half the size, or why not");
	if ($status =~ /^(ready|rough)/)
	{
		is($server->safe_psql('postgres', <<'SQL'), 't|t|t|t', "$name: half the size reads more");
WITH advice AS MATERIALIZED (SELECT * FROM pk_cache_advice())
SELECT h.low_percent <= h.hit_percent AND h.hit_percent <= h.high_percent AND h.high_percent <= a.hit_percent, h.hit_percent < a.hit_percent,
       h.hit_percent > 30, h.reads_percent > 100
FROM advice h, advice a WHERE h.factor = 0.5 AND a.factor = 1
SQL
	}
	return;
}

learnt($node, 'primary');
sensible($node, 'primary');
learnt_half($node, 'primary');
learnt($standby, 'standby');
sensible($standby, 'standby');
$standby->promote;
$standby->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pk_cache_advice() WHERE status = 'observed'})
  or die 'the watch does not outlive promotion';
pass('promotion ends no watch');
server_ok($standby, 'standby');
$standby->stop;

# Reset, and off and on.
my $since = $node->safe_psql('postgres', 'SELECT max(since) FROM pk_cache_advice()');
is($node->safe_psql('postgres', "SELECT pk_cache_advice_reset(); $advice"), "\nlearning|learning|learning|learning", 'reset forgets at once');
ok($node->poll_query_until('postgres', "SELECT max(since) > '$since' FROM pk_cache_advice()"), 'and begins anew');
$node->safe_psql('postgres', 'ALTER SYSTEM SET pg_perfkit.cache_watch = off');
$node->reload;
ok($node->poll_query_until('postgres', q{SELECT bool_and(status = 'off: pg_perfkit.cache_watch is off' AND hit_percent IS NULL) FROM pk_cache_advice()}), 'off says off');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET pg_perfkit.cache_watch');
$node->reload;
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pk_cache_advice() WHERE status LIKE 'off%'}), 'on says what it does');

# The worker is in no database, and no lock or snapshot of it is in the way.
$node->safe_psql('postgres', 'CREATE DATABASE gone');
$node->command_ok([ 'pgbench', '-i', '-q', '-s', '1', 'gone' ], 'a database with pages in shared_buffers');
sleep 2;
is($node->safe_psql('postgres', q{SET statement_timeout = '30s'; DROP DATABASE gone; SELECT count(*) FROM pg_database WHERE datname = 'gone'}), '0',
	'a database can be dropped while its pages are watched');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks l WHERE l.pid NOT IN (SELECT pid FROM pg_stat_activity)}), '0', 'the worker holds no lock');

# The worker by its parent, since it is no session that pg_stat_activity shows.
sub worker
{
	my $parent = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	foreach (1 .. 1800)
	{
		my ($pids) = run_command([ 'pgrep', '-P', $parent, '-f', 'pg_perfkit cache' ]);
		return $pids if $pids;
		select undef, undef, undef, 0.1;
	}
	die 'no worker';
}

SKIP:
{
	skip 'not applicable: no pgrep', 4 if !eval { run_command([ 'pgrep', '-V' ]); 1 };

	# Ended by a signal it comes back, and the others do not notice.
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $old = worker();
	kill TERM => $old;
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 4 FROM pk_cache_advice() WHERE status LIKE 'off: the worker is not running%'}), 'a worker that was ended is missed');
	my $new = $old;
	$new = worker() while $new eq $old;
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pk_cache_advice() WHERE status LIKE 'off%'}), 'and started again');
	is($session->query('SELECT 1'), '1', 'no session was disturbed');
	$session->quit;

	# Killed, it takes the server with it, as any process that has shared memory; and comes back with it.
	my $log_start = -s $node->logfile;
	kill KILL => worker();
	$node->wait_for_log(qr/all server processes terminated; reinitializing/, $log_start);
	$node->poll_query_until('postgres', 'SELECT 1', '1') or die 'the server does not come back';
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pk_cache_advice() WHERE status LIKE 'off%'}) or die 'the worker does not come back';
	learnt($node, 'after a crash');
}

# A shutdown does not wait for it.
my $begin = time;
$node->stop('fast');
cmp_ok(time - $begin, '<', 30, 'a shutdown is quick');
done_testing();
